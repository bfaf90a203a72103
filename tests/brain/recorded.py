"""What the street of directory sites looks like, observed once: real forms for tests that need no browser."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.async_api import BrowserContext, Route

from activities.browser.chromium import launch
from activities.browser.observe import documents_of
from brain.page import PageObservation
from brain.reader import Reading, read
from deploy.local.sandbox.street import SITES
from tests.local.sandbox_posts import open_street

_TABS = 3
_SCRIPTS_RUN_MS = 1_200
_HOST = "http://street.test/"


@dataclass(frozen=True, slots=True)
class Street:
    """Each site's submission page by its slug, and how it reads; only those that hold a form."""

    pages: dict[str, PageObservation]
    readings: dict[str, Reading]


async def record_street(executable: Path, folder: Path) -> Street:
    """With scripts on."""
    async with _visitors(executable, folder) as visitor:
        waiting = list(SITES)
        found: dict[str, PageObservation] = {}

        async def tab() -> None:
            context = await visitor()
            # The scripts' time passes at once, and as much of it on every machine. A context has one clock.
            await context.clock.install()
            page = await context.new_page()
            while waiting:
                site = waiting.pop()
                await page.goto(f"{_HOST}{site.slug}/{site.form_path}", wait_until="load")
                await context.clock.run_for(_SCRIPTS_RUN_MS)
                frames = tuple(document.facts for document in await documents_of(page))
                found[site.slug] = PageObservation(url=page.url, title=await page.title(), frames=frames)

        await asyncio.gather(*(tab() for _ in range(_TABS)))
        readings = {slug: read(page) for slug, page in sorted(found.items())}
        forms = {slug: reading for slug, reading in readings.items() if reading.snapshot.found}
        return Street({slug: found[slug] for slug in forms}, forms)


@asynccontextmanager
async def _visitors(executable: Path, folder: Path) -> AsyncIterator[Callable[[], Awaitable[BrowserContext]]]:
    """Makes them; none has anybody but the street to talk to."""
    chromium = await launch(executable)
    try:
        async with open_street(folder) as street:

            async def answer(route: Route) -> None:
                await _answer(street, route)

            async def visitor() -> BrowserContext:
                context = await chromium.browser.new_context()
                await context.route("**/*", answer)
                return context

            yield visitor
    finally:
        await chromium.end()


async def _answer(street: httpx.AsyncClient, route: Route) -> None:
    """What the street says to a request; nobody else is at home."""
    request = route.request
    if urlsplit(request.url).hostname != urlsplit(_HOST).hostname:
        await route.fulfill(status=404, body="")
        return
    response = await street.request(request.method, request.url, content=request.post_data_buffer)
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    await route.fulfill(status=response.status_code, headers=headers, body=response.content)
