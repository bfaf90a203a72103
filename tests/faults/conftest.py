"""A counter whose directory does as it is told."""

from collections.abc import AsyncIterator

import pytest

import activities.browser.send
from activities.browser.pool import BrowserPool
from schema.store.database import Pool
from tests.activities.counter import Counter, counter_at
from tests.activities.site import open_site


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directories are on this machine, and dumb: what they have not said at once they never will."""
    monkeypatch.setattr(activities.browser.send, "_POST_LEAVES_WITHIN_S", 2)
    monkeypatch.setattr(activities.browser.send, "_ANSWER_WITHIN_S", 3)
    monkeypatch.setattr(activities.browser.send, "_PAGE_SPEAKS_WITHIN_S", 1)


@pytest.fixture
async def counter(pool: Pool, chromium: BrowserPool) -> AsyncIterator[Counter]:
    """A job of one directory, of which nothing is known yet."""
    async with open_site() as site:
        yield await counter_at(site, pool, chromium)
