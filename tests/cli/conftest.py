"""The real command, in a process and a folder of its own, with nothing in its environment but what a test says."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.parts import Piece
from schema.store.database import Pool
from tests.factories import PROFILE
from tests.patience import eventually
from tests.stacks import running


@dataclasses.dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    def failed(self, code: int, *words: str) -> bool:
        """True when it ended with this code and one sentence on standard error that holds all these words."""
        assert self.code == code, self
        assert self.out == "", self
        assert self.err.count("\n") == 1, f"not one line: {self.err}"
        assert self.err.endswith(".\n"), f"not a sentence: {self.err}"
        assert "Traceback" not in self.err
        assert [word for word in words if word not in self.err] == [], self.err
        return True


class Command:
    """`command("jobs", "list", "--json")` in `folder`; `environment` is all it is told."""

    def __init__(self, ask: Callable[[dict[str, Any]], int], folder: Path, environment: dict[str, str]) -> None:
        self._ask = ask
        self.folder = folder
        self.environment = environment

    @property
    def streams(self) -> Path:
        """Where `out` and `err` are, from the first word on."""
        return self.folder.with_suffix(".streams")

    def __call__(self, *arguments: str | Path, **environment: str) -> Ran:
        streams = self.streams
        streams.mkdir(exist_ok=True)
        code = self._ask(
            {
                "arguments": [str(argument) for argument in arguments],
                "environment": {**self.environment, **environment},
                "folder": str(self.folder),
                "streams": str(streams),
            }
        )
        return Ran(code, (streams / "out").read_text(), (streams / "err").read_text())

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def profile(self, **changes: Any) -> Path:
        """A profile's file; a change to None leaves the field out."""
        values = {**PROFILE.model_dump(mode="json"), **changes}
        return self.write(
            "profile.json", json.dumps({key: value for key, value in values.items() if value is not None})
        )


async def has_looked(pool: Pool) -> None:
    """Return once a command that goes on has come to read how far the directories of a job are."""
    waits = """
        select exists (select from pg_locks where relation = 'job_results'::regclass and not granted
            and database = (select oid from pg_database where datname = current_database()))
        """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("lock table job_results")
        await eventually(lambda: connection.fetchval(waits))


@pytest.fixture(scope="session")
def forking() -> Iterator[Callable[[dict[str, Any]], int]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cli.forking"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "COLUMNS": "100"},
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout

        def ask(command: dict[str, Any]) -> int:
            stdin.write(json.dumps(command) + "\n")
            stdin.flush()
            return int(stdout.readline())

        yield ask
        stdin.close()


@pytest.fixture
def nowhere(forking: Callable[[dict[str, Any]], int], tmp_path: Path) -> Command:
    """The command where nothing is configured."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Command(forking, folder, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})


@pytest.fixture
def browsing(nowhere: Command, browser_path: Path) -> Command:
    """The command with a browser, and nothing else."""
    nowhere.environment["BROWSER_PATH"] = str(browser_path)
    return nowhere


@pytest.fixture(scope="module")
async def street(test_folder: Path) -> AsyncIterator[str]:
    """The sandbox's address."""
    async with running(test_folder / "street", Piece.SANDBOX) as stack:
        yield stack.environment.values["SANDBOX_URL"]


@pytest.fixture
def command(nowhere: Command, database_url: str) -> Command:
    """The command with this test's database, and nothing else."""
    nowhere.environment["DATABASE_URL"] = database_url
    return nowhere
