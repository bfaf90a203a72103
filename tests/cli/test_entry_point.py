"""The `directorybolt` script itself: what it offers, and how it ends when people or pipes end it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from deploy.cli.main import app
from schema.store import directories
from schema.store.database import Pool
from tests.cli.conftest import Command, has_looked
from tests.factories import add_begun_job, entry
from tests.patience import PATIENCE_S

SCRIPT = Path(sys.executable).parent / "directorybolt"


def every_command(command: Any, path: str = "directorybolt") -> Iterator[tuple[str, Any]]:
    for name, child in getattr(command, "commands", {}).items():
        yield f"{path} {name}", child
        yield from every_command(child, f"{path} {name}")


COMMANDS = dict(every_command(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_each_of_its_options_is_explained(path: str) -> None:
    command = COMMANDS[path]
    assert command.help, path
    assert [parameter.name for parameter in command.params if not parameter.help] == []


@pytest.mark.parametrize("path", [path for path in COMMANDS if path.endswith((" list", " show"))])
def test_all_that_list_or_show_speak_json(path: str) -> None:
    assert any("--json" in parameter.opts for parameter in COMMANDS[path].params)


def test_it_starts_as_people_start_it(nowhere: Command) -> None:
    ran = subprocess.run(
        [SCRIPT, "jobs", "list"],
        cwd=nowhere.folder,
        env=nowhere.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("DATABASE_URL is not set")


async def test_a_reader_that_goes_away_is_no_error(command: Command, pool: Pool) -> None:
    await directories.import_entries(pool, [entry(f"site-{number}") for number in range(1000)])
    ran = await asyncio.to_thread(
        subprocess.run,
        f"{SCRIPT} directories list --json | head -n 1",
        shell=True,
        cwd=command.folder,
        env=command.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("[\n", "")


async def test_ctrl_c_ends_it_without_a_word_too_many(command: Command, pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    process = await asyncio.create_subprocess_exec(
        SCRIPT,
        "jobs",
        "watch",
        str(job_id),
        cwd=command.folder,
        env=command.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await has_looked(pool)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE_S):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert b"Traceback" not in said, said.decode()
    assert process.returncode == 130
