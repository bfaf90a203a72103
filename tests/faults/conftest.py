"""A counter whose directory does as it is told."""

from collections.abc import AsyncIterator

import pytest

import activities.browser.send
from activities.browser.pool import BrowserPool
from schema.store.database import Pool
from tests.activities.counter import Counter, counter_at, expect_silence
from tests.activities.site import open_site


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which the directory's last word is none."""
    expect_silence(monkeypatch)
    monkeypatch.setattr(activities.browser.send, "_ANSWER_WITHIN_S", 3)


@pytest.fixture
async def counter(pool: Pool, chromium: BrowserPool) -> AsyncIterator[Counter]:
    """A job of one directory, of which nothing is known yet."""
    async with open_site() as site:
        yield await counter_at(site, pool, chromium)
