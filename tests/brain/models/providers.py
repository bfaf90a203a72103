"""A provider's API on this machine, in its real wire format: it answers as it is told to and keeps every request.

A raw HTTP server, so that it can also hang up or say nothing.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


@dataclass(frozen=True, slots=True)
class Scripted:
    """`status` None: the connection is cut. `text` is the whole body as it leaves."""

    text: str
    status: int | None = 200
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0


Script = Callable[[Request], Scripted]


@dataclass(slots=True)
class Provider:
    """`script` says what each request is answered with."""

    script: Script
    url: str = ""
    requests: list[Request] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in head.split("\r\n"))}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            request = Request(head.split(" ")[1], headers, body)
            self.requests.append(request)
            answer = self.script(request)
            await asyncio.sleep(answer.after_s)
            if answer.status is not None:
                writer.write(_http(answer))
                await writer.drain()
        writer.close()


def _http(answer: Scripted) -> bytes:
    assert answer.status is not None
    body = answer.text.encode()
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Overloaded"
    headers = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
    lines = [f"{name}: {value}" for name, value in (headers | answer.headers).items()]
    return "\r\n".join([f"HTTP/1.1 {answer.status} {reason}", *lines, "", ""]).encode() + body


@contextlib.asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Provider]:
    provider = Provider(script)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.close()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one provider writes an answer, and where in a request it finds what it was shown."""

    name: str
    model: str
    said: Callable[..., str]
    overloaded: Scripted
    limited: Scripted
    broken: Scripted
    cut_short: Callable[[str], str]
    declined: str
    material: Callable[[Request], str]
    schema: Callable[[Request], dict[str, Any]]


def _message(text: str, stop: str = "end_turn", *, tokens: tuple[int, int] = (1_000, 100)) -> str:
    return json.dumps(
        {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": "claude-haiku-5-5",
            # A model may think first: its thoughts are no part of the answer.
            "content": [
                {"type": "thinking", "thinking": "", "signature": "c2ln"},
                *([{"type": "text", "text": text}] if text else []),
            ],
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": tokens[0], "output_tokens": tokens[1]},
        }
    )


def _anthropic_error(status: int, kind: str, **headers: str) -> Scripted:
    body = {"type": "error", "error": {"type": kind, "message": kind}, "request_id": "req_01"}
    return Scripted(json.dumps(body), status, {name.replace("_", "-"): value for name, value in headers.items()})


ANTHROPIC = Dialect(
    name="anthropic",
    model="claude-haiku-5-5",
    said=_message,
    overloaded=_anthropic_error(529, "overloaded_error"),
    limited=_anthropic_error(429, "rate_limit_error", retry_after="30"),
    broken=_anthropic_error(500, "api_error"),
    cut_short=lambda text: _message(text, "max_tokens"),
    declined=_message("", "refusal"),
    material=lambda request: str(request.json["messages"][0]["content"]),
    schema=lambda request: dict(request.json["output_config"]["format"]["schema"]),
)


def _content(text: str, finish: str = "STOP", *, tokens: tuple[int, int] = (1_000, 100)) -> str:
    return json.dumps(
        {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": text}]},
                    "finishReason": finish,
                    "index": 0,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": tokens[0],
                "candidatesTokenCount": tokens[1] - 40,
                "thoughtsTokenCount": 40,
                "totalTokenCount": sum(tokens),
            },
            "modelVersion": "gemini-3.8-flash",
            "responseId": "r1",
        }
    )


def _google_error(code: int, status: str, **headers: str) -> Scripted:
    body = {"error": {"code": code, "message": status, "status": status}}
    return Scripted(json.dumps(body), code, {name.replace("_", "-"): value for name, value in headers.items()})


_BLOCKED = {
    "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
    "usageMetadata": {"promptTokenCount": 1_000, "totalTokenCount": 1_000},
    "modelVersion": "gemini-3.8-flash",
}

GOOGLE = Dialect(
    name="google",
    model="gemini-3.8-flash",
    said=_content,
    overloaded=_google_error(503, "UNAVAILABLE"),
    limited=_google_error(429, "RESOURCE_EXHAUSTED", retry_after="30"),
    broken=_google_error(500, "INTERNAL"),
    cut_short=lambda text: _content(text, "MAX_TOKENS"),
    declined=json.dumps(_BLOCKED),
    material=lambda request: str(request.json["contents"][0]["parts"][0]["text"]),
    schema=lambda request: dict(request.json["generationConfig"]["responseJsonSchema"]),
)
