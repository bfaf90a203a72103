"""The connection pools, what each may see, and the types every query is written against."""

import contextlib
import functools
import json
from collections.abc import AsyncIterator
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

CONNECT_TIMEOUT_S = 10
_ACQUIRE_TIMEOUT_S = 5

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Executor: TypeAlias = "Pool | Connection"
"""Where a single statement may run: a pool, or a connection inside the caller's transaction."""


AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    # Of a connection whose end came in the middle of an operation.
    asyncpg.InternalClientError,
    # No connection is left for us, or no room on the disk.
    asyncpg.InsufficientResourcesError,
    # It has become another's standby.
    asyncpg.ReadOnlySQLTransactionError,
    OSError,
)
"""What a statement raises while the database is restarted, full, or cannot be reached: it may be tried again."""


class Seat(Enum):
    """Who a pool's connections are, for PostgreSQL's row security: a role, and how much of it.

    The owner of the tables sees everything. A seat for customers sees nothing, until `job_scope` names one job.
    """

    OWNER = ("", "")
    WORKER = ("directorybolt_worker", "")
    STAFF = ("directorybolt_api", "all")
    CUSTOMERS = ("directorybolt_api", "")

    @property
    def start_up(self) -> dict[str, str]:
        """The connection's start-up parameters. A RESET leads back to them, not behind them."""
        role, scope = self.value
        return {"role": role, "directorybolt.scope": scope} if role else {}


class SeatRefused(Exception):
    """The connection did not become who it was to be, and would see too much or nothing; the text says the way out."""


async def open_pool(database_url: str, size: int, seat: Seat = Seat.OWNER) -> Pool:
    """A pool of at most `size` connections that reads and writes jsonb as Python values.

    It connects at the first query, so that a process can start, and say so, while the database is down. A query raises
    SeatRefused where the connection is somebody else than it should be.
    """
    return await asyncpg.create_pool(
        database_url,
        min_size=0,
        max_size=size,
        init=functools.partial(_prepare, seat=seat),
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=30,
        server_settings=seat.start_up,
    )


@contextlib.asynccontextmanager
async def at_once(connection: Connection, *, dry_run: bool) -> AsyncIterator[None]:
    """One transaction. Of a dry run nothing remains but what the caller has learnt from it."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    except BaseException:
        await transaction.rollback()
        raise
    await (transaction.rollback() if dry_run else transaction.commit())


@contextlib.asynccontextmanager
async def job_scope(pool: Pool, job_id: UUID) -> AsyncIterator[Connection]:
    """A connection that sees this job alone, as it is at one moment, and changes nothing; whatever the pool's seat.

    It is one transaction: do not hold it while a customer reads slowly.
    """
    async with (
        pool.acquire(timeout=_ACQUIRE_TIMEOUT_S) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(
            """
            select set_config('role', $1, true), set_config('directorybolt.scope', '', true),
                set_config('directorybolt.job_id', $2, true)
            """,
            Seat.CUSTOMERS.value[0],
            str(job_id),
        )
        yield connection


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]", *, seat: Seat) -> None:
    if seat is not Seat.OWNER:
        # A pooler between us and the server may keep start-up parameters to itself, and says nothing.
        is_now = await connection.fetchrow(
            "select current_user, coalesce(current_setting('directorybolt.scope', true), '')"
        )
        if is_now is None or tuple(is_now) != seat.value:
            raise SeatRefused(
                f"The database did not make us {seat.value[0]}: connect DATABASE_URL to PostgreSQL itself, or to a "
                "pooler in session mode that passes start-up parameters on."
            )
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
