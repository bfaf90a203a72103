"""Real servers for the tests, each started once and only when a test asks for it."""

import contextlib
import os
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from playwright.async_api import Browser, async_playwright
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.browser.pool import BrowserPool
from deploy.local.parts import Piece
from deploy.local.queues import ensure_bucket, ensure_queues
from deploy.local.stack import Stack
from deploy.runtime.browser_path import find_browser
from deploy.runtime.settings import Settings
from schema.migrate import migrate
from schema.search_attributes import ALL
from schema.store.database import Pool, open_pool
from tests.serving import LOOPBACK
from tests.stacks import running

_TEMPLATE = "migrated"

# The library's own way to show a traceback prints every local value, for up to twenty seconds.
structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])


@pytest.fixture(scope="session")
def test_folder() -> Iterator[Path]:
    """Below `.local`, one per run, so that several runs on one machine do not meet."""
    folder = Path(".local/test", f"{os.getpid()}-{uuid.uuid4().hex[:8]}").resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres(test_folder: Path) -> AsyncIterator[Stack]:
    async with running(test_folder / "postgres", Piece.POSTGRES) as stack:
        yield stack


@pytest.fixture(scope="session")
async def aws(test_folder: Path) -> AsyncIterator[Stack]:
    async with running(test_folder / "aws", Piece.AWS) as stack:
        yield stack


@pytest.fixture(scope="session")
async def temporal(test_folder: Path) -> AsyncIterator[Stack]:
    async with running(test_folder / "temporal", Piece.TEMPORAL) as stack:
        yield stack


@pytest.fixture(scope="session")
async def template_database(postgres: Stack) -> str:
    """A migrated database that tests get copies of: much faster than to migrate each."""
    # Databases are made and dropped by the dozen, and none outlives the run: nothing need reach the disk.
    await _execute(postgres, "alter system set fsync = off")
    await _execute(postgres, "select pg_reload_conf()")
    await _execute(postgres, f"create database {_TEMPLATE}")
    await migrate(_url(postgres, _TEMPLATE))
    return _TEMPLATE


@pytest.fixture
async def new_database(postgres: Stack, template_database: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes fresh, migrated databases, which end with this test."""
    names: list[str] = []

    async def make() -> str:
        names.append(f"test_{uuid.uuid4().hex}")
        await _execute(postgres, f"create database {names[-1]} template {template_database}")
        return _url(postgres, names[-1])

    yield make
    for name in names:
        # Whoever does not leave in time is ended with the server, and the database with them.
        with contextlib.suppress(asyncpg.ObjectInUseError):
            await _execute(postgres, f"drop database {name} with (force)")


@pytest.fixture
async def database_url(new_database: Callable[[], Awaitable[str]]) -> str:
    """A fresh, migrated database for this test."""
    return await new_database()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url, 10) as opened:
        yield opened


@pytest.fixture
async def settings(database_url: str, aws: Stack, temporal: Stack) -> Settings:
    """Settings of a whole service: this test's database and queues, and the run's Temporal."""
    unique = uuid.uuid4().hex[:8]
    known = {**aws.environment.values, **temporal.environment.values, "DATABASE_URL": database_url}
    own = {"_env_file": None, "sqs_queue_name": f"jobs-{unique}", "temporal_task_queue": f"test-{unique}"}
    values: dict[str, Any] = {**own, **{name.lower(): value for name, value in known.items()}}
    made = Settings(**values)
    ensure_queues(made)
    ensure_bucket(made)
    return made


@pytest.fixture(scope="session")
async def dev(temporal: Stack) -> WorkflowEnvironment:
    """The real Temporal server, in real time: for cancellation, heartbeats, search attributes and reset."""
    values = temporal.environment.values
    client = await Client.connect(
        values["TEMPORAL_ADDRESS"], namespace=values["TEMPORAL_NAMESPACE"], data_converter=pydantic_data_converter
    )
    return WorkflowEnvironment.from_client(client)


@pytest.fixture(scope="module")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """The server that skips time, for timers and deadlines. One per module: a stuck activity stops its clock."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(Path(sys.executable).parent / "temporal-test-server"),
        data_converter=pydantic_data_converter,
    ) as environment:
        # A child with an unknown search attribute is never started by this server, and nothing says so.
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=environment.client.namespace,
                search_attributes={key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in ALL},
            )
        )
        yield environment


@pytest.fixture(scope="session")
def browser_path() -> Path:
    configured = os.environ.get("BROWSER_PATH")
    return find_browser(Path(configured) if configured else None)


@pytest.fixture(scope="module")
async def browser(browser_path: Path) -> AsyncIterator[Browser]:
    """One per module: the modules that kill browsers must find none but their own."""
    async with async_playwright() as playwright:
        # Chromium's own sandbox does not work as root.
        browser = await playwright.chromium.launch(executable_path=browser_path, chromium_sandbox=os.getuid() != 0)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def chromium(browser_path: Path) -> AsyncIterator[BrowserPool]:
    """One per module: the modules that kill browsers must find none but their own."""
    async with BrowserPool(browser_path, 2, "https://directorybolt.example/bot", LOOPBACK) as opened:
        yield opened


def _url(stack: Stack, database: str) -> str:
    address, _, options = stack.environment.values["DATABASE_URL"].partition("?")
    return f"{address.rsplit('/', 1)[0]}/{database}?{options}"


async def _execute(stack: Stack, statement: str) -> None:
    connection = await asyncpg.connect(_url(stack, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
