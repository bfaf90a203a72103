"""How big a request's body may be, route by route; counted as it comes in, whatever its headers promise."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KB = 1024
_MB = 1024 * _KB
_USUAL = 64 * _KB
_BIGGER = (
    ("/api/webhooks/", 1 * _MB),
    # A profile, with its logo.
    ("/api/checkout", 5 * _MB),
    ("/api/drafts", 5 * _MB),
    ("/api/jobs/enqueue", 5 * _MB),
    ("/checkout", 5 * _MB),
)
"""By how the path begins."""


class BodyLimits:
    """Answers 413 to what is too big, before it is read where its length is said, in the middle where it is not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = limit_of(scope["path"])
        said = Headers(scope=scope).get("content-length", "")
        if said.isascii() and said.isdigit() and int(said) > most:
            raise _too_big(most)
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > most:
                raise _too_big(most)
            return message

        await self._app(scope, counted, send)


def limit_of(path: str) -> int:
    """Bytes."""
    return next((most for start, most in _BIGGER if path.startswith(start)), _USUAL)


def _too_big(most: int) -> HTTPException:
    much = f"{most // _MB} MB" if most >= _MB else f"{most // _KB} KB"
    # What is still to come is not read: the connection cannot be used again.
    return HTTPException(413, f"The body may be {much} at most.", headers={"Connection": "close"})
