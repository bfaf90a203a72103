"""The two workflows at the edge: they keep one long activity alive for ever and continue as new.

They handle no message themselves: a message never enters a history.
"""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.bridge import Bridge
    from schema.contracts.bridge import BridgeInput

from workflows.policies import SHIFT

_SHIFTS_PER_RUN = 96
"""A day of fifteen-minute shifts, some thousand events."""

_FIRST_PAUSE_S = 15
_LONGEST_PAUSE_S = 600


@workflow.defn
class SqsBridgeWorkflow:
    """`sqs-bridge-<n>`: SQS messages become JobWorkflows. When the breaker opens, the back-off is durable."""

    @workflow.run
    async def run(self, bridge: BridgeInput) -> None:
        failures = bridge.failures
        for _ in range(_SHIFTS_PER_RUN):
            shift = await workflow.execute_activity_method(Bridge.bridge_messages, summary="take messages", **SHIFT)
            failures = failures + 1 if shift.broken else 0
            if shift.broken:
                pause = min(_FIRST_PAUSE_S * 2 ** (failures - 1), _LONGEST_PAUSE_S)
                workflow.logger.error("bridge breaker open", extra={"failures": failures, "pause_s": pause})
                workflow.set_current_details(f"**Breaker open**: the queue cannot be read; next probe in {pause} s.")
                await workflow.sleep(timedelta(seconds=pause), summary="breaker open")
                workflow.set_current_details("Probing the queue.")
            if workflow.info().is_continue_as_new_suggested():
                break
        workflow.continue_as_new(BridgeInput(failures=failures))


@workflow.defn
class OutboxRelayWorkflow:
    """`outbox-relay`: what was promised in a transaction reaches the queue."""

    @workflow.run
    async def run(self) -> None:
        for _ in range(_SHIFTS_PER_RUN):
            await workflow.execute_activity_method(Bridge.relay_outbox, summary="send the outbox", **SHIFT)
            if workflow.info().is_continue_as_new_suggested():
                break
        workflow.continue_as_new()
