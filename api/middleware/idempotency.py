"""`Idempotency-Key`: a request that changes something, asked again because its answer was lost, is carried out once.

The first good answer is kept for a day and given again to the same caller for the same request. An error is not
kept: nothing was done, and the next try may do it. Kept answers are sealed with the caller's own credentials and key,
of which the database has hashes alone: whoever reads it learns nothing from them.
"""

import dataclasses
import hashlib
import json
import os
import re
from base64 import b64decode, b64encode
from http import HTTPStatus
from typing import Self

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.auth import SESSION_COOKIE
from api.dependencies import Services
from api.middleware.origins import SAFE
from api.middleware.site import services_of
from schema.problems import RequestRefused
from schema.store import idempotency, links, sessions, tokens
from schema.store.database import AWAY

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY_PATTERN = r"^[!-~]{8,255}$"
_NONCE_BYTES = 12
_KEPT_HEADERS = frozenset({"content-type", "location", "set-cookie"})

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class _Answer:
    """What is given again."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def packed(self) -> bytes:
        return json.dumps([self.status, self.headers, b64encode(self.body).decode()]).encode()

    @classmethod
    def unpacked(cls, data: bytes) -> Self:
        status, headers, body = json.loads(data)
        return cls(status, tuple((name, value) for name, value in headers), b64decode(body))

    def again(self) -> Response:
        response = Response(self.body, self.status)
        response.raw_headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        response.headers[REPLAYED] = "true"
        return response


class _Asked:
    """One request under a key: what the database knows it by, and what its answer is sealed with."""

    def __init__(self, scope: Scope, key: str) -> None:
        headers = Headers(scope=scope)
        # Both: a scheme that is none of ours lets nobody in, and the cookie beside it does.
        who = [headers.get("authorization"), headers.get("cookie")]
        named = json.dumps([who, scope["method"], scope["path"], scope["query_string"].decode("latin-1"), key]).encode()
        self.id = hashlib.sha256(b"id" + named).digest()
        self._seal = AESGCM(hashlib.sha256(b"seal" + named).digest())

    def sealed(self, answer: _Answer) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, answer.packed(), None)

    def opened(self, sealed: bytes) -> _Answer:
        return _Answer.unpacked(self._seal.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None))


class IdempotencyKeys:
    """Carries out once what is asked twice under one key; without a key nothing changes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services = services_of(scope) if scope["type"] == "http" else None
        key = Headers(scope=scope).get(HEADER) if services else None
        if services is None or key is None or scope["method"] in SAFE or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        if not re.match(KEY_PATTERN, key):
            raise RequestRefused(f"header.{HEADER}", "must be 8 to 255 visible characters, such as a UUID")
        body = await Request(scope, receive).body()
        asked = _Asked(scope, key)
        claim = await idempotency.claim(services.pool, asked.id, sent := hashlib.sha256(body).digest())
        if claim.ours:
            await self._carry_out(services, asked, scope, _again(body, receive), send)
        elif claim.sent != sent:
            raise RequestRefused(
                f"header.{HEADER}", "was used for another request: every request needs a key of its own"
            )
        elif claim.answer is None:
            raise HTTPException(
                HTTPStatus.CONFLICT, "The same request is being carried out right now.", {"Retry-After": "1"}
            )
        elif await _still_known(services, Request(scope)):
            await asked.opened(claim.answer).again()(scope, receive, send)
        else:
            # They are told so by the route itself.
            await self._app(scope, _again(body, receive), send)

    async def _carry_out(self, services: Services, asked: _Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer is kept before it is sent: who has got it once gets the same again."""
        got: list[Message] = []

        async def collect(message: Message) -> None:
            got.append(message)

        kept = False
        try:
            await self._app(scope, receive, collect)
            kept = bool(got) and got[0]["status"] < HTTPStatus.BAD_REQUEST
            if kept:
                await idempotency.keep(services.pool, asked.id, asked.sealed(_answer(got)))
        except AWAY:
            if not kept:
                raise
            # It is done, and the caller is told so; only that it cannot be told again.
            _log.warning("an answer could not be kept")
        finally:
            if not kept:
                await _give_back(services, asked)
        for message in got:
            await send(message)


async def _still_known(services: Services, request: Request) -> bool:
    """Whether what is shown would still let its bearer in: an answer is not given again to who was shut out since."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bool(await tokens.find(services.pool, secret) or await links.find(services.pool, secret))
    session = request.cookies.get(SESSION_COOKIE)
    return session is None or await sessions.find(services.pool, session) is not None


async def _give_back(services: Services, asked: _Asked) -> None:
    try:
        await idempotency.give_back(services.pool, asked.id)
    except AWAY:
        _log.warning("a key could not be given back: it is free again in two minutes")


def _answer(got: list[Message]) -> _Answer:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in got[0]["headers"]
        if name.decode("latin-1").lower() in _KEPT_HEADERS
    )
    return _Answer(got[0]["status"], headers, b"".join(message.get("body", b"") for message in got[1:]))


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, and after it whatever else comes."""
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give
