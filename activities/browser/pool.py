"""Pages for attempts: one shared Chromium, a fresh context per attempt, behind a gate for what it writes.

The browser reaches the network through our own gate alone, so no page leads it into a private one. The pool knows
nothing of forms or of the ledger. A browser is replaced when it has failed and after a number of
contexts, because a long-lived one only grows (playwright #6319).
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import playwright.async_api
from playwright.async_api import Browser, BrowserContext, Page, Route

from activities.boundary import to_its_end
from activities.browser.chromium import BrowserFailed, Chromium, launch
from activities.browser.gate import PostGate
from activities.egress.reach import PUBLIC, Reach
from activities.egress.socks import Egress
from activities.useragent import signature

_VIEWPORT = {"width": 1280, "height": 900}
_CLOSES_WITHIN_S = 10.0
NAVIGATION_TIMEOUT_MS = 30_000

_ONE_REQUEST_EACH = {"Connection": "close"}
"""Chromium sends a request again, posts included, when a connection that has carried another one before breaks without
an answer: one click could arrive three times, and no gate in front of the network would see it. A fresh connection is
never tried twice."""


@dataclasses.dataclass(frozen=True, slots=True)
class Visit:
    """One attempt's page and the gate in front of it."""

    page: Page
    gate: PostGate

    async def screenshot(self) -> bytes:
        """The whole page as a PNG. Raises BrowserFailed."""
        try:
            return await self.page.screenshot(type="png", full_page=True, animations="disabled")
        except playwright.async_api.Error as error:
            raise BrowserFailed("The page could not be photographed.") from error


class BrowserPool:
    """At most `slots` pages at a time in one Chromium, which reaches what `reach` holds and nothing else.

    Use as an async context manager.
    """

    def __init__(self, executable: Path, slots: int, user_agent_contact: str, reach: Reach = PUBLIC) -> None:
        self._executable = executable
        self._contact = user_agent_contact
        self._egress = Egress(reach)
        self._slots = asyncio.Semaphore(slots)
        self._starting = asyncio.Lock()
        self._newest: Chromium | None = None
        self._running: set[Chromium] = set()

    async def __aenter__(self) -> "BrowserPool":
        await self._egress.open()
        try:
            self._newest = await self._start()
        except BaseException:
            await self._egress.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(chromium.end() for chromium in self._running))
        await self._egress.close()

    @contextlib.asynccontextmanager
    async def visit(self) -> AsyncIterator[Visit]:
        """A page in a context of its own, closed on the way out, also when the attempt is cancelled.

        Playwright's errors leave the block as BrowserFailed.
        """
        async with self._opened(self._context) as context:
            gate = PostGate()
            await context.route("**/*", gate)
            await context.route_web_socket("**/*", gate.refuse_socket)
            page = await context.new_page()
            await gate.watch_farewells(page)
            page.set_default_timeout(NAVIGATION_TIMEOUT_MS)
            page.on("dialog", gate.answer_dialog)
            yield Visit(page, gate)

    @contextlib.asynccontextmanager
    async def sheet(self, answer: Callable[[Route], Awaitable[None]]) -> AsyncIterator[Page]:
        """Likewise for a page of our own: without script, and `answer` gives all it asks for, and never raises."""
        async with self._opened(_plain_context) as context:
            await context.route("**/*", answer)
            page = await context.new_page()
            page.set_default_timeout(NAVIGATION_TIMEOUT_MS)
            yield page

    @contextlib.asynccontextmanager
    async def _opened(self, make: Callable[[Browser], Awaitable[BrowserContext]]) -> AsyncIterator[BrowserContext]:
        async with self._slots:
            chromium = await self._take()
            context: BrowserContext | None = None
            try:
                context = await make(chromium.browser)
                yield context
            except playwright.async_api.Error as error:
                raise BrowserFailed(str(error).partition("\n")[0]) from error
            finally:
                await to_its_end(self._leave(chromium, context))

    async def _context(self, browser: Browser) -> BrowserContext:
        return await browser.new_context(
            viewport=_VIEWPORT,  # type: ignore[arg-type]
            user_agent=self._user_agent(browser),
            service_workers="block",
            extra_http_headers=_ONE_REQUEST_EACH,
            accept_downloads=False,
            proxy={"server": self._egress.url},
        )

    def _user_agent(self, browser: Browser) -> str:
        """Honest: a Chromium, and who drives it."""
        return (
            f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{browser.version} "
            f"Safari/537.36 {signature(self._contact)}"
        )

    async def _take(self) -> Chromium:
        """The browser for one more context; the caller gives it back with `_leave`."""
        async with self._starting:
            if self._newest is None or not self._newest.fit:
                if self._newest:
                    self._newest.retired = True
                    await self._end_if_idle(self._newest)
                self._newest = await self._start()
            self._newest.opened += 1
            self._newest.users += 1
            return self._newest

    async def _leave(self, chromium: Chromium, context: BrowserContext | None) -> None:
        # A browser that cannot even open or close a page gets no further one.
        closed = False
        try:
            async with asyncio.timeout(_CLOSES_WITHIN_S):
                if context:
                    await context.close()
                    closed = True
        except (playwright.async_api.Error, TimeoutError):
            pass
        finally:
            chromium.retired = chromium.retired or not closed
            chromium.users -= 1
            await self._end_if_idle(chromium)

    async def _start(self) -> Chromium:
        chromium = await launch(self._executable)
        self._running.add(chromium)
        return chromium

    async def _end_if_idle(self, chromium: Chromium) -> None:
        if chromium.retired and not chromium.users and chromium in self._running:
            self._running.discard(chromium)
            await chromium.end()


async def _plain_context(browser: Browser) -> BrowserContext:
    return await browser.new_context(java_script_enabled=False, service_workers="block", accept_downloads=False)
