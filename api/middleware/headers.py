"""Headers that keep an answer where it belongs: in our own pages, and in no cache that others read.

What a route sets itself stays: a stream knows best how it is cached.
"""

import functools
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.dependencies import Site
from api.middleware.site import site_of

_STATIC = "public, max-age=300"
_YEAR_S = 365 * 24 * 3600


class SecurityHeaders:
    """Adds them to every answer that does not bring its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _always(site_of(scope)):
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", _caching(scope, message["status"], headers))
            await send(message)

        await self._app(scope, receive, add)


@functools.cache
def _always(site: Site) -> tuple[tuple[str, str], ...]:
    headers = {
        "Content-Security-Policy": _policy(site),
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer: with that, browsers say `Origin: null` of our own forms.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if site.secure:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"
    return tuple(headers.items())


def _policy(site: Site) -> str:
    """Nothing is loaded from anywhere else, and nothing that stands in a page's text is ever run."""
    artifacts = f" {site.artifact_origin}" if site.artifact_origin else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            # data: and blob: are a logo that is about to be sent.
            f"img-src 'self' data: blob:{artifacts}",
            "connect-src 'self'",
            "font-src 'self'",
            # Browsers hold a form's redirect to this too, and paying is one.
            f"form-action 'self' {site.paying_origin}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _caching(scope: Scope, status: int, headers: Headers) -> str:
    """What is personal is kept by nobody but its reader's own program, and asked after each time."""
    if scope["path"].startswith("/static/"):
        return _STATIC if status < HTTPStatus.BAD_REQUEST else "no-store"
    if scope["method"] not in ("GET", "HEAD") or status not in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
        return "no-store"
    asked = Headers(scope=scope)
    if scope["path"].startswith("/api/"):
        return "private, no-cache"
    # A page with something of somebody in it must not come back on a shared computer by the Back button.
    personal = "cookie" in asked or "authorization" in asked or "set-cookie" in headers
    return "no-store" if personal else "no-cache"
