"""Entity tags on what is read: whoever has it already is told so, and sent nothing (RFC 9110, section 13).

Only answers that come in one piece: a stream goes through as it is.
"""

import hashlib
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TYPES = ("application/json", "text/html")
_KEPT_IN_304 = frozenset({b"cache-control", b"content-location", b"date", b"etag", b"expires", b"vary", b"set-cookie"})


class EntityTags:
    """Tags every good answer to a GET that is JSON or a page, and answers 304 where the caller has it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def tag(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_tagged(message):
                start = message
                return
            if start is not None:
                begun, start = start, None
                if not message.get("more_body"):
                    message = _tagged(begun, message, Headers(scope=scope))
                await send(begun)
            await send(message)

        await self._app(scope, receive, tag)


def _is_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        start["status"] == HTTPStatus.OK
        and "etag" not in headers
        and headers.get("content-type", "").startswith(_TYPES)
    )


def _tagged(start: Message, body: Message, asked: Headers) -> Message:
    """The body to send; `start` gets its tag, or becomes a 304."""
    tag = f'W/"{hashlib.blake2b(body.get("body", b""), digest_size=16).hexdigest()}"'
    MutableHeaders(scope=start)["ETag"] = tag
    if not _has(asked.get("if-none-match", ""), tag):
        return body
    start["status"] = HTTPStatus.NOT_MODIFIED.value
    start["headers"] = [(name, value) for name, value in start["headers"] if name.lower() in _KEPT_IN_304]
    return {"type": "http.response.body", "body": b""}


def _has(named: str, tag: str) -> bool:
    return named.strip() == "*" or tag in (one.strip() for one in named.split(","))
