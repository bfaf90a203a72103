"""What a customer may decide about a directory of their own job: that they have confirmed it, or do not want it.

It goes through the one service behind all actions, as "customer"; staff who hold the action lose it to them.
"""

from enum import StrEnum
from uuid import UUID

from api.handoff.actions import ActionsService, NoSuchAction
from schema.contracts.access import Principal
from schema.contracts.action import Action
from schema.contracts.submission import Resolution
from schema.store import mails

_CUSTOMER = Principal(name="customer", scopes=frozenset(), via="link")


class CustomerDecision(StrEnum):
    """What a customer may decide: the two of all resolutions that are theirs."""

    CONFIRMED = Resolution.CONFIRMED.value
    GIVE_UP = Resolution.GIVE_UP.value


class CustomerActions:
    """Decides actions of one job at a time."""

    def __init__(self, actions: ActionsService) -> None:
        self._actions = actions

    async def resolve(self, job_id: UUID, action_id: UUID, decision: CustomerDecision) -> Action:
        """Do what the customer decided. Another job's action is as none, and so is what is not theirs to decide.

        Raises NoSuchAction, NotPossible, Taken, NobodyAnswers.
        """
        action = await self._actions.show(action_id)
        if action.job_id != job_id or action.kind not in mails.BY_CUSTOMER:
            raise NoSuchAction(f"There is no action {action_id}.")
        return await self._actions.resolve(action_id, Resolution(decision), _CUSTOMER, take_over=True)
