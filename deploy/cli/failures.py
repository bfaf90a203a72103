"""What ends a command early: one clear sentence and an exit code, never a traceback."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from deploy.runtime.database import using_database
from deploy.runtime.settings import Settings
from schema.store.database import Pool, open_pool

E = TypeVar("E", bound=StrEnum)

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
    field = ".".join(map(str, first["loc"]))
    said = first["msg"].removeprefix("Value error, ")
    match first["type"]:
        case "missing":
            problem = f"{field} is required"
        case "extra_forbidden":
            problem = f"{field} is not a known field"
        case "json_invalid":
            problem = f"this is not JSON ({said.removeprefix('Invalid JSON: ')})"
        case "model_type" | "model_attributes_type" if not field:
            problem = "this is not a JSON object"
        case _:
            problem = f"{field}: {said}" if field else said
    others = error.error_count() - 1
    more = f" ({others} more like it)" if others else ""
    return CommandFailed(f"{what}: {problem}{more}.")


@contextlib.contextmanager
def named_field(option: str) -> Iterator[None]:
    """Turns what pydantic finds wrong in the block into CommandFailed that names the option."""
    try:
        yield
    except ValidationError as error:
        raise first_problem(error, option) from None


def one_of(kinds: Iterable[E], value: str, option: str, *others: str) -> E:
    """The one that has this value. Raises CommandFailed with all there are; `others` are further words allowed."""
    by_value = {kind.value: kind for kind in kinds}
    if value not in by_value:
        raise CommandFailed(f"{option} {value!r} is none of: {', '.join((*by_value, *others))}.")
    return by_value[value]


def read_file(path: Path, what: str) -> str:
    """The file's text. Raises CommandFailed when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CommandFailed(f"{what} {path} cannot be read: {reason}.") from None


@contextlib.asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Pool]:
    """A small pool for one command. Raises DatabaseUnusable."""
    url = settings.database_url.get_secret_value()
    with using_database(url):
        pool = await open_pool(url, 2)
        try:
            await pool.execute("select 1 from jobs limit 1")
            yield pool
        finally:
            await pool.close()
