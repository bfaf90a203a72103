"""A directory of one page, made in the test: it shows the form it is told to, and answers as it is told to.

A raw HTTP server, so that it can also do what web frameworks never do: hang up, or say nothing at all.
"""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs

from tests.serving import address, serving

FORM = """
<h1>Add your business</h1>
<form method="post" action="/add">
  <label>Business name <input name="name" required></label>
  <label>Email <input name="email" type="email" required></label>
  <label>Phone <input name="phone" type="tel"></label>
  <label>Website <input name="website" type="url"></label>
  <label>City <input name="city"></label>
  <button>Submit listing</button>
</form>
"""
THANKS = "<h1>Thank you</h1><p>Your listing has been submitted and will be online soon.</p>"


@dataclass(frozen=True, slots=True)
class Post:
    """What arrived: method, path with its query, and body."""

    method: str
    path: str
    body: bytes

    @property
    def fields(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: no answer, the connection is cut at once."""

    html: str = THANKS
    status: int | None = 200
    after_s: float = 0


HANG_UP = Answer(status=None)

Hook = Callable[[Post], Awaitable[None]]


@dataclass(slots=True)
class Site:
    """`on_visit` and `on_post` run before the answer leaves. Answers are taken in order; the last one stays.

    `pages` are other pages of the directory, by how their address begins.
    """

    url: str = ""
    form: str = FORM
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    robots: Answer = Answer("", 404)
    pages: dict[str, Answer] = field(default_factory=dict)
    on_visit: Hook | None = None
    on_post: Hook | None = None
    visits: int = 0
    posts: list[Post] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    socket_bytes: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in head.split("\r\n"))}
            method, path, _ = head.split(" ", 2)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            if "websocket" in headers.get("upgrade", ""):
                await self._listen(reader, writer, headers["sec-websocket-key"])
                return
            answer = await self._answer(Post(method, path, body))
            if answer.status is None:
                writer.transport.abort()
                return
            await asyncio.sleep(answer.after_s)
            content = f"<!doctype html><title>Directory</title>{answer.html}".encode()
            line = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
            rest = f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(content)}\r\n"
            writer.write(f"{line}{rest}Connection: close\r\n\r\n".encode() + content)
            await writer.drain()
        writer.close()

    async def _answer(self, request: Post) -> Answer:
        if request.method == "GET" and request.path == "/":
            self.visits += 1
            if self.on_visit:
                await self.on_visit(request)
            return Answer(self.form)
        if request.path == "/robots.txt":
            return self.robots
        if request.method in ("GET", "HEAD"):
            self.queries.append(request.path)
            if page := next((page for start, page in self.pages.items() if request.path.startswith(start)), None):
                return page
            return Answer() if request.path.startswith("/add") else Answer("", 404)
        self.posts.append(request)
        if self.on_post:
            await self.on_post(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
        lines = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept.decode()}"
        writer.write(f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n\r\n".encode())
        while data := await reader.read(4096):
            self.socket_bytes += len(data)


@contextlib.asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    site = Site()
    async with serving(site.serve) as server:
        site.url = f"http://{address(server)}/"
        yield site
