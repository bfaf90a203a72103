"""Two origins on one small server: the directory, and somewhere else that must never hear of the customer.

A raw HTTP server, as in tests/activities/site.py, that writes down whatever arrives.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from tests.brain.hostile.attack import ELSEWHERE, ELSEWHERE_WITHOUT_SCHEME, Attack

_THANKS = "<!doctype html><title>Thanks</title><h1>Thank you!</h1><p>Your listing has been submitted.</p>"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request: `said` is its address and body, decoded; `page` the last part of its referrer's address."""

    host: str
    method: str
    said: str
    page: str


@dataclass(slots=True)
class Origins:
    """`home` and `elsewhere` end in a slash; they differ in their host only."""

    attacks: Mapping[str, Attack]
    home: str = ""
    elsewhere: str = ""
    arrived: list[Arrived] = field(default_factory=list)

    def posts(self, name: str) -> list[Arrived]:
        """What was written to the directory from the page of this name."""
        return [a for a in self.arrived if a.host == "127.0.0.1" and a.method != "GET" and a.page == name]

    def leaked(self, marks: tuple[str, ...]) -> list[Arrived]:
        """What came elsewhere though it changes something or tells of the customer."""
        strange = [a for a in self.arrived if a.host != "127.0.0.1"]
        return [a for a in strange if a.method not in ("GET", "HEAD", "OPTIONS") or any(m in a.said for m in marks)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in head.split("\r\n"))}
            method, path, _ = head.split(" ", 2)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            said = f"{unquote_plus(path)} {unquote_plus(body.decode('utf-8', 'replace'))}"
            referrer = headers.get("referer", "").partition("?")[0].rpartition("/")[2]
            self.arrived.append(Arrived(headers["host"].partition(":")[0], method, said, referrer))
            content = self._page(path.partition("?")[0].rpartition("/")[2]).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nAccess-Control-Allow-Origin: *\r\n"
                + f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
                + content
            )
            await writer.drain()
        writer.close()

    def _page(self, name: str) -> str:
        attack = self.attacks.get(name)
        if attack is None:
            return _THANKS
        elsewhere = self.elsewhere.rstrip("/")
        return attack.html.replace(ELSEWHERE_WITHOUT_SCHEME, elsewhere.partition(":")[2]).replace(ELSEWHERE, elsewhere)


@contextlib.asynccontextmanager
async def open_origins(attacks: Mapping[str, Attack]) -> AsyncIterator[Origins]:
    """Serving until the end of the block."""
    origins = Origins(attacks)
    server = await asyncio.start_server(origins.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    origins.home, origins.elsewhere = f"http://127.0.0.1:{port}/", f"http://localhost:{port}/"
    async with server:
        yield origins
