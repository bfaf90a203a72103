"""What holds for all tests of the API: a slow machine is not a part that hangs, and no page outlives its test."""

import socket
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from deploy.local.ports import HOST

_PATIENCE_S = 60.0

expect.set_options(timeout=60_000)

_PATIENT = (
    "api.access.grace._PATIENCE_S",
    "api.access.oidc._TIMEOUT_S",
    "api.gateway._PATIENCE_S",
    "api.job.feed._READ_WITHIN_S",
    "api.job.hub._ANSWERS_WITHIN_S",
    "api.job.reports._STORE_ANSWERS_WITHIN_S",
    "api.middleware.patience._PATIENCE_S",
    "api.routes.health._PATIENCE_S",
    "api.selling.checkout._COUNTED_WITHIN_S",
    "api.selling.payments._MOMENT_S",
    "api.selling.payments._PATIENCE_S",
    "api.selling.stripe._TIMEOUT_S",
    "api.staff.status._GIVEN_UP_S",
    "api.staff.status._PATIENCE_S",
)


@pytest.fixture
def parts_hang() -> None:
    """For tests in which a part hangs: everybody waits for it as long as in production."""


@pytest.fixture(autouse=True)
def _nothing_hangs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everywhere else what takes long is waited for, and is not taken for a part that hangs."""
    if "parts_hang" in request.fixturenames:
        return
    for patience in _PATIENT:
        monkeypatch.setattr(patience, _PATIENCE_S)
    monkeypatch.setattr("api.gateway._STARTED_WITHIN", timedelta(seconds=_PATIENCE_S))


@pytest.fixture
def port() -> Iterator[int]:
    """For servers that come and go during the test: nobody else is given it while none of them runs."""
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind((HOST, 0))
        yield int(keeper.getsockname()[1])


@pytest.fixture
async def browser(browser: Browser) -> AsyncIterator[Browser]:
    """The module's, without the pages of the test before: they would go on asking for a server that is gone."""
    yield browser
    for context in browser.contexts:
        await context.close()
