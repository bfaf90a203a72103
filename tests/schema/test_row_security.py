"""The second wall by itself: what each role is shown by PostgreSQL, whatever a query asks for."""

import asyncio
import contextlib
import socket
import uuid
from collections.abc import AsyncIterator
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest

from deploy.runtime.database import seated as seated_pools
from schema import secrets
from schema.contracts.access import Scope
from schema.migrate import migrate
from schema.store import archive, audit, jobs, sessions, tokens
from schema.store.database import Connection, Pool, Seat, SeatRefused, job_scope, open_pool
from tests.factories import PROFILE, add_begun_job, staff

_TABLES = """
    select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
    order by 1
"""

OF_A_JOB = {
    "jobs": "id::text",
    "job_results": "job_id::text",
    "queue_history": "job_id::text",
    "actions": "(select r.job_id from job_results r where r.id = actions.result_id)::text",
    "customers": "(select max(j.id::text) from jobs j where j.customer_id = customers.id)",
    "payments": "(select max(j.id::text) from jobs j where j.payment_id = payments.id)",
    "directories": "(select max(r.job_id::text) from job_results r where r.directory_id = directories.id)",
    "job_progress": "job_id::text",
}
"""What a customer's connection may read, and how a row there names its job."""


@pytest.fixture
async def two(pool: Pool) -> tuple[UUID, UUID]:
    """Two customers' jobs, each with something in every table that knows jobs, in directories of its own."""
    made = []
    for number, name in enumerate(("alpha", "beta")):
        profile = PROFILE.model_copy(update={"business_name": name, "email": f"{name}@example.com"})
        job_id = await add_begun_job(pool, [f"{name}-one", f"{name}-two"], profile=profile)
        await pool.execute(
            """
            insert into actions (result_id, kind, instructions, deadline_at)
            select id, 'captcha', 'x', now() + interval '1 day' from job_results where job_id = $1
            """,
            job_id,
        )
        payment_id = await pool.fetchval(
            """
            insert into payments (tier, amount_cents, livemode, profile, status)
            values ('starter', 1, false, '{}', 'paid') returning id
            """
        )
        await pool.execute("update jobs set payment_id = $2 where id = $1", job_id, payment_id)
        await pool.execute(
            "insert into links (job_id, secret_hash, why) values ($1, $2, 'test')", job_id, secrets.digest(str(number))
        )
        made.append(job_id)
    token = await tokens.create(pool, "ana", [Scope.ADMIN], "test")
    await sessions.begin(pool, "ana", [Scope.ADMIN], token.id)
    await audit.write(pool, staff(), "test.write")
    return made[0], made[1]


@contextlib.asynccontextmanager
async def seated(database_url: str, seat: Seat) -> AsyncIterator[Connection]:
    async with await open_pool(database_url, 1, seat) as pool, pool.acquire() as connection:
        yield connection


async def visible(connection: Connection) -> dict[str, int]:
    """How many rows `select *` shows, of every table and view that the connection may read at all."""
    shown = {}
    for row in await connection.fetch(_TABLES):
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
            async with connection.transaction():
                shown[row[0]] = len(await connection.fetch(f'select * from "{row[0]}"'))
    return shown


async def test_no_table_is_without_row_security_and_no_view_sees_more_than_who_asks(pool: Pool) -> None:
    """A new table needs `enable row level security` and a policy for each role that works with it."""
    tables = await pool.fetch(
        """
        select c.relname, c.relrowsecurity, c.relispartition, c.relkind = 'v' as is_view,
            coalesce('security_invoker=true' = any(c.reloptions), false) as invoker,
            exists (select from pg_policy p where p.polrelid = c.oid) as has_policy
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
        """
    )
    assert [row["relname"] for row in tables if row["is_view"] and not row["invoker"]] == []
    stored = [row for row in tables if not row["is_view"]]
    assert [row["relname"] for row in stored if not row["relrowsecurity"]] == []
    closed = {"schema_migrations"}
    assert [row["relname"] for row in stored if not (row["has_policy"] or row["relispartition"])] == sorted(closed)


async def test_every_grant_has_a_policy_and_every_policy_a_grant(pool: Pool) -> None:
    """A grant without a policy shows nothing, and is found only when somebody misses a row."""
    rows = await pool.fetch(
        """
        select c.relname, r.rolname from pg_class c cross join pg_roles r
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and r.rolname in ('directorybolt_api', 'directorybolt_worker', 'directorybolt_reader')
            and has_any_column_privilege(r.oid, c.oid, 'select')
                is distinct from exists (select from pg_policy p where p.polrelid = c.oid and r.oid = any(p.polroles))
        """
    )
    assert [tuple(row) for row in rows] == []


