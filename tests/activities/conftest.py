"""One shared browser for the tests that look at real pages."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

_BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        pytest.skip("no browser is installed")
    async with async_playwright() as playwright:
        # Chromium's own sandbox does not work as root.
        browser = await playwright.chromium.launch(executable_path=path, chromium_sandbox=os.getuid() != 0)
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
