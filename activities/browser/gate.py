"""The gate in front of a page: it lets the page read, and write only once the intent is in the ledger.

This is what makes "nothing was sent" provable: a request that changes something cannot leave before the intent, the
same request cannot leave twice, and none goes to another site than the directory's own. Nor does one that reads by its
method and tells of the customer in its address. What a page enciphers it cannot know.
"""

import asyncio
import base64
import contextlib
import dataclasses
import re
import time
from typing import Any, Self
from urllib.parse import unquote_plus, urldefrag

from playwright.async_api import Dialog, Page, Request, Route, WebSocketRoute

from activities.browser.listening import undisturbing
from brain.sites import same_site
from schema.contracts.profile import BusinessProfile

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_BOUNDARY = re.compile(rb"-{2,}WebKitFormBoundary\w+")
_NEVER_CONNECTED = frozenset({"net::ERR_SOCKS_CONNECTION_FAILED", "net::ERR_SOCKS_CONNECTION_HOST_UNREACHABLE"})
"""What the browser says when our way out has no connection for it."""
_FAREWELLS = ("Ping", "Image", "Fetch", "Media", "Other")
"""The types of what outlives its page."""

_SHORTEST_MARK = 5
"""A business called "Go" is named in every other address."""


@dataclasses.dataclass(frozen=True, slots=True)
class Deadline:
    """The moment from which nothing may leave any more.

    By two clocks, whichever is first: the one stands still while the machine sleeps, the other can be set.
    """

    monotonic_s: float
    wall_s: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        return cls(time.monotonic() + seconds, time.time() + seconds)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.monotonic_s or time.time() >= self.wall_s


