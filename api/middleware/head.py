"""HEAD: what a GET would be answered, without the body (RFC 9110, section 9.3.2). FastAPI's routes know only GET."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Asks everything below as for a GET; the server, which knows what was asked, sends no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope, receive = {**scope, "method": "GET"}, _gone
        await self._app(scope, receive, send)


async def _gone() -> Message:
    """A stream is over once it has begun: nobody listens."""
    return {"type": "http.disconnect"}