async def test_functions_with_the_owners_rights_are_few_fixed_and_not_for_everybody(pool: Pool) -> None:
    """Where `pg_temp` is not named it is searched first: a caller's own temporary table would be taken for ours."""
    found = await pool.fetch(
        """
        select p.proname, has_function_privilege('public', p.oid, 'execute') as open,
            coalesce(array_to_string(p.proconfig, ' '), '') = 'search_path=public, pg_temp' as fixed
        from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef
        """
    )
    assert {row["proname"] for row in found} >= {"make_history_partition", "drop_history_partition"}
    assert [row["proname"] for row in found if row["open"] or not row["fixed"]] == []


async def test_a_customers_connection_sees_nothing_by_itself(database_url: str, two: tuple[UUID, UUID]) -> None:
    async with seated(database_url, Seat.CUSTOMERS) as connection:
        shown = await visible(connection)
        # Of views without tables nothing can be learned.
        assert {name: count for name, count in shown.items() if count} == {"history_months": shown["history_months"]}


@pytest.mark.parametrize("seat", [Seat.CUSTOMERS, Seat.STAFF, Seat.OWNER])
async def test_a_job_scope_shows_one_job_whatever_is_asked_for_and_whoever_the_pool_is(
    database_url: str, pool: Pool, two: tuple[UUID, UUID], seat: Seat
) -> None:
    mine, other = two
    async with await open_pool(database_url, 1, seat) as own:
        async with job_scope(own, mine) as connection:
            shown = await visible(connection)
            assert {name for name, count in shown.items() if count} == {
                *OF_A_JOB,
                "history_months",
                "directory_success_rate",
            }
            for table, its_job in OF_A_JOB.items():
                jobs_of = {row[0] for row in await connection.fetch(f"select {its_job} from {table}")}
                assert jobs_of == {str(mine)}, table
            assert await jobs.find(connection, other) is None
            assert await jobs.find(connection, mine) is not None
            assert (await jobs.count(connection, mine)).total == 2
            assert [
                row["slug"] for row in await connection.fetch("select slug from directory_success_rate order by 1")
            ] == ["alpha-one", "alpha-two"]
        # And afterwards the connection is what it was.
        assert bool(await own.fetchval("select count(*) from jobs")) is (seat is not Seat.CUSTOMERS)


@pytest.mark.parametrize(
    "statement",
    [
        "update jobs set status = 'cancelled'",
        "delete from job_results",
        "insert into queue_history (event) values ('job_started')",
        "select * from jobs for update",
        "select * from queue_history_default",
        "select make_history_partition(current_date)",
        "truncate jobs cascade",
    ],
)
async def test_a_customers_connection_changes_nothing(
    database_url: str, two: tuple[UUID, UUID], statement: str
) -> None:
    """Not even by its role: the transaction is read-only besides."""
    async with seated(database_url, Seat.CUSTOMERS) as connection:
        await connection.execute("select set_config('directorybolt.job_id', $1, false)", str(two[0]))
        assert await connection.fetchval("select count(*) from jobs") == 1
        try:
            said = await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            return
        assert said in ("UPDATE 0", "DELETE 0", "SELECT 0")


async def test_a_setting_that_is_no_job_shows_nothing(database_url: str, two: tuple[UUID, UUID]) -> None:
    async with seated(database_url, Seat.CUSTOMERS) as connection:
        for wrong in ("", str(uuid.uuid4())):
            await connection.execute("select set_config('directorybolt.job_id', $1, false)", wrong)
            assert await connection.fetch("select * from jobs") == []
        await connection.execute("select set_config('directorybolt.job_id', $1, false)", "' or true --")
        with pytest.raises(asyncpg.DataError):
            await connection.fetch("select * from jobs")


async def test_what_row_security_does_not_stop(database_url: str, two: tuple[UUID, UUID]) -> None:
    """It is a wall against queries that forget their condition, not against SQL that somebody else writes.

    Who can run any statement can set what is to be seen, too. Statements are parameterised, so that nobody can.
    """
    async with await open_pool(database_url, 1, Seat.CUSTOMERS) as own, job_scope(own, two[0]) as connection:
        injected = "select count(*) from jobs where set_config('directorybolt.scope', 'all', true) is not null"
        seen_at_once = await connection.fetchval(injected)
        assert seen_at_once in (1, 2)
        assert await connection.fetchval("select count(*) from jobs") == 2
        # What it does stop all the same: no write, and nothing that the role was never given.
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("update jobs set status = 'cancelled'")


