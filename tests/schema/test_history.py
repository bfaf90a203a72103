"""queue_history by months: no row is lost on the way there or back, an insert never fails, old months leave whole."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from schema import migrate as migrations
from schema.migrate import migrate
from schema.store import archive, history
from schema.store.database import Pool
from schema.store.history import Event
from tests.factories import add_job
from tests.patience import PATIENCE_S

_ROWS = "select seq, id, event, detail, created_at from queue_history order by seq"
_LONG = timedelta(days=90)


@pytest.fixture
async def server(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def put(server: "Pool | asyncpg.Connection[asyncpg.Record]", *days: str) -> None:
    """One event on each of these days."""
    for day in days:
        await server.execute(
            "insert into queue_history (event, created_at) values ('queue_claimed', $1)", datetime.fromisoformat(day)
        )


async def partitions(pool: "Pool | asyncpg.Connection[asyncpg.Record]") -> dict[str, int]:
    rows = await pool.fetch("select tableoid::regclass::text as name, count(*) from queue_history group by 1")
    return {row["name"].removeprefix("queue_history_"): row["count"] for row in rows}


async def test_a_filled_history_goes_to_months_and_back_without_losing_a_row(
    server: "asyncpg.Connection[asyncpg.Record]", database_url: str
) -> None:
    undone = 0
    while await server.fetchval("select exists (select from schema_migrations where version = '0008')"):
        await migrations._dbmate(database_url, "rollback")
        undone += 1
    await server.execute("insert into queue_history (event) select 'job_started' from generate_series(1, 2000)")
    await put(server, "2025-01-31T23:59:59+00:00", "2025-02-01T00:00:00+00:00")
    await server.execute("select nextval(pg_get_serial_sequence('queue_history', 'seq')) from generate_series(1, 7)")
    before = await server.fetch(_ROWS)
    assert await migrate(database_url)
    assert await server.fetch(_ROWS) == before
    # They know themselves in which month they came.
    this_month = f"y{before[0]['created_at'].astimezone(UTC):%Ym%m}"
    assert await partitions(server) == {"y2025m01": 1, "y2025m02": 1, this_month: 2000}
    await put(server, "2025-01-05T00:00:00+00:00")
    assert await server.fetchval("select max(seq) from queue_history") > before[-1]["seq"]
    after = await server.fetch(_ROWS)
    for _ in range(undone):
        await migrations._dbmate(database_url, "rollback")
    assert await server.fetch(_ROWS) == after
    await server.execute("insert into queue_history (event) values ('job_started')")
    assert await server.fetchval("select max(seq) from queue_history") == after[-1]["seq"] + 1
    await migrate(database_url)


async def test_an_event_of_a_month_that_nobody_made_is_taken_and_moves_there_later(pool: Pool) -> None:
    await put(pool, "2019-05-05T00:00:00+00:00", "2019-06-01T00:00:00+00:00")
    assert await partitions(pool) == {"default": 2}
    before = await pool.fetch(_ROWS)
    # Where a month has begun since the database was made, one that lies ahead is wanted too.
    wanted = (await archive.months_wanted(pool))[:2]
    assert wanted == (date(2019, 5, 1), date(2019, 6, 1))

    async def make(day: date) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await archive.make_month(connection, day)

    await asyncio.gather(*(make(day) for day in wanted * 2))
    assert await partitions(pool) == {"y2019m05": 1, "y2019m06": 1}
    assert await pool.fetch(_ROWS) == before
    assert not set(wanted) & set(await archive.months_wanted(pool))


@pytest.mark.parametrize("where", ["queue_history", "queue_history_default", "queue_history_y2019m05"])
async def test_no_partition_can_be_rewritten(pool: Pool, where: str) -> None:
    await put(pool, "2019-05-05T00:00:00+00:00")
    async with pool.acquire() as connection, connection.transaction():
        await archive.make_month(connection, date(2019, 5, 1))
    await put(pool, "2018-05-05T00:00:00+00:00")
    for statement in (f"update {where} set event = 'job_completed'", f"delete from {where}", f"truncate {where}"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
            await pool.execute(statement)


async def test_an_event_is_announced_whatever_its_month(pool: Pool) -> None:
    heard: list[str] = []
    async with pool.acquire() as listener:
        await listener.add_listener("directorybolt_events", lambda *call: heard.append(call[3]))
        await history.append(pool, Event.JOB_STARTED, None)
        await put(pool, "2019-05-05T00:00:00+00:00")
        async with asyncio.timeout(PATIENCE_S):
            while len(heard) < 2:
                await asyncio.sleep(0.01)
        await listener.reset()


async def test_a_month_leaves_only_as_it_was_archived_and_when_no_job_needs_it(pool: Pool) -> None:
    await put(pool, "2019-05-05T00:00:00+00:00", "2019-05-06T00:00:00+00:00")
    job_id = await add_job(pool, ["alpha"])
    await pool.execute(
        "insert into queue_history (event, job_id, created_at) values ('job_started', $1, '2019-06-01Z')", job_id
    )
    for day in await archive.months_wanted(pool):
        async with pool.acquire() as connection, connection.transaction():
            await archive.make_month(connection, day)
    may, june = await archive.old_months(pool, _LONG)
    assert (may.needed, june.needed) == (False, True)

    async def drop(archived: int) -> bool:
        async with pool.acquire() as connection, connection.transaction():
            return await archive.drop_month(connection, may, archived)

    assert not await drop(1)
    assert sorted(await asyncio.gather(drop(2), drop(2))) == [False, True]
    assert [month.first_day for month in await archive.old_months(pool, _LONG)] == [june.first_day]
    assert await pool.fetchval("select count(*) from queue_history") == 1
