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

_THROWN_AWAY = 8 * _MB
"""So much more is taken in of what is refused: whoever is still sending when the connection closes never reads why."""


class BodyLimits:
    """Answers 413 to what is too big; nothing of it is kept, nor much of it read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = limit_of(scope["path"])
        headers = Headers(scope=scope)
        said = headers.get("content-length", "")
        if said.isascii() and said.isdigit() and int(said) > most:
            # Who expects our word before sending anything is told at once.
            if "expect" not in headers and int(said) <= _THROWN_AWAY:
                await _throw_away(receive)
            raise _too_big(most)
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > most:
                if message.get("more_body"):
                    await _throw_away(receive)
                raise _too_big(most)
            return message

        await self._app(scope, counted, send)


def limit_of(path: str) -> int:
    """Bytes."""
    return next((most for start, most in _BIGGER if path.startswith(start)), _USUAL)


async def _throw_away(receive: Receive) -> None:
    left = _THROWN_AWAY
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return


def _too_big(most: int) -> HTTPException:
    much = f"{most // _MB} MB" if most >= _MB else f"{most // _KB} KB"
    # More may be to come that nobody reads: the connection cannot be used again.
    return HTTPException(413, f"The body may be {much} at most.", headers={"Connection": "close"})
