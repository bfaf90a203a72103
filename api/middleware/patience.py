"""The longest that somebody waits for a page: where a part hangs instead of being away, they are told so all the same.

Only what is read: what is written is carried to its end, and each service knows how long that may take.
"""

import asyncio

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.middleware.origins import SAFE

_PATIENCE_S = 8.0
"""Less than our own pages wait for an answer: 10 s."""

_SLOW = "/report.pdf"
"""Printing takes longer, and has a limit of its own."""

_log = structlog.get_logger(__name__)


class Patience:
    """Answers 503 in place of a route that has not begun to. What hangs is left behind: to cancel it would hang too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._told: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in SAFE or scope["path"].endswith(_SLOW):
            await self._app(scope, receive, send)
            return
        late = False

        def give_up() -> None:
            nonlocal late
            late = True
            _log.warning("a part does not answer")
            telling = asyncio.create_task(errors.too_late(Request(scope))(scope, receive, send))
            self._told.add(telling)
            telling.add_done_callback(self._told.discard)

        async def in_time(message: Message) -> None:
            patience.cancel()
            if not late:
                await send(message)

        patience = asyncio.get_running_loop().call_later(_PATIENCE_S, give_up)
        try:
            await self._app(scope, receive, in_time)
        except Exception:
            # They have their answer; whatever it was, it came too late to be told.
            if not late:
                raise
        finally:
            patience.cancel()
