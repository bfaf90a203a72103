"""A visit in the directory's turn: the lease in front of it, and what it says of the directory's health behind it.

Whether it is somebody's turn is decided in `schema.store.turns`; nothing here waits.
"""

from collections.abc import Awaitable, Callable

from activities.boundary import ActivityFailure, to_its_end
from schema.contracts.submission import Outcome
from schema.failures import FailureType
from schema.store import turns
from schema.store.database import Pool
from schema.store.submissions import Submission

OUT_OF_ORDER = frozenset({FailureType.DIRECTORY_UNREACHABLE, FailureType.DIRECTORY_BUSY})
"""Failures that are the directory's, and that its next visitor need not meet again."""


async def in_turn(pool: Pool, submission: Submission, visit: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """What the visit led to. The turn is still held afterwards: who needs it no more gives it back.

    A directory that is out of order, and a turn that was lost, leave the row where it is: the outcome says why, the
    ledger is not told of a change, and the workflow asks for the next turn.
    """
    if not await turns.hold(pool, submission):
        return _unchanged(submission, FailureType.DIRECTORY_BUSY, "The turn at the directory was over.")
    try:
        return await visit()
    except ActivityFailure as stopped:
        if stopped.failure not in OUT_OF_ORDER:
            raise
        # Its next visitor must not meet it again because this one was told to go.
        await to_its_end(_count(pool, submission, stopped))
        return _unchanged(submission, stopped.failure, str(stopped))


async def _count(pool: Pool, submission: Submission, stopped: ActivityFailure) -> None:
    await turns.failed(pool, submission, stopped.retry_after)
    await turns.note_failure(pool, submission, stopped.failure, str(stopped))


def _unchanged(submission: Submission, failure: FailureType, reason: str) -> Outcome:
    return submission.outcome.model_copy(update={"failure": failure, "reason": reason})
