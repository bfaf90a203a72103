"""The one service behind a customer's view of their job: what it is now, what has changed, and where its proof is.

All is read through the job's own scope, so that a mistake in a query shows nothing of anybody else's.
"""

import dataclasses
from uuid import UUID

from api.handoff.actions import Link
from schema.contracts.progress import DirectoryView, JobView, ResultsFilter, ResultsPage, Snapshot, StateGroup
from schema.store import pending_artifacts, progress
from schema.store.database import Pool, job_scope

URGENT_FIRST = (
    StateGroup.NEEDS_YOU,
    StateGroup.NEEDS_US,
    StateGroup.WORKING,
    StateGroup.WAITING,
    StateGroup.LISTED,
    StateGroup.NOT_POSSIBLE,
)
_COMES_ROUND = 2_000_000_000
"""Of a transaction this many before another, PostgreSQL does not know which was first."""


@dataclasses.dataclass(frozen=True, slots=True)
class Proof:
    """A screenshot: an address that shows it for a few minutes, or the picture itself while it has none yet."""

    link: str = ""
    picture: bytes = b""


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """How a job is, and those of its directories that may have changed; with `all`, it is every one of them."""

    job: JobView
    directories: tuple[DirectoryView, ...]
    all: bool = False


class ProgressService:
    """Reads jobs. `link` makes the address under which a proof is shown."""

    def __init__(self, pool: Pool, link: Link) -> None:
        self._pool = pool
        self._link = link

    async def job(self, job_id: UUID) -> JobView | None:
        """None where there is no such job."""
        async with job_scope(self._pool, job_id) as db:
            return await progress.view(db, job_id)

    async def snapshot(self, job_id: UUID) -> Snapshot | None:
        """The whole job, what is urgent first; None where there is no such job."""
        changes = await self.changes(job_id)
        if changes is None:
            return None
        ordered = sorted(changes.directories, key=lambda shown: (URGENT_FIRST.index(shown.group), shown.name.lower()))
        return Snapshot(job=changes.job, directories=tuple(ordered))

    async def changes(self, job_id: UUID, since: int | None = None) -> Changes | None:
        """What has changed since a `JobView.seq`, or everything; None where there is no such job."""
        async with job_scope(self._pool, job_id) as db:
            # The job comes first: what is read after it is no older than the `seq` from which is asked next time.
            job = await progress.view(db, job_id)
            if job is None:
                return None
            # Anything else is not a number of ours, or of another database, or has come round.
            if since is not None and 0 <= job.seq - since < _COMES_ROUND:
                return Changes(job, await progress.changed(db, job_id, since))
            return Changes(job, await progress.directories(db, job_id), all=True)

    async def results(self, job_id: UUID, wanted: ResultsFilter, limit: int, after: str | None) -> ResultsPage:
        """One page of the directories that are wanted. Raises `schema.store.progress.BadCursor`."""
        async with job_scope(self._pool, job_id) as db:
            return await progress.page(db, job_id, wanted, limit, after)

    async def proof_keys(self, job_id: UUID) -> dict[str, str]:
        """Under which keys the artifact store keeps the job's proofs, by directory."""
        async with job_scope(self._pool, job_id) as db:
            return await progress.proof_keys(db, job_id)

    async def proof(self, job_id: UUID, slug: str) -> Proof | None:
        """None where there is none."""
        async with job_scope(self._pool, job_id) as db:
            key = await progress.proof_key(db, job_id, slug)
            if key is None:
                return None
            # One that the store has not taken yet waits in the database.
            waiting = await pending_artifacts.find(db, key)
        return Proof(picture=waiting) if waiting is not None else Proof(link=self._link(key))
