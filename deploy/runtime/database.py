"""What is said of a database that cannot be used: one sentence with the way out, and never its password."""

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg

from schema.store.database import AWAY, Pool, SeatRefused

_REFUSED = (
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""The server is there and will not, or not now; what remains are mistakes of ours, which are not hidden."""


_PATIENCE_S = 5


class DatabaseUnusable(Exception):
    """It does not answer, refuses us, or has no tables; the text is one sentence with the way out."""


async def seated(*pools: Pool) -> None:
    """Raises SeatRefused where a pool's connections are not who they should be.

    A database that is away, or not migrated yet, is no reason not to start: each new connection is asked anew.
    """
    for pool in pools:
        with contextlib.suppress(*AWAY, TimeoutError, asyncpg.InvalidParameterValueError):
            await pool.execute("select 1", timeout=_PATIENCE_S)


@contextlib.contextmanager
def using_database(url: str) -> Iterator[None]:
    """Turns what goes wrong with the database in the block into DatabaseUnusable."""
    try:
        yield
    except BrokenPipeError:
        # Of all OSErrors the one that is about our own output.
        raise
    except (asyncpg.UndefinedTableError, asyncpg.InvalidParameterValueError):
        # Of a connection that is to take a role which is not there either.
        raise DatabaseUnusable("The database has no tables yet: run `directorybolt migrate`.") from None
    except SeatRefused as error:
        raise DatabaseUnusable(str(error)) from None
    except (OSError, asyncpg.InterfaceError, *_REFUSED) as error:
        where = urlsplit(url).netloc.rpartition("@")[2] or "its local socket"
        raise DatabaseUnusable(
            f"The database at {where} cannot be used ({_reason(error)}): "
            "start it with `directorybolt local up`, or correct DATABASE_URL."
        ) from None


def _reason(error: Exception) -> str:
    match error:
        case ConnectionError(errno=int(number)):
            return os.strerror(number)
        case TimeoutError():
            return "no answer"
        case OSError(strerror=str(text)):
            return text
        case _:
            return str(error).partition("\n")[0] or type(error).__name__
