"""The way of kept proof into the artifact store: what it did not take while it was down or full, it is given again.

A part of upkeep. Safe to repeat, and to run twice at once.
"""

from datetime import timedelta

import botocore.exceptions
from temporalio import activity

from activities.artifacts import ArtifactStore
from activities.findings import Findings, looking
from schema.contracts.upkeep import Sweep, Task, UpkeepReport
from schema.store import pending_artifacts
from schema.store.database import Pool

_PATIENCE = timedelta(minutes=10)
"""A store that is away for longer is for a person to look at: the database is no place for pictures."""


class PendingArtifacts:
    """Empties `pending_artifacts`."""

    def __init__(self, pool: Pool, artifacts: ArtifactStore) -> None:
        self._pool = pool
        self._artifacts = artifacts

    @activity.defn
    async def store_pending(self, sweep: Sweep) -> UpkeepReport:
        """Store what waits, oldest first, until the store refuses one; report what has waited for long."""
        async with looking(Task.PENDING_ARTIFACTS, sweep) as found:
            if sweep.dry_run:
                found.healed(_STORED, *await pending_artifacts.keys(self._pool))
            else:
                await self._store_all(found)
            found.reported(
                "screenshot that the artifact store does not take", *await pending_artifacts.keys(self._pool, _PATIENCE)
            )
        return found.report

    async def _store_all(self, found: Findings) -> None:
        try:
            while key := await self._store_next():
                found.healed(_STORED, key)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            activity.logger.warning("artifact store away", extra={"error": type(error).__name__})

    async def _store_next(self) -> str | None:
        async with self._pool.acquire() as connection, connection.transaction():
            oldest = await pending_artifacts.take_oldest(connection)
            if oldest is None:
                return None
            key, content = oldest
            await self._artifacts.put(key, content)
            await pending_artifacts.drop(connection, key)
            return key


_STORED = "screenshot kept in the database, stored"
