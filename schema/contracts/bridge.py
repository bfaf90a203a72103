"""What the long-lived workflows at the edge are started with, and what their activities tell them."""

from schema.contracts.base import Contract


class BridgeInput(Contract):
    """Starts an SqsBridgeWorkflow. `failures` counts the breaker's openings in a row, over continue-as-new."""

    failures: int = 0


class BridgeShift(Contract):
    """What one shift of the bridge did. `broken`: it met too many errors in a row and the breaker is open."""

    started: int = 0
    rejected: int = 0
    broken: bool = False


class RelayShift(Contract):
    """What one shift of the outbox relay did."""

    sent: int = 0
