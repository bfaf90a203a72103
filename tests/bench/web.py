"""The webhook and the status under load, beside a bare FastAPI on the same machine: 32 connections that never rest.

Every event is another customer's paid order, signed as Stripe signs, and commits a payment, a customer, a job and its
message. Each server is one process; who asks is another.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.local.parts import Piece
from deploy.local.ports import HOST, free_port
from schema.contracts.access import Scope
from schema.store import tokens
from schema.store.database import Pool, open_pool
from tests.api.stripe_wire import add_payment, completed, signed
from tests.bench.figures import Figure
from tests.factories import PROFILE
from tests.stacks import running

_CONNECTIONS = 32
_HELLOS = 6_000
_LOOKS = 2_000
_EVENTS = 2_000
_WARM_UP = 200


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers a second, and how long the slowest of a hundred took, in milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float

    def figures(self, name: str, beside: "Load") -> list[Figure]:
        return [
            Figure(name, self.rate, "1/s", self.rate / beside.rate),
            Figure("… p50", self.p50_ms, "ms", self.p50_ms / beside.p50_ms),
            Figure("… p99", self.p99_ms, "ms", self.p99_ms / beside.p99_ms),
        ]


async def measure(folder: Path) -> list[Figure]:
    """Rates and times, and how many times those of the bare one they are."""
    async with _bare() as port:
        read = await _asked(port, [_request("GET", "/")] * _HELLOS)
        post = await _asked(port, [_request("POST", "/", b'{"id": "evt_1"}')] * _HELLOS)
    pieces = (Piece.POSTGRES, Piece.AWS, Piece.TEMPORAL, Piece.STRIPE, Piece.MIGRATIONS, Piece.QUEUES, Piece.API)
    async with running(folder, *pieces) as stack:
        values = stack.environment.values
        port = int(values["API_PORT"])
        async with await open_pool(values["DATABASE_URL"], 8) as pool:
            token = await tokens.create(pool, "bench", [Scope.READ], "bench")
            looks = [_request("GET", "/api/status", token=token.secret)] * _LOOKS
            status = await _asked(port, looks)
            webhook = await _asked(port, await _events(pool, values["STRIPE_WEBHOOK_SECRETS"]))
            assert await pool.fetchval("select count(*) from jobs") == _EVENTS
    return [
        *read.figures("bare FastAPI, GET", read),
        *status.figures("GET /api/status", read),
        *post.figures("bare FastAPI, POST", post),
        *webhook.figures("POST /api/webhooks/stripe", post),
    ]


async def _events(pool: Pool, secret: str) -> list[bytes]:
    """A signed event for each of as many orders."""
    made: list[bytes] = []
    for first in range(0, _EVENTS, 8):
        profiles = (PROFILE.model_copy(update={"email": f"owner-{first + n}@shop.example"}) for n in range(8))
        for payment_id in await asyncio.gather(*(add_payment(pool, profile=profile) for profile in profiles)):
            body = json.dumps(completed(payment_id))
            made.append(_request("POST", "/api/webhooks/stripe", body.encode(), **signed(body, secret=secret)))
    return made


async def _asked(port: int, requests: Sequence[bytes]) -> Load:
    """All of them over connections that are kept, each asking again as soon as it has its answer."""
    waiting, took = iter(requests), list[float]()
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, waiting, took) for _ in range(_CONNECTIONS)))
    rate = len(took) / (time.perf_counter() - began)
    slowest = sorted(took[_WARM_UP:])
    return Load(rate, slowest[len(slowest) // 2] * 1000, slowest[int(len(slowest) * 0.99)] * 1000)


async def _connection(port: int, waiting: Iterator[bytes], took: list[float]) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    for request in waiting:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        took.append(time.perf_counter() - began)
    writer.close()


def _request(method: str, path: str, body: bytes = b"", *, token: str = "", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in ({"Content-Type": "application/json"} | headers).items()]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join((*lines, "", "")).encode() + body


@contextlib.asynccontextmanager
async def _bare() -> AsyncIterator[int]:
    port = free_port(0, set())
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.bare_web", str(port))
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await client.get(f"http://{HOST}:{port}/")
                    break
                await asyncio.sleep(0.1)
        yield port
    finally:
        process.terminate()
        await process.wait()
