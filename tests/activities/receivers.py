"""Local ends of the channels that alerts go through: a webhook in Slack's format, and a mail server."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.patience import PATIENCE_S


class Webhook:
    """Answers as Slack does, and keeps what was posted. `status` is what it answers next."""

    SECRET = "T000/B000/s3cret"

    def __init__(self) -> None:
        self.status = 200
        self.posted: list[Any] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = json.loads(await reader.readexactly(length))
        assert head.startswith(b"POST /services/" + self.SECRET.encode())
        if self.status == 200:
            self.posted.append(body)
        writer.write(f"HTTP/1.1 {self.status} Said\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
        await writer.drain()
        writer.close()

    @property
    def texts(self) -> list[str]:
        return [body["text"] for body in self.posted]


class MailDoor(Controller):
    """An SMTP server in a thread of its own, on whatever port the kernel gives it."""

    def __init__(self, handler: object, **options: Any) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=0, ready_timeout=PATIENCE_S, **options)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Mailbox:
    """Takes every mail but those to recipients that begin with `nobody`."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.recipients: list[str] = []
        self.url = ""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return f"550 {address} is unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    @property
    def texts(self) -> list[str]:
        # The server asks for this itself, of all that its handler has: it must not fail for any mail.
        plain = [next(part for part in mail.walk() if not part.is_multipart()) for mail in self.mails]
        return [str(part.get_payload(decode=True), "utf-8").replace("\r\n", "\n") for part in plain]  # type: ignore[arg-type]


@pytest.fixture
async def webhook() -> AsyncIterator[Webhook]:
    made = Webhook()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/services/{made.SECRET}"
    yield made
    server.close()
    with contextlib.suppress(asyncio.CancelledError):
        await server.wait_closed()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    door = MailDoor(made)
    door.start()
    made.url = f"smtp://127.0.0.1:{door.port}"
    yield made
    door.stop()
