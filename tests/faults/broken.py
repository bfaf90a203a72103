"""A directory whose connections break at a given byte of the post, or of its answer; and that counts what arrives.

Its server keeps connections alive as real ones do, unless the browser asks it not to: Chromium repeats a post on a used
connection that breaks, and that would be seen here and nowhere else.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

from tests.activities.site import FORM, THANKS, Post, Site
from tests.serving import address, serving

_FIRST_BYTES = 16
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


class Stage(StrEnum):
    """Where the post breaks, in the order in which it is made."""

    BEFORE_CONNECT = "before the connection"
    AFTER_CONNECT = "after the connection"
    MID_HEADERS = "in the middle of the headers"
    BEFORE_BODY = "between headers and body"
    MID_BODY = "in the middle of the body"
    AFTER_BODY = "after the body, before an answer"
    CLOSED_AFTER_BODY = "after the body, by a polite close"
    MID_ANSWER_HEAD = "in the middle of the answer's headers"
    MID_ANSWER = "in the middle of the answer"


@dataclass(slots=True)
class BrokenSite(Site):
    """Whole until its form was shown to who plans and to who submits. `arrivals` counts posts that began to arrive."""

    stage: Stage | None = None
    arrivals: int = 0
    server: asyncio.Server | None = None

    @property
    def broken(self) -> bool:
        return self.stage is not None and self.visits >= 2

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is over."""
        if self.broken and self.stage is Stage.AFTER_CONNECT:
            return _cut(writer)
        start = await reader.readexactly(_FIRST_BYTES)
        post = start.startswith(b"POST")
        self.arrivals += post
        if post and self.stage is Stage.MID_HEADERS:
            return _cut(writer)
        head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = (line.partition(":") for line in head.split("\r\n"))
        headers = {name.lower(): value.strip() for name, _, value in lines}
        if not post:
            keeps = await _answer(writer, FORM, keep=headers.get("connection") != "close")
            self.visits += head.startswith("GET / ")
            if self.broken and self.stage is Stage.BEFORE_CONNECT and self.server:
                self.server.close()
            return keeps
        return await self._take(reader, writer, int(headers["content-length"]))

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int) -> bool:
        """The post's body, or what of it this directory wants to hear."""
        match self.stage:
            case Stage.BEFORE_BODY:
                return _cut(writer)
            case Stage.MID_BODY:
                await reader.readexactly(length // 2)
                return _cut(writer)
        self.posts.append(Post("POST", "/add", await reader.readexactly(length)))
        match self.stage:
            case Stage.AFTER_BODY:
                return _cut(writer)
            case Stage.CLOSED_AFTER_BODY:
                return False
            case Stage.MID_ANSWER_HEAD:
                return await _half(writer, _HEAD.encode())
            case Stage.MID_ANSWER:
                return await _half(writer, f"{_HEAD}Content-Length: {len(THANKS)}\r\n\r\n{THANKS}".encode())
        return await _answer(writer, THANKS, keep=False)


async def _answer(writer: asyncio.StreamWriter, html: str, *, keep: bool) -> bool:
    content = f"<!doctype html><title>Directory</title>{html}".encode()
    manners = "" if keep else "Connection: close\r\n"
    writer.write(f"{_HEAD}{manners}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    await writer.drain()
    return keep


async def _half(writer: asyncio.StreamWriter, answer: bytes) -> bool:
    writer.write(answer[: -len(THANKS) // 2])
    await writer.drain()
    # A reset takes along what has not been read yet.
    await asyncio.sleep(0.3)
    return _cut(writer)


def _cut(writer: asyncio.StreamWriter) -> bool:
    """Reset the connection, as a broken line or a crashed server does."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


@contextlib.asynccontextmanager
async def open_broken_site() -> AsyncIterator[BrokenSite]:
    site = BrokenSite()
    async with serving(site.serve) as site.server:
        site.url = f"http://{address(site.server)}/"
        yield site
