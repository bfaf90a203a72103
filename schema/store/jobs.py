"""`jobs`: paid work, from the transaction that takes it in to the one that closes it."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schema import ids
from schema.contracts.job import JobCounts, JobReport, JobStatus, JobSummary, Tier
from schema.contracts.mail import MailKind
from schema.contracts.profile import BusinessProfile
from schema.contracts.queue import JobMessage
from schema.failures import FailureType
from schema.store import directories, history, mails, outbox, results, submissions
from schema.store.database import Connection, Executor
from schema.store.history import Event

_SUMMARY = """
    select id as job_id, customer_id, business_name, tier, status, created_at, total, ended, waiting, archive from jobs
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """A job as stored, with the business data that was pinned when it was paid.

    `brought_by` is the service whose token brought it, if one did.
    """

    id: UUID
    customer_id: UUID
    tier: Tier
    package_size: int
    status: JobStatus
    profile: BusinessProfile
    directory_slugs: tuple[str, ...] | None
    selected: bool
    created_at: datetime
    brought_by: str | None


async def take_in(
    connection: Connection,
    message: JobMessage,
    tier: Tier,
    profile: BusinessProfile,
    slugs: Sequence[str] | None,
    *,
    payment_id: UUID | None = None,
    brought_by: str | None = None,
) -> None:
    """Write customer, job and outbox row: call it inside a transaction, so that a paid job is never half there.

    Raises asyncpg's UniqueViolationError where the job is there already, or another job of the payment.
    """
    await connection.execute(
        """
        with customer as (
            insert into customers (id, email, name) values ($2, $13, $14) on conflict (id) do nothing)
        insert into jobs (id, customer_id, tier, package_size, business_name, business_key, business_data,
            directory_slugs, source, created_at, payment_id, brought_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        message.job_id,
        message.customer_id,
        tier,
        message.package_size,
        profile.business_name,
        ids.business_key(profile),
        profile.model_dump(mode="json"),
        list(slugs) if slugs is not None else None,
        message.source,
        message.created_at,
        payment_id,
        brought_by,
        profile.email,
        profile.contact_name,
    )
    await outbox.put(connection, message)


async def find(db: Executor, job_id: UUID) -> Job | None:
    row = await db.fetchrow("select * from jobs where id = $1", job_id)
    if row is None:
        return None
    return Job(
        id=row["id"],
        customer_id=row["customer_id"],
        tier=Tier(row["tier"]),
        package_size=row["package_size"],
        status=JobStatus(row["status"]),
        profile=BusinessProfile.model_validate(row["business_data"]),
        directory_slugs=tuple(row["directory_slugs"]) if row["directory_slugs"] is not None else None,
        selected=row["directories_selected_at"] is not None,
        created_at=row["created_at"],
        brought_by=row["brought_by"],
    )


async def begin(connection: Connection, job: Job) -> None:
    """Move a pending job to in_progress and choose its directories, once. Call it inside a transaction.

    The choice is made under the job's row lock and kept: a reset of the workflow meets the same directories. A job
    that was cancelled before it began stays cancelled, whoever comes late.
    """
    row = await connection.fetchrow(
        """
        update jobs set status = 'in_progress', started_at = coalesce(started_at, now()),
            directories_selected_at = now()
        where id = $1 and directories_selected_at is null and status = 'pending' returning id
        """,
        job.id,
    )
    if row is None:
        return
    if job.directory_slugs is not None:
        chosen = await directories.named(connection, job.directory_slugs)
    else:
        chosen = await directories.eligible(connection, job.tier, job.package_size)
    await results.create(connection, job.id, job.profile, chosen)
    await history.append(connection, Event.JOB_STARTED, job.id, tier=job.tier, directories=len(chosen))


async def finish(connection: Connection, job_id: UUID, *, cancelled: bool) -> JobStatus:
    """Close the job by what the ledger says. Call it inside a transaction; safe to repeat.

    Cancelled stays cancelled; nothing selected, or nothing but failures, is failed; all else is completed. A job of
    which something is still open (a replay came in between) is not closed; of a cancelled one, people's work may be.
    """
    # Nobody reopens a directory from here to the end of the transaction.
    await connection.execute("select from jobs where id = $1 for update", job_id)
    counts = await count(connection, job_id)
    failed = counts.failed == counts.total
    status = JobStatus.CANCELLED if cancelled else JobStatus.FAILED if failed else JobStatus.COMPLETED
    failure = FailureType.CANCELLED if cancelled else FailureType.INTERNAL if failed else None
    row = await connection.fetchrow(
        """
        update jobs set status = $2, failure = $3, completed_at = now()
        where id = $1 and status in ('pending', 'in_progress') and $4 returning status
        """,
        job_id,
        status,
        failure,
        counts.total == counts.ended + (counts.waiting if cancelled else 0),
    )
    if row is None:
        return JobStatus(await connection.fetchval("select status from jobs where id = $1", job_id))
    await history.append(connection, Event.JOB_COMPLETED, job_id, status=status, counts=counts.model_dump())
    # A job that a replay reopens ends once more: that is no news.
    await mails.put(connection, MailKind.DONE, job_id, f"done:{job_id}")
    return status


async def stop(connection: Connection, payment_id: UUID, reason: str) -> UUID | None:
    """Send nothing more for the payment's job; the first reason stays. Call it inside a transaction.

    One that has not begun is cancelled here and now; returns the id of one that is under way: its workflow must be
    told. What was clicked stays, with its proof.
    """
    row = await connection.fetchrow(
        """
        update jobs set stop_requested_at = coalesce(stop_requested_at, now()),
            stop_reason = case when stop_requested_at is null then $2 else stop_reason end
        where payment_id = $1 returning id, status
        """,
        payment_id,
        reason,
    )
    if row is None:
        return None
    if row["status"] == JobStatus.PENDING:
        await finish(connection, row["id"], cancelled=True)
    return row["id"] if row["status"] == JobStatus.IN_PROGRESS else None


async def to_stop(db: Executor) -> tuple[tuple[UUID, JobStatus, bool], ...]:
    """Jobs of which nothing more is to be sent, and which have not ended: id, status, and whether since an hour."""
    rows = await db.fetch(
        """
        select id, status, stop_requested_at < now() - interval '1 hour' as overdue from jobs
        where stop_requested_at is not null and status in ('pending', 'in_progress') order by stop_requested_at
        """
    )
    return tuple((row["id"], JobStatus(row["status"]), row["overdue"]) for row in rows)


async def count(db: Executor, job_id: UUID) -> JobCounts:
    row = await db.fetchrow("select * from job_progress where job_id = $1", job_id)
    return JobCounts.model_validate(dict(row)) if row else JobCounts()


async def report(db: Executor, job_id: UUID) -> JobReport | None:
    """The whole job as people are shown it, or None when there is no such job."""
    job = await summary(db, job_id)
    if job is None:
        return None
    return JobReport(
        **job.model_dump(), counts=await count(db, job_id), results=await submissions.shown_for_job(db, job_id)
    )


async def summary(db: Executor, job_id: UUID) -> JobSummary | None:
    """The job in one line, or None when there is no such job."""
    row = await db.fetchrow(f"{_SUMMARY} where id = $1", job_id)
    return JobSummary.model_validate(dict(row)) if row else None


async def recent(db: Executor, limit: int) -> tuple[JobSummary, ...]:
    """The newest jobs first."""
    rows = await db.fetch(f"{_SUMMARY} order by created_at desc limit $1", limit)
    return tuple(JobSummary.model_validate(dict(row)) for row in rows)


async def count_all(db: Executor) -> int:
    """How many jobs there have ever been."""
    return int(await db.fetchval("select count(*) from jobs"))
