"""The optional SQL for Supabase, on PostgreSQL with stand-ins for its roles."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from schema import migrate
from schema.store import links
from schema.store.database import Connection, Pool
from tests.factories import add_begun_job

FILES = sorted((Path(migrate.__file__).parent / "supabase").glob("[0-9]*.sql"))
UNDO = FILES[0].parent / "undo.sql"


@pytest.fixture
async def supabase(pool: Pool) -> AsyncIterator[Pool]:
    """A database in which everybody's roles are given all there is, as they are on Supabase."""
    for role in ("anon", "authenticated"):
        await pool.execute(f"create role {role} nologin")
    for _ in range(2):
        for file in FILES:
            await pool.execute(file.read_text())
    yield pool
    await pool.execute("drop owned by anon, authenticated")
    await pool.execute("drop role anon, authenticated")


@contextlib.asynccontextmanager
async def somebody(pool: Pool, role: str, **claims: str) -> AsyncIterator[Connection]:
    """A request as PostgREST makes it."""
    async with pool.acquire() as connection, connection.transaction():
        asked = "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)"
        await connection.execute(asked, role, json.dumps({"role": role, **claims}))
        yield connection


async def seen(connection: Connection) -> set[UUID]:
    return {row[0] for row in await connection.fetch("select id from jobs union select job_id from job_results")}


async def test_a_browser_reads_the_job_of_its_link_and_only_while_the_link_holds(supabase: Pool) -> None:
    mine, other = await add_begun_job(supabase, ["alpha"]), await add_begun_job(supabase, ["beta"])
    link = await links.create(supabase, mine, "test")
    async with somebody(supabase, "authenticated", link=str(link.id)) as connection:
        assert await seen(connection) == {mine}
        assert [row[0] for row in await connection.fetch("select slug from directories")] == ["alpha"]
    for claims in ({}, {"link": ""}, {"link": str(other)}, {"link": link.secret}, {"link": "' or true --"}):
        async with somebody(supabase, "authenticated", **claims) as connection:
            assert await seen(connection) == set()
    await links.revoke(supabase, link.id)
    async with somebody(supabase, "authenticated", link=str(link.id)) as connection:
        assert await seen(connection) == set()


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("anon", "select id from jobs"),
        ("anon", "select linked_job()"),
        ("authenticated", "select business_data from jobs"),
        ("authenticated", "select plan from job_results"),
        ("authenticated", "select * from links"),
        ("authenticated", "select * from customers"),
        ("authenticated", "update jobs set status = 'cancelled'"),
        ("authenticated", "select drop_history_partition(current_date, 0)"),
    ],
)
async def test_nobody_on_the_internet_reads_or_does_more(supabase: Pool, role: str, statement: str) -> None:
    async with somebody(supabase, role) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_realtime_publishes_what_progress_is_made_of_until_it_is_taken_back(supabase: Pool) -> None:
    published = "select tablename::text from pg_publication_tables where pubname = 'supabase_realtime' order by 1"
    assert [row[0] for row in await supabase.fetch(published)] == ["job_results", "jobs"]
    for _ in range(2):
        await supabase.execute(UNDO.read_text())
    assert await supabase.fetch(published) == []
    async with somebody(supabase, "authenticated") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("select id from jobs")
