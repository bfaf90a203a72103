"""What upkeep looks for in the ledger: claimed jobs, and rows that nothing seems to move any more.

Each query only finds; whether a workflow still cares for what it finds is asked of Temporal, and what becomes of it is
decided by `schema.store.results`. All ages are by the database's clock.
"""

import dataclasses
from datetime import timedelta
from uuid import UUID

from schema import ids
from schema.contracts.submission import SubmissionRef, SubmissionStatus
from schema.store.database import Executor


@dataclasses.dataclass(frozen=True, slots=True)
class Still:
    """A row that nothing seems to have moved for a while."""

    ref: SubmissionRef
    status: SubmissionStatus
    workflow_id: str


async def claimed(db: Executor) -> tuple[UUID, ...]:
    """Jobs that should have a running workflow: those in progress, and those whose message the bridge has taken."""
    rows = await db.fetch(
        """
        select j.id from jobs j
        where j.status = 'in_progress' or j.status = 'pending' and exists (select from queue_history h
                where h.job_id = j.id and h.event = 'queue_claimed' and h.created_at < now() - interval '1 minute')
        order by j.created_at
        """
    )
    return tuple(row["id"] for row in rows)


async def starts_by(db: Executor, job_id: UUID, by: str) -> int:
    """How often `by` has started the job's workflow within a day."""
    return int(
        await db.fetchval(
            """
            select count(*) from queue_history
            where job_id = $1 and event = 'workflow_started' and detail->>'by' = $2
                and created_at > now() - interval '1 day'
            """,
            job_id,
            by,
        )
    )


async def long_submitting(db: Executor, attempt: timedelta) -> tuple[Still, ...]:
    """Rows whose intent is older than any attempt lasts."""
    return await _still(db, "r.status = 'submitting' and r.intent_at < now() - $1::interval", attempt)


async def unasked(db: Executor, patience: timedelta) -> tuple[Still, ...]:
    """Rows that wait for a person whom nobody has asked."""
    return await _still(
        db,
        """
        is_waiting(r.status) and r.updated_at < now() - $1::interval
            and not exists (select from actions a where a.result_id = r.id and a.status = 'open')
        """,
        patience,
    )


async def overdue(db: Executor, patience: timedelta) -> tuple[Still, ...]:
    """Rows whose open action is past its deadline by more than `patience`."""
    return await _still(
        db,
        """
        exists (select from actions a
            where a.result_id = r.id and a.status = 'open' and a.deadline_at < now() - $1::interval)
        """,
        patience,
    )


async def left_behind(db: Executor, patience: timedelta) -> tuple[Still, ...]:
    """Rows that were never sent, of jobs that have ended."""
    return await _still(
        db,
        """
        r.status in ('pending', 'planned') and j.status in ('completed', 'failed', 'cancelled')
            and r.updated_at < now() - $1::interval and j.updated_at < now() - $1::interval
        """,
        patience,
    )


async def called_off(db: Executor, patience: timedelta) -> tuple[Still, ...]:
    """Rows that went on without the person who had been asked, within the last hour: did their workflows hear of it?"""
    return await _still(
        db,
        """
        not is_waiting(r.status) and exists (select from actions a
            where a.result_id = r.id and a.status = 'cancelled'
                and a.closed_at between now() - interval '1 hour' and now() - $1::interval)
        """,
        patience,
    )


async def _still(db: Executor, condition: str, age: timedelta) -> tuple[Still, ...]:
    rows = await db.fetch(
        f"""
        select r.job_id, d.slug, r.status, r.replays
        from job_results r join jobs j on j.id = r.job_id join directories d on d.id = r.directory_id
        where {condition} order by r.updated_at
        """,  # noqa: S608 - conditions are this module's own
        age,
    )
    return tuple(
        Still(
            ref=SubmissionRef(job_id=row["job_id"], slug=row["slug"]),
            status=SubmissionStatus(row["status"]),
            workflow_id=ids.directory_workflow_id(row["job_id"], row["slug"], row["replays"]),
        )
        for row in rows
    )
