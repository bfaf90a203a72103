"""A real Chromium, and a counter whose directory does as it is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import activities.browser.send
from activities.browser.pool import BrowserPool
from schema.contracts.submission import SubmissionRef
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.site import Site, open_site
from tests.factories import add_begun_job


@pytest.fixture(scope="module")
async def chromium(browser_path: Path) -> AsyncIterator[BrowserPool]:
    async with BrowserPool(browser_path, 2, "https://directorybolt.example/bot") as opened:
        yield opened


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
        yield await at(site, pool, chromium)


async def at(site: Site, pool: Pool, chromium: BrowserPool) -> Counter:
    """The counter of a job for this one directory."""
    job_id = await add_begun_job(pool, ["alpha"])
    await pool.execute("update directories set submission_url = $1", site.url)
    return Counter(pool, chromium, site, SubmissionRef(job_id=job_id, slug="alpha"))
