"""What ends a command early: one clear sentence and an exit code, never a traceback."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import botocore.exceptions
from pydantic import ValidationError

from deploy.runtime.settings import Settings
from schema.store.database import Pool, open_pool

BAD_INPUT = 2
SERVICE_FAILED = 1


class CommandFailed(Exception):
    """The sentence to print, and the exit code: 2 for bad input, 1 for a service that failed."""

    def __init__(self, sentence: str, exit_code: int = BAD_INPUT) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def first_problem(error: ValidationError, what: str) -> CommandFailed:
    """The first thing wrong with `what`, naming the field, without the value (it may be the customer's)."""
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(map(str, first["loc"])) or "content"
    message = {"missing": "is required", "extra_forbidden": "is not a known field"}.get(
        first["type"], first["msg"].removeprefix("Value error, ")
    )
    separator = " " if first["type"] in ("missing", "extra_forbidden") else ": "
    others = error.error_count() - 1
    more = f" ({others} more like it)" if others else ""
    return CommandFailed(f"{what}: {field}{separator}{message}{more}.")


def read_file(path: Path, what: str) -> str:
    """The file's text. Raises CommandFailed when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CommandFailed(f"{what} {path} cannot be read: {reason}.") from None


@contextlib.asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Pool]:
    """A small pool for one command; a database that cannot be reached ends it with one sentence."""
    url = settings.database_url.get_secret_value()
    try:
        pool = await open_pool(url, 2)
        try:
            await pool.execute("select 1 from jobs limit 1")
            yield pool
        finally:
            await pool.close()
    except asyncpg.UndefinedTableError:
        raise CommandFailed("The database has no tables yet: run `directorybolt migrate`.", SERVICE_FAILED) from None
    except (
        OSError,
        asyncpg.CannotConnectNowError,
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        TimeoutError,
    ) as error:
        raise CommandFailed(_unreachable(url, error), SERVICE_FAILED) from None
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise CommandFailed(f"The queue or the artifact store failed: {error}.", SERVICE_FAILED) from None


def _unreachable(url: str, error: Exception) -> str:
    parts = urlsplit(url)
    detail = str(error).splitlines()[0] if str(error) else type(error).__name__
    return (
        f"The database at {parts.hostname}:{parts.port or 5432} cannot be used ({detail}): "
        "start it with `directorybolt local up`, or correct DATABASE_URL."
    )
