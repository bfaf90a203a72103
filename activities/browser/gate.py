"""The gate in front of a page: it lets the page read, and write only once the intent is in the ledger.

This is what makes "nothing was sent" provable: a request that changes something cannot leave before the intent, the
same request cannot leave twice, and none goes to another site than the directory's own.
"""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from urllib.parse import unquote_plus

from playwright.async_api import Dialog, Request, Route, WebSocketRoute

from brain.guard import same_site

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_BOUNDARY = re.compile(rb"-{2,}WebKitFormBoundary\w+")


class PostGate:
    """Remembers in `sent` what left through it after `open`."""

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self._site_url: str | None = None
        self._marks: tuple[str, ...] = ()
        self._seen: set[tuple[str, str, bytes]] = set()
        self._first_sent = asyncio.Event()

    def open(self, site_url: str, marks: Sequence[str]) -> None:
        """From now on the page may write to this site. Call it after the intent is committed, never before.

        `marks` are values of the form by which a form that is sent by GET is told from a page that merely reads.
        """
        self._site_url = site_url
        self._marks = tuple(mark.casefold() for mark in marks if mark)

    def close(self) -> None:
        """The outcome is being read: nothing more may be written."""
        self._site_url = None

    @property
    def submission(self) -> Request | None:
        """Of what was sent, the request that carried the form: the one the page went to, else the last."""
        writes = [request for request in self.sent if request.method not in _SAFE_METHODS] or self.sent
        pages = [request for request in writes if request.is_navigation_request()]
        return next(reversed(pages or writes), None)

    async def answer_dialog(self, dialog: Dialog) -> None:
        """A page that asks "really send?" is told yes once the intent is written, and no before."""
        if self._site_url or dialog.type in ("alert", "beforeunload"):
            await dialog.accept()
        else:
            await dialog.dismiss()

    async def refuse_socket(self, socket: WebSocketRoute) -> None:
        """No page gets a web socket: what goes through one could not be told from a submission."""
        await socket.close()

    async def wait_for_post(self, timeout_s: float) -> None:
        """Return when a request that changes something has left, or none did in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first_sent.wait(), timeout_s)

    async def __call__(self, route: Route) -> None:
        request = route.request
        if request.method in _SAFE_METHODS and not self._carries_form(request):
            await route.continue_()
            return
        # A script that sends a form twice gives every multipart body a boundary of its own.
        body = _BOUNDARY.sub(b"", request.post_data_buffer or b"")
        fingerprint = (request.method, request.url, body)
        # Beacons ("ping") report to somebody; they never carry a submission.
        wanted = self._site_url and request.resource_type != "ping" and same_site(request.url, self._site_url)
        if not wanted or fingerprint in self._seen:
            await _hold_back(route)
            return
        self._seen.add(fingerprint)
        self.sent.append(request)
        self._first_sent.set()
        await route.continue_()

    def _carries_form(self, request: Request) -> bool:
        """True for a request that reads by its method, and takes the form's values along all the same."""
        if self._site_url is None or "?" not in request.url:
            return False
        said = unquote_plus(request.url).casefold()
        return any(mark in said for mark in self._marks)


async def _hold_back(route: Route) -> None:
    """An aborted navigation would take the page away: one without content leaves it as it is."""
    if route.request.is_navigation_request():
        await route.fulfill(status=204)
    else:
        await route.abort("blockedbyclient")
