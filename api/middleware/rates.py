"""How often one client may ask for what: tight where others pay for it (mails, Stripe, signing in), wide elsewhere.

A client is an address (of an IPv6 one, its network), whatever it shows: who could name themselves anew with each
request would never be counted. The counts are of one process and are gone with it: they are there against floods and
mistakes, not for bookkeeping. Stripe's webhook is not counted: its
signature lets in nobody else.
"""

import ipaddress
import re

from limits import RateLimitItem
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.middleware.origins import SAFE
from api.middleware.site import services_of
from api.rates import Group
from schema.problems import Problem

_TIGHT = (
    ("POST", re.compile(r"/staff/sign-in.*"), Group.of("sign-in", "10/minute; 60/hour")),
    ("GET", re.compile(r"/staff/sign-in/.+"), Group.of("sign-in", "30/minute")),
    ("POST", re.compile(r"(/api)?/links"), Group.of("links", "5/minute; 20/hour")),
    ("GET", re.compile(r"/l/.*"), Group.of("open-link", "60/minute")),
    ("POST", re.compile(r"/api/checkout"), Group.of("checkout", "20/minute; 200/hour")),
    # Without script a draft is saved by it too, step by step.
    ("POST", re.compile(r"/checkout"), Group.of("checkout-form", "60/minute")),
    # A picture takes a second to be written anew, and a megabyte to be kept.
    ("POST", re.compile(r"/api/drafts/logo"), Group.of("logo", "30/minute; 200/hour")),
    ("GET", re.compile(r"/api/jobs/[^/]+/report\.pdf"), Group.of("print", "30/minute")),
)
_READS = Group.of("read", "20000/minute")
_WRITES = Group.of("write", "1200/minute")
_UNCOUNTED = ("/api/webhooks/", "/health", "/ready", "/static/")


class RateLimits:
    """Answers 429 to whoever asks too often, and tells everybody how much they have left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services = services_of(scope) if scope["type"] == "http" else None
        if services is None or scope["path"].startswith(_UNCOUNTED):
            await self._app(scope, receive, send)
            return
        group = group_of(scope["method"], scope["path"])
        client = _network(scope["client"][0]) if scope.get("client") else ""
        broken = services.rates.hit(group, client)
        limit = broken or group.limits[0]
        remaining, seconds = services.rates.left(limit, group, client)
        said = {
            "RateLimit-Policy": f'"{group.name}";q={limit.amount};w={limit.get_expiry()}',
            "RateLimit": f'"{group.name}";r={remaining};t={seconds}',
        }
        if broken is not None:
            why = f"No more than {broken.amount} such requests in {_span(broken)}: come again in {seconds} s."
            problem = Problem(title="Too Many Requests", status=429, detail=why)
            refused = errors.answer(Request(scope), problem, {"Retry-After": str(seconds), **said})
            await refused(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(said)
            await send(message)

        await self._app(scope, receive, tell)


def group_of(method: str, path: str) -> Group:
    """As what a request is counted."""
    # The router takes a line break at the end for the end.
    path = path.rstrip("\n")
    for of_method, pattern, group in _TIGHT:
        if method == of_method and pattern.fullmatch(path):
            return group
    return _READS if method in SAFE else _WRITES


def _network(host: str) -> str:
    """Of IPv6 everybody has a whole network of addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else host


def _span(limit: RateLimitItem) -> str:
    seconds = limit.get_expiry()
    return f"{seconds // 60} minutes" if seconds > 60 else f"{seconds} seconds"
