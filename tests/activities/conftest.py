"""A page for the tests that look at real ones, and the counter where submissions are handed in."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from activities.browser.pool import BrowserPool
from schema.store.database import Pool
from tests.activities.counter import Counter, counter_at, expect_silence
from tests.activities.edge import edge
from tests.activities.site import open_site

__all__ = ["edge"]


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page whose every request is answered with an empty document, and whose address is a directory's."""
    context = await browser.new_context()
    page = await context.new_page()
    await context.route(
        "**/*", lambda route: route.fulfill(body="<html><body></body></html>", content_type="text/html")
    )
    await page.goto("https://directory.example/add")
    yield page
    await context.close()


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which the directory's last word is none."""
    expect_silence(monkeypatch)


@pytest.fixture
async def counter(pool: Pool, chromium: BrowserPool) -> AsyncIterator[Counter]:
    """A job of one directory, of which nothing is known yet."""
    async with open_site() as site:
        yield await counter_at(site, pool, chromium)
