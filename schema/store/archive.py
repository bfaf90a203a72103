"""What has served its time: the words of old jobs, old months of the history, artifacts that nobody names.

What is taken out of the tables was written to the artifact store before; the row of a result stays for ever, because
a business is listed in a directory once over the years.
"""

import dataclasses
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from schema.store.database import Connection, Executor

_DUE = """
    j.status in ('completed', 'failed', 'cancelled') and j.completed_at < now() - $1::interval
        -- One that was reopened since has new words.
        and (j.archived_at is null or j.archived_at < j.completed_at)
        and not exists (select from job_results r where r.job_id = j.id and not is_ended(r.status))
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Month:
    """One month (UTC) of the history. `needed`: a job that is not archived yet has events in it."""

    first_day: date
    starts: datetime
    ends: datetime
    needed: bool


async def due(db: Executor, retention: timedelta) -> tuple[UUID, ...]:
    """Jobs that ended so long ago and are not archived, oldest first."""
    rows = await db.fetch(f"select j.id from jobs j where {_DUE} order by j.completed_at", retention)  # noqa: S608
    return tuple(row["id"] for row in rows)


async def document(connection: Connection, job_id: UUID, retention: timedelta) -> str | None:
    """All that the tables hold of the job, as JSON; None when it is not due (any more). Call it in a transaction.

    The rows as they are, whatever columns they have, and locked: `empty` takes out what was read here.
    """
    # Results before their job: whoever records an outcome locks the two in this order too.
    await connection.execute("select from job_results where job_id = $1 order by id for update", job_id)
    await connection.execute("select from jobs where id = $1 for update", job_id)
    text: str | None = await connection.fetchval(
        f"""
        select jsonb_build_object(
            'job', to_jsonb(j),
            'results', (select jsonb_agg(to_jsonb(r) || jsonb_build_object('directory', d.slug) order by d.slug)
                from job_results r join directories d on d.id = r.directory_id where r.job_id = j.id),
            'actions', (select jsonb_agg(to_jsonb(a) order by a.created_at)
                from actions a join job_results r on r.id = a.result_id where r.job_id = j.id),
            'challenges', (select jsonb_agg(to_jsonb(c) order by c.asked_at)
                from challenges c join job_results r on r.id = c.result_id where r.job_id = j.id),
            'history', (select jsonb_agg(to_jsonb(h) order by h.seq) from queue_history h where h.job_id = j.id)
        )::text
        from jobs j where {_DUE} and j.id = $2
        """,  # noqa: S608
        retention,
        job_id,
    )
    return text


async def empty(connection: Connection, job_id: UUID, archive: str) -> None:
    """Take out what the document holds. States, keys, evidence and proof stay, and the data that keys are made of."""
    await connection.execute(
        "update job_results set plan = null, reason = '', page_text = '' where job_id = $1", job_id
    )
    await connection.execute(
        """
        update actions a set instructions = '', note = ''
        from job_results r where r.id = a.result_id and r.job_id = $1
        """,
        job_id,
    )
    await connection.execute(
        "delete from challenges c using job_results r where r.id = c.result_id and r.job_id = $1", job_id
    )
    await connection.execute("update jobs set archived_at = now(), archive = $2 where id = $1", job_id, archive)


async def months_wanted(db: Executor) -> tuple[date, ...]:
    """Months without a partition: this one, the next three, and those that went to the default partition."""
    rows = await db.fetch(
        """
        select day from (
            select distinct date_trunc('month', created_at at time zone 'utc')::date as day from queue_history_default
            union select (date_trunc('month', now() at time zone 'utc') + make_interval(months => ahead))::date
            from generate_series(0, 3) as ahead
        ) as wanted
        where day not in (select first_day from history_months) order by day
        """
    )
    return tuple(row["day"] for row in rows)


async def make_month(connection: Connection, day: date) -> None:
    """Make the month's partition; does nothing when there is one. Call it in a transaction."""
    await _impatient(connection)
    await connection.execute("select make_history_partition($1)", day)


async def old_months(db: Executor, retention: timedelta) -> tuple[Month, ...]:
    """Months that ended so long ago, oldest first."""
    rows = await db.fetch(
        """
        select m.first_day, m.starts, m.ends, exists (
            select from queue_history h join jobs j on j.id = h.job_id
            where h.created_at >= m.starts and h.created_at < m.ends
                and (j.archived_at is null or j.archived_at < coalesce(j.completed_at, now()))) as needed
        from history_months m where m.ends < now() - $1::interval order by m.first_day
        """,
        retention,
    )
    return tuple(Month(**dict(row)) for row in rows)


async def events(connection: Connection, month: Month) -> AsyncIterator[str]:
    """The month's events, each as one line of JSON, in order. Call it in a transaction."""
    query = "select to_jsonb(h)::text from queue_history h where created_at >= $1 and created_at < $2 order by seq"
    async for row in connection.cursor(query, month.starts, month.ends, prefetch=1000):
        yield row[0]


async def drop_month(connection: Connection, month: Month, archived: int) -> bool:
    """Let the month go if it holds that many events; False when it does not, or is gone. Call it in a transaction."""
    await _impatient(connection)
    return bool(await connection.fetchval("select drop_history_partition($1, $2)", month.first_day, archived))


async def unnamed(db: Executor, keys: Sequence[str], job_ids: Sequence[UUID]) -> tuple[tuple[str, bool], ...]:
    """Those of the artifacts that no result, no action and no captcha names; False with those of unknown jobs.

    Nothing of an archived job is among them: its document may name what its rows do not.
    """
    rows = await db.fetch(
        """
        select object.key, j.id is not null as ours
        from unnest($1::text[], $2::uuid[]) as object (key, job_id) left join jobs j on j.id = object.job_id
        where j.archived_at is null
            and not exists (select from job_results r where r.screenshot = object.key and r.screenshot <> '')
            and not exists (select from actions a where a.screenshot = object.key and a.screenshot <> '')
            and not exists (select from challenges c where c.picture = object.key and c.picture <> '')
        """,
        list(keys),
        list(job_ids),
    )
    return tuple((row["key"], row["ours"]) for row in rows)


async def ago(db: Executor, age: timedelta) -> datetime:
    """The moment so long ago, by the database's clock."""
    moment: datetime = await db.fetchval("select now() - $1::interval", age)
    return moment


async def _impatient(connection: Connection) -> None:
    """Whoever writes history meanwhile queues behind us: rather try again tomorrow than hold everybody up."""
    await connection.execute("set local lock_timeout = '5s'")
