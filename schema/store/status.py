"""How the service is, counted: what staff are shown of work, money and mail. Reads only, and only from indexes.

Every age is by the database's clock. What is tried and what a success is: `skipped` was never tried, and nothing else
than `submitted` and `approved` is a success.
"""

import asyncpg

from schema.contracts.job import JobStatus
from schema.contracts.status import (
    ActionFigures,
    FailureShare,
    Hour,
    JobFigures,
    MailFigures,
    OldestAction,
    OutboxFigures,
    PaymentFigures,
    PaymentTrouble,
    Rate,
    Window,
    WorkerFigures,
    WorkFigures,
)
from schema.contracts.worker import WorkerStatus
from schema.failures import FailureType
from schema.store import outbox, workers
from schema.store.database import Executor

_HOURS = {Window.HOUR: 1, Window.DAY: 24, Window.WEEK: 24 * 7}


async def outbox_figures(db: Executor) -> OutboxFigures:
    row = await db.fetchrow(
        """
        select count(*) as unsent, min(created_at) as oldest_at,
            coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest_s
        from outbox where sent_at is null
        """
    )
    return OutboxFigures.model_validate({**_one(row), "in_vain": len(await outbox.in_vain(db))})


async def job_figures(db: Executor) -> JobFigures:
    rows = await db.fetch("select status, count(*) as jobs from jobs group by status")
    counted = {row["status"]: row["jobs"] for row in rows}
    stopping = await db.fetchval(
        "select count(*) from jobs where stop_requested_at is not null and status in ('pending', 'in_progress')"
    )
    return JobFigures(by_status={status: counted.get(status, 0) for status in JobStatus}, stopping=stopping)


async def work_figures(db: Executor) -> WorkFigures:
    """What ended, by window, by failure type and hour by hour: one pass over the week's results."""
    rows = await db.fetch(
        """
        select status, failure,
            count(*) filter (where finished_at > now() - interval '1 hour') as "1h",
            count(*) filter (where finished_at > now() - interval '24 hours') as "24h",
            count(*) as "7d"
        from job_results where finished_at > now() - interval '7 days'
            and status in ('submitted', 'approved', 'rejected', 'failed', 'skipped')
        group by status, failure
        """
    )
    hours = await db.fetch(
        """
        select starts_at, coalesce(succeeded, 0) as succeeded, coalesce(failed, 0) as failed,
            coalesce(skipped, 0) as skipped
        from generate_series(date_trunc('hour', now()) - interval '23 hours', now(), interval '1 hour') as starts_at
        left join (
            select date_trunc('hour', finished_at) as starts_at,
                count(*) filter (where status in ('submitted', 'approved')) as succeeded,
                count(*) filter (where status in ('failed', 'rejected')) as failed,
                count(*) filter (where status = 'skipped') as skipped
            from job_results
            where finished_at >= date_trunc('hour', now()) - interval '23 hours'
                and status in ('submitted', 'approved', 'rejected', 'failed', 'skipped')
            group by 1
        ) as ended using (starts_at)
        order by starts_at
        """
    )
    return WorkFigures(
        windows={window: _rate(rows, window) for window in Window},
        hours=tuple(Hour.model_validate(dict(row)) for row in hours),
    )


async def worker_figures(db: Executor) -> WorkerFigures:
    known = await workers.reports(db)
    return WorkerFigures(
        alive=sum(worker.status is WorkerStatus.RUNNING and not worker.stale for worker in known),
        stale=sum(worker.stale for worker in known),
        builds=await workers.alive_by_build(db),
        workers=known,
    )


async def action_figures(db: Executor) -> ActionFigures:
    row = await db.fetchrow(
        """
        select count(*) as open, count(*) filter (where deadline_at < now()) as overdue,
            count(*) filter (where claimed_until > now()) as claimed
        from actions where status = 'open'
        """
    )
    oldest = await db.fetchrow(
        """
        select a.id, r.job_id, d.slug as directory, a.kind, a.created_at, a.deadline_at,
            extract(epoch from now() - a.created_at)::float8 as waits_s
        from actions a join job_results r on r.id = a.result_id join directories d on d.id = r.directory_id
        where a.status = 'open' order by a.created_at limit 1
        """
    )
    first = OldestAction.model_validate(dict(oldest)) if oldest else None
    return ActionFigures.model_validate({**_one(row), "oldest": first})


async def payment_figures(db: Executor) -> PaymentFigures:
    row = await db.fetchrow(
        """
        select count(*) filter (where status = 'mismatched') as mismatched,
            count(*) filter (where disputed) as disputed, count(*) as troubled
        from payments where trouble <> '' or disputed
        """
    )
    latest = await db.fetch(
        """
        select p.id as payment_id, j.id as job_id, p.status, p.disputed, p.trouble, p.created_at
        from payments p left join jobs j on j.payment_id = p.id
        where p.trouble <> '' or p.disputed order by p.created_at desc limit 10
        """
    )
    shown = tuple(PaymentTrouble.model_validate(dict(one)) for one in latest)
    return PaymentFigures.model_validate({**_one(row), "latest": shown})


async def mail_figures(db: Executor) -> MailFigures:
    row = await db.fetchrow(
        """
        select count(*) as due, min(due_at) as oldest_due_at,
            coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as oldest_due_s,
            (select count(*) from mails where given_up_at > now() - interval '7 days') as given_up
        from mails where sent_at is null and given_up_at is null and due_at <= now()
        """
    )
    return MailFigures.model_validate(_one(row))


def _rate(rows: list[asyncpg.Record], window: Window) -> Rate:
    def ended(*statuses: str) -> int:
        return sum(row[window] for row in rows if row["status"] in statuses)

    succeeded, failed, skipped = ended("submitted", "approved"), ended("failed", "rejected"), ended("skipped")
    tried = succeeded + failed
    by_type: dict[FailureType, int] = {}
    for row in rows:
        if row["status"] in ("failed", "rejected") and row["failure"] and row[window]:
            kind = FailureType(row["failure"])
            by_type[kind] = by_type.get(kind, 0) + row[window]
    return Rate(
        ended=tried + skipped,
        succeeded=succeeded,
        failed=failed,
        skipped=skipped,
        success_rate=succeeded / tried if tried else None,
        per_hour=(tried + skipped) / _HOURS[window],
        failures=tuple(
            FailureShare(failure=kind, ended=number, share=number / tried)
            for kind, number in sorted(by_type.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
    )


def _one(row: asyncpg.Record | None) -> dict[str, object]:
    assert row is not None, "a count is always one row"
    return dict(row)
