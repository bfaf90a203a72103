"""Retention, every night: what has served its time goes to the artifact store, and what nobody names goes.

Each activity is safe to repeat, and to run twice at once. Nothing leaves a table before its copy is stored, and an
archive's name is made of its content, so that none replaces another.
"""

import asyncio
import gzip
import re
import tempfile
from datetime import timedelta
from io import BufferedRandom
from uuid import UUID

from temporalio import activity

from activities.artifacts import ArtifactStore, StoredArtifact
from activities.findings import Findings, looking
from schema.contracts.report import PREFIX as REPORTS
from schema.contracts.upkeep import Sweep, Task, UpkeepReport
from schema.store import archive, drafts, outlived
from schema.store.archive import Month
from schema.store.database import Pool, at_once

_ORPHANED_AFTER = timedelta(days=7)
"""A screenshot is stored a moment before the row that names it is written."""

_DRAFT_KEPT = timedelta(days=30)
"""Customers are told so, and the cookie that finds it lasts as long."""

_RECORDS_KEPT = timedelta(days=90)
"""No session lasts so long, no session at Stripe stays open so long, and no event comes so late."""

_BATCH = 1000
_JOB = re.compile(r"jobs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


class Retention:
    """Archives and removes."""

    def __init__(self, pool: Pool, artifacts: ArtifactStore, retention: timedelta) -> None:
        self._pool = pool
        self._artifacts = artifacts
        self._retention = retention

    @activity.defn
    async def archive_results(self, sweep: Sweep) -> UpkeepReport:
        """Store each job that ended long ago as one document, and empty its rows of what is in it."""
        async with looking(Task.RESULTS, sweep) as found:
            for job_id in await archive.due(self._pool, self._retention):
                if sweep.dry_run or await self._archive_job(job_id):
                    found.healed("job ended long ago, archived", job_id)
        return found.report

    @activity.defn
    async def roll_history(self, sweep: Sweep) -> UpkeepReport:
        """Make the next months' partitions; store and drop those of months that are over long since."""
        async with looking(Task.HISTORY, sweep) as found:
            for day in await archive.months_wanted(self._pool):
                found.healed("month of history without a partition, made", f"{day:%Y-%m}")
                if not sweep.dry_run:
                    async with self._pool.acquire() as connection, connection.transaction():
                        await archive.make_month(connection, day)
            for month in await archive.old_months(self._pool, self._retention):
                name = f"{month.first_day:%Y-%m}"
                if month.needed:
                    found.reported("old month of history kept: a job of it is not archived yet", name)
                elif sweep.dry_run or await self._archive_month(month):
                    found.healed("old month of history, archived and dropped", name)
        return found.report

    @activity.defn
    async def remove_orphans(self, sweep: Sweep) -> UpkeepReport:
        """Delete artifacts older than a week that no result, no action and no archive names, and reports so old."""
        async with looking(Task.ARTIFACTS, sweep) as found:
            before = await archive.ago(self._pool, _ORPHANED_AFTER)
            async for page in self._artifacts.pages("jobs/"):
                await self._remove_from([artifact for artifact in page if artifact.stored_at < before], sweep, found)
            async for page in self._artifacts.pages(REPORTS):
                old = [artifact.key for artifact in page if artifact.stored_at < before]
                refused = await self._artifacts.delete(old) if old and not sweep.dry_run else frozenset()
                found.healed("report that can be printed anew, deleted", *(key for key in old if key not in refused))
                found.reported("report that the store does not delete", *refused)
        return found.report

    @activity.defn
    async def forget_drafts(self, sweep: Sweep) -> UpkeepReport:
        """Delete what customers typed and did not touch for a month. What they ordered of it is with its payment."""
        async with looking(Task.DRAFTS, sweep) as found:
            for draft_id in await drafts.stale(self._pool, _DRAFT_KEPT):
                if sweep.dry_run or await drafts.delete_stale(self._pool, draft_id, _DRAFT_KEPT):
                    found.healed("draft untouched for a month, deleted", draft_id)
        return found.report

    @activity.defn
    async def forget_records(self, sweep: Sweep) -> UpkeepReport:
        """Delete staff's sessions that are over, orders that were never paid, Stripe's events of nothing of ours."""
        async with (
            looking(Task.RECORDS, sweep) as found,
            self._pool.acquire() as db,
            at_once(db, dry_run=sweep.dry_run),
        ):
            found.healed("staff session over long since, deleted", *await outlived.sessions(db, _RECORDS_KEPT))
            found.healed("order that was never paid, deleted", *await outlived.unpaid(db, _RECORDS_KEPT))
            found.healed("event of no payment here, deleted", *await outlived.events(db, _RECORDS_KEPT))
        return found.report

    async def _archive_job(self, job_id: UUID) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            document = await archive.document(connection, job_id, self._retention)
            if document is None:
                return False
            with tempfile.TemporaryFile() as file:
                await asyncio.to_thread(_pack, file, [document])
                key = await self._artifacts.put_archive(f"jobs/{job_id}", "json.gz", file)
            await archive.empty(connection, job_id, key)
        return True

    async def _archive_month(self, month: Month) -> bool:
        with tempfile.TemporaryFile() as file:
            count = await self._copy(month, file)
            await self._artifacts.put_archive(f"queue_history/{month.first_day:%Y-%m}", "jsonl.gz", file)
        async with self._pool.acquire() as connection, connection.transaction():
            return await archive.drop_month(connection, month, count)

    async def _copy(self, month: Month, file: BufferedRandom) -> int:
        """Write the month's events to the file; returns how many there are."""
        count, batch = 0, list[str]()
        async with self._pool.acquire() as connection, connection.transaction():
            async for event in archive.events(connection, month):
                count += 1
                batch.append(event)
                if len(batch) == _BATCH:
                    await asyncio.to_thread(_pack, file, batch)
                    batch.clear()
        await asyncio.to_thread(_pack, file, batch)
        return count

    async def _remove_from(self, page: list[StoredArtifact], sweep: Sweep, found: Findings) -> None:
        jobs = {artifact.key: UUID(match[1]) for artifact in page if (match := _JOB.match(artifact.key))}
        orphans = await archive.unnamed(self._pool, list(jobs), list(jobs.values()))
        ours = [key for key, known in orphans if known]
        refused = await self._artifacts.delete(ours) if ours and not sweep.dry_run else frozenset()
        found.healed("artifact that nobody names, deleted", *(key for key in ours if key not in refused))
        found.reported("artifact that nobody names, and that the store does not delete", *refused)
        # Somebody else's, perhaps: two installations may share a bucket.
        found.reported("artifact of a job that is not in this database", *(key for key, known in orphans if not known))


def _pack(file: BufferedRandom, lines: list[str]) -> None:
    """Append the lines, compressed; the same lines make the same bytes."""
    if lines:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
            packed.write("".join(f"{line}\n" for line in lines).encode())
