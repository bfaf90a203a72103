"""The reconciling activity: looks whether a directory has published what may have been sent to it. It sends nothing."""

from temporalio import activity

from activities.boundary import boundary, heartbeating
from schema.contracts.submission import Sighting, SubmissionRef
from schema.store import results, turns
from schema.store.database import Pool


class Reconciling:
    """Resolves without a person what the directory itself can tell."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @activity.defn
    async def look_up(self, ref: SubmissionRef) -> Sighting:
        """Where the row stands after a look by the directory's own means. Called in the directory's turn."""
        with boundary():
            async with heartbeating():
                submission = await results.find(self._pool, ref)
                await turns.leave(self._pool, submission)
                return Sighting(standing=submission.outcome.standing)
