"""Opens saved pages, many of them, and tells what is on each: with scripts and network off, so that nothing moves.

Not for visits: a saved page is a specimen to measure the brain with.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page
from playwright.async_api import Error as PlaywrightError

from activities.browser.chromium import launch
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
    waiting = list(reversed(files))
    done: asyncio.Queue[Specimen] = asyncio.Queue()
    readers = [asyncio.create_task(_reader(chromium.browser, waiting, done, attribute)) for _ in range(_TABS)]
    try:
        for _ in files:
            yield await done.get()
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await chromium.end()


async def _reader(browser: Browser, waiting: list[Path], done: "asyncio.Queue[Specimen]", attribute: str) -> None:
    page: Page | None = None
    while waiting:
        file = waiting.pop()
        try:
            page = page or await _blank(browser)
            async with asyncio.timeout(_PAGE_TIMEOUT_S):
                specimen = await _read(page, file, attribute)
        except (PlaywrightError, TimeoutError, OSError) as error:
            specimen = Specimen(file, None, {}, str(error).partition("\n")[0] or "it took too long")
            # Whatever hangs there must not hang the next page.
            page = None
        done.put_nowait(specimen)


async def _blank(browser: Browser) -> Page:
    context = await browser.new_context(java_script_enabled=False, offline=True)
    await context.route("**/*", lambda route: route.abort())
    return await context.new_page()


async def _read(page: Page, file: Path, attribute: str) -> Specimen:
    html = await asyncio.to_thread(file.read_text, "utf-8", "replace")
    await page.set_content(html, wait_until="domcontentloaded")
    documents = await documents_of(page)
    marks = {
        document.facts.name: tuple(
            await document.dump.evaluate("(dump, name) => dump.elements.map((e) => e.getAttribute(name) || '')", attribute)
        )
        for document in documents
    }
    facts = tuple(document.facts for document in documents)
    return Specimen(file, PageObservation(url=file.as_uri(), title=await page.title(), frames=facts), marks)
