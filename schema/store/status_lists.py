"""What staff are shown in lists: directories with their rates, jobs, and what happened last. Reads only."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from schema.contracts.status import (
    DirectoryRate,
    DirectoryStatus,
    FeedEntry,
    Gate,
    JobLine,
    JobSearch,
    JobsPage,
    Window,
)
from schema.explain.events import told
from schema.store.database import Executor

_JOB = """
    select id as job_id, customer_id, business_name, tier, status, created_at, started_at, completed_at, total, ended,
        waiting, archive, case when total = 0 then 0 else round(100.0 * ended / total, 1)::float8 end as percent,
        case when stop_requested_at is null then '' else stop_reason end as stopped
    from jobs
"""

_FEED_DAYS = 7


class CursorUnknown(Exception):
    """The cursor is none of ours."""


async def directories(db: Executor) -> tuple[DirectoryStatus, ...]:
    """Every directory: those in trouble first, then the busiest."""
    rows = await db.fetch(
        """
        with ended as (
            select r.directory_id,
                count(*) filter (where r.finished_at > now() - interval '1 hour') as tried_1h,
                count(*) filter (where r.finished_at > now() - interval '1 hour' and good) as succeeded_1h,
                count(*) filter (where r.finished_at > now() - interval '24 hours') as tried_24h,
                count(*) filter (where r.finished_at > now() - interval '24 hours' and good) as succeeded_24h,
                count(*) as tried_7d, count(*) filter (where good) as succeeded_7d,
                percentile_cont(array[0.5, 0.95]) within group (
                    order by extract(epoch from r.finished_at - r.started_at)::float8)
                    filter (where asked.result_id is null) as pace
            from job_results r left join (select distinct result_id from actions) asked on asked.result_id = r.id,
                lateral (select r.status in ('submitted', 'approved')) as outcome (good)
            where r.finished_at > now() - interval '7 days'
                and r.status in ('submitted', 'approved', 'failed', 'rejected')
            group by r.directory_id
        ), line as (
            select directory_id, count(*) as waiting from job_results where queued_at is not null group by directory_id
        ), drift as (
            select distinct on (c.directory_id) c.directory_id, c.changes, c.updated_at from form_changes c
            where not exists (select from form_mappings m where m.directory_id = c.directory_id
                and m.fingerprint = c.fingerprint and m.confirmed > 0)
            order by c.directory_id, c.updated_at desc
        )
        select d.slug, d.name, d.active, d.failures as failures_in_a_row, d.interval_ms, d.daily_cap,
            case when d.resting_until > now() then d.resting_until end as resting_until,
            case when d.next_slot_at > now() then d.next_slot_at end as next_slot_at,
            case when d.sent_on = (now() at time zone 'utc')::date then d.sent_today else 0 end as sent_today,
            coalesce(line.waiting, 0) as waiting, coalesce(drift.changes, '{}') as drift, drift.updated_at as drift_at,
            case
                when not d.active or d.automation = 'forbidden' then 'off'
                when d.failures >= breaker_limit() and (d.resting_until > now() or line.waiting > 0) then 'broken'
                when d.resting_until > now() then 'resting'
                when d.sent_on = (now() at time zone 'utc')::date and d.sent_today >= d.daily_cap then 'capped'
                when d.held_by is not null and d.held_until > now() then 'busy'
                when d.next_slot_at > now() then 'paced'
                else 'open'
            end as gate,
            ended.*
        from directories d left join ended on ended.directory_id = d.id left join line on line.directory_id = d.id
            left join drift on drift.directory_id = d.id
        order by d.domain_authority desc, d.slug
        """
    )
    found = [_directory(row) for row in rows]
    return tuple(sorted(found, key=lambda one: (not one.in_trouble, -one.rates[Window.WEEK].tried)))


async def jobs(db: Executor, wanted: JobSearch) -> JobsPage:
    """One page of the jobs asked for, the newest first. Raises CursorUnknown."""
    at, last = _after(wanted.cursor) if wanted.cursor else (None, None)
    rows = await db.fetch(
        f"""
        {_JOB}
        where ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
            and ($3::text is null or status = $3) and ($4::text is null or tier = $4) and (not $5 or waiting > 0)
            and ($6::text is null or strpos(lower(business_name), $6) > 0 or starts_with(id::text, $6))
        order by created_at desc, id desc limit $7
        """,
        at,
        last,
        wanted.status,
        wanted.tier,
        wanted.waiting,
        wanted.text.strip().lower() if wanted.text else None,
        wanted.limit + 1,
    )
    found = tuple(JobLine.model_validate(dict(row)) for row in rows[: wanted.limit])
    return JobsPage(jobs=found, next=_cursor(found[-1]) if len(rows) > wanted.limit else None)


async def of_jobs(db: Executor, job_ids: Sequence[UUID]) -> tuple[JobLine, ...]:
    """These jobs, in no order."""
    rows = await db.fetch(f"{_JOB} where id = any($1)", list(job_ids))
    return tuple(JobLine.model_validate(dict(row)) for row in rows)


async def live_jobs(db: Executor, limit: int) -> tuple[JobLine, ...]:
    """What staff watch: jobs in progress and those that have not begun, then what ended last within a day."""
    rows = await db.fetch(
        f"""
        select * from (
            (select 1 as place, * from ({_JOB} where status = 'in_progress' order by created_at desc limit $1) as a)
            union all
            (select 2, * from ({_JOB} where status = 'pending' order by created_at desc limit $1) as b)
            union all
            (select 3, * from ({_JOB} where status in ('completed', 'failed', 'cancelled')
                and completed_at > now() - interval '1 day' order by completed_at desc limit 5) as c)
        ) as found order by place, coalesce(completed_at, created_at) desc limit $1
        """,  # noqa: S608 - a constant
        limit,
    )
    return tuple(JobLine.model_validate(dict(row)) for row in rows)


async def feed(db: Executor, limit: int) -> tuple[FeedEntry, ...]:
    """What happened last, the newest first, in plain words."""
    rows = await db.fetch(
        """
        select h.seq, h.created_at as at, h.event, h.job_id, h.directory, h.detail,
            coalesce(j.business_name, '') as business_name, coalesce(d.name, h.directory, '') as name
        from (
            select * from queue_history
            -- What is only a step on the way is told by what comes of it.
            where created_at > now() - make_interval(days => $2) and event not in ('plan_ready', 'submission_intent')
            order by created_at desc, seq desc limit $1
        ) as h left join jobs j on j.id = h.job_id left join directories d on d.slug = h.directory
        order by h.created_at desc, h.seq desc
        """,
        limit,
        _FEED_DAYS,
    )
    return tuple(
        FeedEntry.model_validate({**row, "text": told(row["event"], row["name"], row["detail"])}) for row in rows
    )


def _directory(row: asyncpg.Record) -> DirectoryStatus:
    rates = {}
    for window in Window:
        tried, succeeded = row[f"tried_{window}"] or 0, row[f"succeeded_{window}"] or 0
        rates[window] = DirectoryRate(
            tried=tried, succeeded=succeeded, success_rate=succeeded / tried if tried else None
        )
    p50, p95 = row["pace"] or (None, None)
    return DirectoryStatus.model_validate(
        {**row, "gate": Gate(row["gate"]), "rates": rates, "p50_s": p50, "p95_s": p95}
    )


def _cursor(job: JobLine) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at.isoformat()} {job.job_id}".encode()).decode().rstrip("=")


def _after(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, job_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        # At either end of time there are moments that UTC does not have.
        return datetime.fromisoformat(at).astimezone(UTC), UUID(job_id)
    except (ValueError, OverflowError):
        raise CursorUnknown("It is not a cursor of this list: begin without one.") from None
