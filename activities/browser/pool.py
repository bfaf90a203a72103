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
from playwright.async_api import Browser, BrowserContext, Dialog, Page, Playwright, Request, Route, async_playwright

from activities.boundary import ActivityFailure
from brain.guard import same_site
from schema.failures import FailureType

_CONTEXTS_PER_BROWSER = 200
_VIEWPORT = {"width": 1280, "height": 900}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
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


class PostGate:
    """Lets a page read, and write only after `open`; remembers what was written and how it was answered.

    This is what makes "nothing was sent" provable: a request that changes something cannot leave before the intent
    is in the ledger, the same request cannot leave twice, and none goes to another site than the directory's own.
    """

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self._site_url: str | None = None
        self._seen: set[tuple[str, str, bytes | None]] = set()
        self._first_sent = asyncio.Event()

    def open(self, site_url: str) -> None:
        """From now on the page may write to this site. Call it after the intent is committed, never before."""
        self._site_url = site_url

    def close(self) -> None:
        """The outcome is being read: nothing more may be written."""
        self._site_url = None

    @property
    def submission(self) -> Request | None:
        """Of what was sent, the request that carried the form: the one the page went to, else the last."""
        pages = [request for request in self.sent if request.is_navigation_request()]
        return next(reversed(pages or self.sent), None)

    async def answer_dialog(self, dialog: Dialog) -> None:
        """A page that asks "really send?" is told yes once the intent is written, and no before."""
        if self._site_url or dialog.type in ("alert", "beforeunload"):
            await dialog.accept()
        else:
            await dialog.dismiss()

    async def wait_for_post(self, timeout_s: float) -> None:
        """Return when a request that changes something has left, or none did in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first_sent.wait(), timeout_s)

    async def __call__(self, route: Route) -> None:
        request = route.request
        if request.method in _SAFE_METHODS:
            await route.continue_()
            return
        fingerprint = (request.method, request.url, request.post_data_buffer)
        # Beacons ("ping") report to somebody; they never carry a submission.
        wanted = self._site_url and request.resource_type != "ping" and same_site(request.url, self._site_url)
        if not wanted or fingerprint in self._seen:
            await route.abort("blockedbyclient")
            return
        self._seen.add(fingerprint)
        self.sent.append(request)
        self._first_sent.set()
        await route.continue_()


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
