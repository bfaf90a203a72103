"""The request's id, its one line in the log, and the answer to whatever went wrong below.

The line names the route, never the address: addresses hold customers' links.
"""

import re
import time
import uuid
from http import HTTPStatus
from typing import Any

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors

REQUEST_ID = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = frozenset({"/health", "/ready", "/static"})
"""Asked every few seconds by machines, or by every page: of these only what goes wrong is logged."""

_log = structlog.get_logger(__name__)


def request_id(given: str) -> str:
    """The caller's own id, so that their log and ours name it alike; a new one where it is no name at all."""
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


class RequestLog:
    """Logs every request once it is over, in milliseconds; a stream is over when it ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if status:
                # Half of an answer is out: cutting the connection is the only way to say that it is not whole.
                raise
            await errors.respond(Request(scope), error)(scope, receive, watch)
        finally:
            _say(scope, status, (time.perf_counter() - began) * 1000)


def _say(scope: Scope, status: int, took_ms: float) -> None:
    route = route_of(scope)
    if route in _QUIET and status < HTTPStatus.BAD_REQUEST:
        return
    said: dict[str, Any] = {"method": scope["method"], "route": route, "status": status, "ms": round(took_ms, 1)}
    _log.info("request", **said)


def route_of(scope: Scope) -> str:
    """The route's template, such as /api/jobs/{job_id}; empty where no route was found."""
    route = scope.get("route")
    if route is not None:
        return str(getattr(route, "path", ""))
    return str(scope.get("root_path", ""))