async def test_the_worker_sees_its_work_and_no_staff(database_url: str, pool: Pool, two: tuple[UUID, UUID]) -> None:
    async with seated(database_url, Seat.WORKER) as connection:
        shown = await visible(connection)
        assert (shown["jobs"], shown["job_results"], shown["customers"]) == (2, 4, 2)
        assert not {"tokens", "staff_sessions", "audit", "drafts", "idempotency_keys"} & shown.keys()
        # It owns no table, and makes and drops the history's months all the same.
        for day in await archive.months_wanted(connection):
            await archive.make_month(connection, day)
        assert await connection.fetchval("select make_history_partition('2031-05-17')")
        assert await connection.fetchval("select drop_history_partition('2031-05-17', 0)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("drop table queue_history_default")
    made = "select relrowsecurity from pg_class where relispartition and relkind = 'r'"
    assert {row[0] for row in await pool.fetch(made)} == {True}


async def test_counters_are_right_whoever_counts(database_url: str, pool: Pool, two: tuple[UUID, UUID]) -> None:
    for seat in (Seat.WORKER, Seat.STAFF):
        async with seated(database_url, seat) as connection:
            await connection.execute(
                """
                update job_results set status = 'skipped'
                where id = (select id from job_results where status = 'pending' limit 1)
                """
            )
    assert await pool.fetchval("select sum(ended) from jobs") == 2


async def test_a_dashboard_reads_figures_and_nobodys_name(
    database_url: str, pool: Pool, two: tuple[UUID, UUID]
) -> None:
    async with await open_pool(database_url, 1) as own, own.acquire() as connection, connection.transaction():
        await connection.execute("set local role directorybolt_reader")
        assert await connection.fetchval("select count(*) from job_progress") == 2
        assert await connection.fetchval("select count(tier) from jobs") == 2
        readable = {
            f"{row[0]}.{row[1]}"
            for row in await connection.fetch(
                """
                select table_name, column_name from information_schema.columns where table_schema = 'public'
                    and has_column_privilege(current_user, quote_ident(table_name), column_name, 'select')
                """
            )
        }
        hidden = {
            "business_data",
            "business_name",
            "profile",
            "secret_hash",
            "email",
            "reason",
            "page_text",
            "plan",
            "note",
        }
        assert {name for name in readable if name.partition(".")[2] in hidden} == set()
        tables = {name.partition(".")[0] for name in readable}
        assert not tables & {"customers", "tokens", "staff_sessions", "links", "drafts", "audit", "stripe_events"}
        for statement in ("delete from directories", "insert into directories (slug) values ('x')"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(statement)


async def test_a_pool_whose_start_up_parameters_get_lost_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler in transaction mode, which keeps them to itself."""
    monkeypatch.setattr(Seat, "start_up", {})
    async with await open_pool(database_url, 1, Seat.STAFF) as pool:
        for ask in (pool.execute("select 1"), seated_pools(pool)):
            with pytest.raises(SeatRefused, match="session mode"):
                await ask


async def test_a_database_that_is_away_or_not_migrated_keeps_no_process_from_starting(database_url: str) -> None:
    empty = urlunsplit(urlsplit(database_url)._replace(path="/postgres"))
    with socket.socket() as held:
        # Nobody listens there, nor will anybody meanwhile.
        held.bind(("127.0.0.1", 0))
        nowhere = f"postgresql://x@127.0.0.1:{held.getsockname()[1]}/x"
        for url in (nowhere, empty):
            async with await open_pool(url, 1, Seat.STAFF) as pool:
                await seated_pools(pool)


async def test_roles_are_made_by_whoever_migrates_also_without_being_superuser_and_many_at_once(
    database_url: str,
) -> None:
    """As on Supabase; and with the roles there already, made by somebody else, or by another database meanwhile."""
    server = await asyncpg.connect(database_url)
    login, password = f"owner_{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    names = [f"owned_{uuid.uuid4().hex}" for _ in range(3)]
    await server.execute(f"create role {login} login createrole password '{password}'")
    for role in ("api", "worker", "reader"):
        await server.execute(f"grant directorybolt_{role} to {login} with admin option")
    parts = urlsplit(database_url)
    netloc = f"{login}:{quote(password)}@{parts.netloc.rpartition('@')[2]}"
    urls = [urlunsplit(parts._replace(netloc=netloc, path=f"/{name}")) for name in names]
    try:
        for name in names:
            await server.execute(f"create database {name} owner {login}")
        await asyncio.gather(*map(migrate, urls))
        for seat in (Seat.WORKER, Seat.STAFF, Seat.CUSTOMERS):
            async with seated(urls[0], seat) as connection:
                assert await connection.fetch("select * from jobs") == []
    finally:
        for name in names:
            await server.execute(f"drop database if exists {name} with (force)")
        await server.execute(f"drop owned by {login}")
        await server.execute(f"drop role {login}")
        await server.close()
