"""The connection pool, and the types every query is written against."""

import json
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

CONNECT_TIMEOUT_S = 10

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
    OSError,
)
"""What a statement raises while the database is restarted or cannot be reached: it may be tried again."""


async def open_pool(database_url: str, size: int) -> Pool:
    """A pool of at most `size` connections that reads and writes jsonb as Python values.

    It connects at the first query, so that a process can start, and say so, while the database is down.
    """
    return await asyncpg.create_pool(
        database_url, min_size=0, max_size=size, init=_prepare, timeout=CONNECT_TIMEOUT_S, command_timeout=30
    )


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
