"""Opens saved pages, many of them, and tells what is on each: with scripts and network off, so that nothing moves.

Not for visits: a saved page is a specimen to measure the brain with.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, Route
from playwright.async_api import Error as PlaywrightError

from activities.browser.chromium import launch
from activities.browser.listening import undisturbing
from activities.browser.observe import documents_of
from brain.page import PageObservation

_PAGE_TIMEOUT_S = 30.0
_TABS = 2
"""More than there are cores would only wait for one another."""


@dataclass(frozen=True)
class Specimen:
    """One page. `marks` gives, by frame, the value of the asked attribute of each element ("" where it has none).

    `page` is None where the page could not be read; `failure` then says why.
    """

    file: Path
    page: PageObservation | None
    marks: Mapping[str, tuple[str, ...]]
    failure: str = ""


async def read_specimens(executable: Path, files: Sequence[Path], attribute: str) -> AsyncIterator[Specimen]:
    """Each page as soon as it has been read, in no order. Raises BrowserFailed when the browser does not start."""
    chromium = await launch(executable)
    tabs: asyncio.Queue[Page] = asyncio.Queue()
    reading = [asyncio.create_task(_turn(chromium.browser, tabs, file, attribute)) for file in files]
    try:
        for _ in range(_TABS):
            tabs.put_nowait(await _blank(chromium.browser))
        for read in asyncio.as_completed(reading):
            yield await read
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        await chromium.end()


async def _turn(browser: Browser, tabs: "asyncio.Queue[Page]", file: Path, attribute: str) -> Specimen:
    """Reads one page as soon as a tab is free."""
    page = await tabs.get()
    try:
        async with asyncio.timeout(_PAGE_TIMEOUT_S):
            return await _read(page, file, attribute)
    except (PlaywrightError, TimeoutError, OSError) as error:
        # Whatever hangs there must not hang the next page.
        page = await _blank(browser)
        return Specimen(file, None, {}, str(error).partition("\n")[0] or "it took too long")
    finally:
        tabs.put_nowait(page)


async def _blank(browser: Browser) -> Page:
    context = await browser.new_context(java_script_enabled=False, offline=True)
    await context.route("**/*", _refuse)
    return await context.new_page()


@undisturbing
async def _refuse(route: Route) -> None:
    await route.abort()


async def _read(page: Page, file: Path, attribute: str) -> Specimen:
    html = await asyncio.to_thread(file.read_text, "utf-8", "replace")
    await page.set_content(html, wait_until="domcontentloaded")
    documents = await documents_of(page)
    marks = {
        document.facts.name: tuple(
            await document.dump.evaluate(
                "(dump, name) => dump.elements.map((e) => e.getAttribute(name) || '')", attribute
            )
        )
        for document in documents
    }
    facts = tuple(document.facts for document in documents)
    return Specimen(file, PageObservation(url=file.resolve().as_uri(), title=await page.title(), frames=facts), marks)