class PostGate:
    """Remembers in `sent` what left through it after `open`.

    `kept_quiet` is True once the page was kept from telling its own site something.
    """

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.kept_quiet = False
        self._site_url = ""
        self._marks: tuple[str, ...] = ()
        self._asked: set[str] = set()
        self._intent = False
        self._open_until: Deadline | None = None
        self._seen: set[tuple[str, str, bytes]] = set()
        self._first_sent = asyncio.Event()

    def confine(self, site_url: str, profile: BusinessProfile) -> None:
        """From now on the page may hold what is the customer's, and may tell it to nobody. Call it before filling.

        By what is in the profile a form that is sent by GET is told from a page that merely reads.
        """
        plain = [mark for mark in (profile.business_name, profile.email, profile.phone) if len(mark) >= _SHORTEST_MARK]
        self._site_url = site_url
        self._marks = tuple(said.casefold() for mark in plain for said in (mark, *_in_base64(mark)))

    def ask(self, url: str) -> None:
        """This one address may be gone to, whatever it tells: it is where the directory wants to be asked."""
        self._asked.add(_same_however_written(url))

    def open(self, until: Deadline) -> None:
        """From now on the page may write to its site. Call it after the intent is committed, never before.

        `until` is counted from before the intent: a worker that was frozen in between finds the gate closed when it
        wakes, for by then somebody else may have found the directory empty and sent again.
        """
        if not self._site_url:
            raise RuntimeError("The gate does not know yet what it keeps.")
        self._intent, self._open_until = True, until

    def close(self) -> None:
        """The outcome is being read: nothing more may be written."""
        self._open_until = None

    @property
    def late(self) -> bool:
        """It was opened, and its time is over."""
        return self._open_until is not None and self._open_until.over

    @property
    def _open(self) -> bool:
        return self._open_until is not None and not self.late

    @property
    def refused(self) -> bool:
        """What was sent met a closed door, and nothing else was: no connection ever came about, so nothing arrived."""
        return bool(self.sent) and all(request.failure in _NEVER_CONNECTED for request in self.sent)

    @property
    def submission(self) -> Request | None:
        """Of what was sent, the request that carried the form: the one the page went to, else the last."""
        writes = [request for request in self.sent if request.method not in _SAFE_METHODS] or self.sent
        pages = [request for request in writes if request.is_navigation_request()]
        return next(reversed(pages or writes), None)

    @undisturbing
    async def answer_dialog(self, dialog: Dialog) -> None:
        """A page that asks "really send?" is told yes once the intent is written, and no before."""
        answer = dialog.accept if self._open or dialog.type in ("alert", "beforeunload") else dialog.dismiss
        await answer()

    @undisturbing
    async def refuse_socket(self, socket: WebSocketRoute) -> None:
        """No page gets a web socket: what goes through one could not be told from a submission."""
        await socket.close()

    async def watch_farewells(self, page: Page) -> None:
        """What a page sends while it goes away has no document any more, and Playwright lets it pass unasked."""
        session = await page.context.new_cdp_session(page)
        answers: set[asyncio.Task[None]] = set()

        @undisturbing
        async def answer(paused: dict[str, Any]) -> None:
            held = "networkId" not in paused and not self._may_be_said(paused["request"])
            how = ("Fetch.failRequest", {"errorReason": "BlockedByClient"}) if held else ("Fetch.continueRequest", {})
            await session.send(how[0], {"requestId": paused["requestId"], **how[1]})

        def ask(paused: dict[str, Any]) -> None:
            task = asyncio.create_task(answer(paused))
            answers.add(task)
            task.add_done_callback(answers.discard)

        session.on("Fetch.requestPaused", ask)
        await session.send("Fetch.enable", {"patterns": [{"resourceType": kind} for kind in _FAREWELLS]})

    def _may_be_said(self, request: dict[str, Any]) -> bool:
        return request["method"] in _SAFE_METHODS and not self._tells(request["url"])

    async def wait_for_post(self, timeout_s: float) -> None:
        """Return when a request that changes something has left, or none did in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first_sent.wait(), timeout_s)

    @undisturbing
    async def __call__(self, route: Route) -> None:
        request = route.request
        if request.method in _SAFE_METHODS and self._only_reads(request):
            await route.continue_()
            return
        # A script that sends a form twice gives every multipart body a boundary of its own.
        body = _BOUNDARY.sub(b"", request.post_data_buffer or b"")
        fingerprint = (request.method, request.url, body)
        # Beacons ("ping") report to somebody; they never carry a submission.
        wanted = self._open and request.resource_type != "ping" and same_site(request.url, self._site_url)
        if not wanted or fingerprint in self._seen:
            self.kept_quiet |= request.resource_type != "ping" and same_site(request.url, self._site_url)
            await _hold_back(route)
            return
        self._seen.add(fingerprint)
        self.sent.append(request)
        self._first_sent.set()
        await route.continue_()

    def _only_reads(self, request: Request) -> bool:
        """False for a request that reads by its method, and takes the form's values along all the same."""
        if not self._tells(request.url) or _same_however_written(request.url) in self._asked:
            return True
        if not same_site(request.url, self._site_url):
            return False
        # A page may ask its own server whether a name is taken; to go there with it is to send the form.
        return "?" not in request.url or not (self._intent or request.is_navigation_request())

    def _tells(self, url: str) -> bool:
        said = unquote_plus(url).casefold()
        return any(mark in said for mark in self._marks)


def _same_however_written(url: str) -> str:
    """The address without its fragment and without what browsers may write in two ways."""
    return unquote_plus(urldefrag(url).url).rstrip("/").casefold()


def _in_base64(text: str) -> list[str]:
    """What every encoding of a text that holds this one must hold: one for each place it may begin at."""
    raw = text.encode()
    codes = [base64.b64encode(b" " * at + raw).decode()[(0, 2, 3)[at] : -4] for at in range(3)]
    return [code for code in codes if len(code) > _SHORTEST_MARK]


async def _hold_back(route: Route) -> None:
    """An aborted navigation would take the page away: one without content leaves it as it is."""
    if route.request.is_navigation_request():
        await route.fulfill(status=204)
    else:
        await route.abort("blockedbyclient")
