"""One shared Chromium, a fresh context per attempt, and a gate that nothing is posted through before the intent.

The pool knows nothing of forms or of the ledger. A browser is replaced when it has crashed and after a number of
contexts, because a long-lived one only grows (playwright #6319).
"""

import asyncio
import contextlib
import dataclasses
import os
from collections.abc import AsyncIterator
from pathlib import Path

import playwright.async_api
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from activities.boundary import ActivityFailure
from activities.browser.gate import PostGate
from schema.failures import FailureType

_CONTEXTS_PER_BROWSER = 200
_VIEWPORT = {"width": 1280, "height": 900}
_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
NAVIGATION_TIMEOUT_MS = 30_000


class BrowserFailed(ActivityFailure):
    """The browser or the page ended, or did not do what it was told."""

    def __init__(self, what: str) -> None:
        super().__init__(FailureType.BROWSER_FAILED, what)


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
    """At most `slots` pages at a time in one Chromium. Use as an async context manager."""

    def __init__(self, executable: Path, slots: int, user_agent_contact: str) -> None:
        self._executable = executable
        self._contact = user_agent_contact
        self._slots = asyncio.Semaphore(slots)
        self._starting = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._retired: set[Browser] = set()
        self._users: dict[Browser, int] = {}
        self._opened = 0

    async def __aenter__(self) -> "BrowserPool":
        self._playwright = await async_playwright().start()
        await self._current()
        return self

    async def __aexit__(self, *_: object) -> None:
        for browser in {*self._users, *([self._browser] if self._browser else [])}:
            with contextlib.suppress(Exception):
                await browser.close()
        if self._playwright:
            await self._playwright.stop()

    @contextlib.asynccontextmanager
    async def visit(self) -> AsyncIterator[Visit]:
        """A page in a context of its own, closed on the way out, also when the attempt is cancelled.

        Playwright's errors leave the block as BrowserFailed.
        """
        async with self._slots:
            browser = await self._current()
            self._users[browser] = self._users.get(browser, 0) + 1
            context: BrowserContext | None = None
            try:
                context = await self._context(browser)
                gate = PostGate()
                await context.route("**/*", gate)
                await context.route_web_socket("**/*", gate.refuse_socket)
                page = await context.new_page()
                page.set_default_timeout(NAVIGATION_TIMEOUT_MS)
                page.on("dialog", gate.answer_dialog)
                yield Visit(page, gate)
            except playwright.async_api.Error as error:
                raise BrowserFailed(str(error).partition("\n")[0]) from error
            finally:
                if context:
                    # Shielded: a cancelled attempt must not leave its page behind.
                    with contextlib.suppress(Exception):
                        await asyncio.shield(context.close())
                await self._release(browser)

    async def _context(self, browser: Browser) -> BrowserContext:
        return await browser.new_context(
            viewport=_VIEWPORT,  # type: ignore[arg-type]
            user_agent=self._user_agent(browser),
            service_workers="block",
            accept_downloads=False,
        )

    def _user_agent(self, browser: Browser) -> str:
        """Honest: a Chromium, and who drives it."""
        return (
            f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{browser.version} "
            f"Safari/537.36 DirectoryBolt/1.0 (+{self._contact})"
        )

    async def _current(self) -> Browser:
        async with self._starting:
            if self._browser and (not self._browser.is_connected() or self._opened >= _CONTEXTS_PER_BROWSER):
                self._retired.add(self._browser)
                if not self._users.get(self._browser):
                    await self._close(self._browser)
                self._browser = None
            if self._browser is None:
                assert self._playwright is not None, "the pool is used outside its `async with`"
                self._browser = await self._playwright.chromium.launch(
                    executable_path=self._executable,
                    headless=True,
                    # Chromium's sandbox cannot work as root; containers run as an ordinary user.
                    chromium_sandbox=os.geteuid() != 0,
                    args=list(_ARGUMENTS),
                )
                self._opened = 0
            self._opened += 1
            return self._browser

    async def _release(self, browser: Browser) -> None:
        self._users[browser] -= 1
        if not self._users[browser]:
            del self._users[browser]
            if browser in self._retired:
                await self._close(browser)

    async def _close(self, browser: Browser) -> None:
        self._retired.discard(browser)
        with contextlib.suppress(Exception):
            await browser.close()
