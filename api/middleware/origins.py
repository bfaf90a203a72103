"""Other sites: which may read our API (CORS), and that none acts with a visitor's cookies (CSRF)."""

import functools

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api import errors
from api.dependencies import Site
from api.middleware.requests import REQUEST_ID
from api.middleware.site import site_of
from schema.problems import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_EXPOSED = ("ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotent-Replayed", REQUEST_ID)


class CrossOrigin:
    """Lets the pages of CORS_ORIGINS read our API, never with a visitor's cookies: they bear tokens."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open_to = functools.cache(self._cors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        open_to = site_of(scope).cors_origins if scope["type"] == "http" else ()
        await (self._open_to(open_to) if open_to else self._app)(scope, receive, send)

    def _cors(self, origins: tuple[str, ...]) -> ASGIApp:
        return CORSMiddleware(
            self._app,
            allow_origins=origins,
            allow_methods=("GET", "POST", "PUT", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", REQUEST_ID),
            expose_headers=_EXPOSED,
        )


class SameOrigin:
    """Refuses what another site has a visitor's browser do here.

    `Sec-Fetch-Site` says where a request comes from and no page can forge it; browsers that do not send it (over plain
    HTTP) say `Origin`. Whoever bears a token is no visitor whose browser could be misled.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE:
            why = _refusal(Headers(scope=scope), site_of(scope))
            if why:
                refused = errors.answer(Request(scope), Problem(title="Forbidden", status=403, detail=why))
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refusal(headers: Headers, site: Site) -> str | None:
    """Why a request that changes something is not taken; None where it is."""
    origin, fetched_from, cookie = headers.get("origin"), headers.get("sec-fetch-site"), "cookie" in headers
    if headers.get("authorization", "").lower().startswith("bearer "):
        # No browser adds that by itself, and it decides alone, whatever cookie comes along.
        return None
    if not cookie and origin in site.cors_origins:
        return None
    if fetched_from is not None:
        ours = fetched_from in ("same-origin", "none")
    elif origin is not None:
        ours = origin == site.origin or origin in (f"{scheme}://{headers.get('host')}" for scheme in ("http", "https"))
    else:
        ours = not cookie
    if ours:
        return None
    if origin is None and fetched_from is None:
        return f"A request with a cookie must say that it comes from our own pages: send Origin: {site.origin}."
    return "This came from another site's page, which cannot act here for you: open our own page and try again."
