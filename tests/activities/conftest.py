"""One shared browser for the tests that look at real pages, and the counter where submissions are handed in."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

import activities.browser.send
from activities.browser.pool import BrowserPool
from schema.store.database import Pool
from tests.activities.counter import Counter, counter_at
from tests.activities.edge import edge
from tests.activities.site import open_site

__all__ = ["edge"]


@pytest.fixture(scope="module")
async def browser(browser_path: Path) -> AsyncIterator[Browser]:
    """One per module: the modules that kill browsers must find none but their own."""
    async with async_playwright() as playwright:
        # Chromium's own sandbox does not work as root.
        browser = await playwright.chromium.launch(executable_path=browser_path, chromium_sandbox=os.getuid() != 0)
        yield browser
        await browser.close()


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
    """The directories are on this machine: what they have not said in two seconds they never will."""
    monkeypatch.setattr(activities.browser.send, "_POST_LEAVES_WITHIN_S", 2)
    monkeypatch.setattr(activities.browser.send, "_PAGE_SPEAKS_WITHIN_S", 2)


@pytest.fixture
async def counter(pool: Pool, chromium: BrowserPool, short_patience: None) -> AsyncIterator[Counter]:
    """A job of one directory, of which nothing is known yet."""
    async with open_site() as site:
        yield await counter_at(site, pool, chromium)
