"""The migrations: safe to repeat, safe to race, reversible; and what the tables themselves refuse."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from schema import migrate as migrations
from schema.migrate import MIGRATIONS, MigrationError, migrate
from schema.store import history
from schema.store.database import Pool
from schema.store.history import Event
from tests.factories import add_job

FILES = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))
_SHAPE = """
    select 'column', table_name, column_name, data_type || coalesce(column_default, '') || is_nullable
    from information_schema.columns where table_schema = 'public' and table_name <> 'schema_migrations'
    union all select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid::regclass::text <> 'schema_migrations'
    union all select 'index', tablename, indexname, indexdef
    from pg_indexes where schemaname = 'public' and tablename <> 'schema_migrations'
    union all select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
    from pg_trigger where not tgisinternal
    union all select 'function', proname, '', pg_get_functiondef(oid)
    from pg_proc where pronamespace = 'public'::regnamespace
    union all select 'view', viewname, '', definition from pg_views where schemaname = 'public'
    union all select 'policy', tablename, policyname,
        roles::text || cmd || coalesce(qual, '') || coalesce(with_check, '')
    from pg_policies where schemaname = 'public'
    union all select 'granted', relname, relacl::text, relrowsecurity::text || coalesce(reloptions::text, '')
    from pg_class where relnamespace = 'public'::regnamespace and relacl is not null
    order by 1, 2, 3, 4
"""


@pytest.fixture
async def empty_url(database_url: str) -> AsyncIterator[str]:
    """A database without tables, beside the migrated one."""
    name = f"empty_{uuid.uuid4().hex}"
    parts = urlsplit(database_url)
    server = await asyncpg.connect(database_url)
    await server.execute(f"create database {name}")
    yield urlunsplit(parts._replace(path=f"/{name}"))
    await server.execute(f"drop database {name} with (force)")
    await server.close()


async def shape(url: str) -> list[tuple[str, ...]]:
    """Everything in the database that a migration could make."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row.values()) for row in await connection.fetch(_SHAPE)]
    finally:
        await connection.close()


async def applied(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row["version"] for row in await connection.fetch("select version from schema_migrations order by 1")]
    finally:
        await connection.close()


async def test_applied_twice_they_change_nothing(empty_url: str) -> None:
    told = await migrate(empty_url)
    assert [line.split()[1].removesuffix(".sql") for line in told.splitlines()] == FILES
    before = await shape(empty_url)
    assert await migrate(empty_url) == ""
    assert await shape(empty_url) == before


async def test_processes_that_start_together_apply_them_once(empty_url: str) -> None:
    told = await asyncio.gather(*(migrate(empty_url) for _ in range(3)))
    assert sorted(map(bool, told)) == [False, False, True]
    assert await applied(empty_url) == [name.partition("_")[0] for name in FILES]


async def test_each_file_takes_back_all_that_it_made(empty_url: str) -> None:
    await migrate(empty_url)
    top = await shape(empty_url)
    shapes = [top]
    for _ in FILES:
        await migrations._dbmate(empty_url, "rollback")
        shapes.append(await shape(empty_url))
    assert shapes[-1] == []
    sizes = [len(step) for step in shapes]
    assert sizes == sorted(set(sizes), reverse=True), "a file's down takes nothing back"
    await migrate(empty_url)
    assert await shape(empty_url) == top


async def test_a_file_that_fails_is_told_in_its_own_words_and_leaves_nothing_half_done(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001_good.sql").write_text("-- migrate:up\ncreate table good (id int);\n-- migrate:down\n")
    (tmp_path / "0002_bad.sql").write_text(
        "-- migrate:up\ncreate table half (id int);\ncreate tabel bad (id int);\n-- migrate:down\n"
    )
    monkeypatch.setattr(migrations, "MIGRATIONS", tmp_path)
    with pytest.raises(MigrationError, match=r"^[^\n]*0002_bad\.sql[^\n]*tabel[^\n]*$"):
        await migrate(empty_url)
    assert await applied(empty_url) == ["0001"]
    assert {row[1] for row in await shape(empty_url)} == {"good"}


async def test_a_missing_dbmate_is_said(empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MigrationError, match="dbmate is not installed"):
        await migrate(empty_url)


@pytest.mark.parametrize(
    "statement",
    ["update queue_history set event = 'job_completed'", "delete from queue_history", "truncate queue_history"],
)
async def test_history_is_only_ever_added_to(pool: Pool, statement: str) -> None:
    await history.append(pool, Event.QUEUE_CLAIMED, None)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await pool.execute(statement)
    assert await pool.fetchval("select count(*) from queue_history") == 1


async def test_the_history_knows_every_event_and_no_other(pool: Pool) -> None:
    for event in Event:
        await history.append(pool, event, None)
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("insert into queue_history (event) values ('something_else')")


@pytest.mark.parametrize("change", ["business_data = '{}'", "business_key = 'x'", "customer_id = gen_random_uuid()"])
async def test_what_was_paid_for_cannot_be_changed(pool: Pool, change: str) -> None:
    await add_job(pool, ["alpha"])
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="pinned"):
        await pool.execute(f"update jobs set {change}")
    await pool.execute("update jobs set business_data = business_data, status = 'in_progress'")


async def test_a_worker_is_stale_two_minutes_after_its_last_heartbeat_unless_it_stopped(pool: Pool) -> None:
    await pool.execute(
        """
        insert into worker_heartbeats (id, host, pid, status, beat_at) values
            (gen_random_uuid(), 'alive', 1, 'running', now() - interval '110 seconds'),
            (gen_random_uuid(), 'dead', 1, 'running', now() - interval '130 seconds'),
            (gen_random_uuid(), 'gone', 1, 'stopped', now() - interval '1 day')
        """
    )
    assert [row["host"] for row in await pool.fetch("select host from stale_workers")] == ["dead"]
