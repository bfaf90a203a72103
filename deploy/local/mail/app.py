"""The mail server and its page, in one process. Mails are kept as a Maildir: any mail program can read it too."""

import asyncio
import email
import email.policy
import mailbox
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import jinja2
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

_SHOWN = 100
_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as the page shows it. `rich` is its HTML, where it has one."""

    to: str
    sender: str
    subject: str
    date: str
    text: str
    rich: str


class _Keeper:
    """aiosmtpd calls it with every mail; the names are aiosmtpd's."""

    def __init__(self, box: mailbox.Maildir) -> None:
        self._box = box

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self._box.add(envelope.content)
        return "250 Kept"


def create_app(folder: Path, host: str, smtp_port: int) -> FastAPI:
    """The page; the mail server listens for as long as the page is served. Mails are kept in `folder`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    box = mailbox.Maildir(folder)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        keeper = _Keeper(box)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(keeper, hostname="localhost", loop=loop), host, smtp_port)
        yield
        server.close()

    app = FastAPI(title="Local mail", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)

    @app.get("/_health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/")
    async def mails() -> HTMLResponse:
        # A file's name begins with the second and the count of its arrival.
        newest = sorted(box.keys(), key=lambda key: (folder / "new" / key).stat().st_mtime_ns, reverse=True)
        shown = [_shown(box.get_bytes(key)) for key in newest[:_SHOWN]]
        return HTMLResponse(_pages.get_template("mails.html").render(mails=shown))

    return app


def _shown(content: bytes) -> Shown:
    message = email.message_from_bytes(content, policy=email.policy.default)
    return Shown(
        to=str(message.get("To", "")),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        date=str(message.get("Date", "")),
        text=_body(message, "plain"),
        rich=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
