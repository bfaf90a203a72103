"""The mailbox where directories write to addresses that the service keeps for its customers. It is only ever read.

It tells of businesses whose profile gives such an address, and of no others.
"""

import asyncio
import email
import email.policy
import html
import imaplib
import re
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from brain.sighting import Mail

_TIMEOUT_S = 15.0
_MOST_MAILS = 20
_MOST_BYTES = 200_000
_SKEW = timedelta(minutes=5)
"""The mail server's clock is another machine's."""

_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")

MAILBOX_ERRORS = (OSError, imaplib.IMAP4.error)
"""What reading it may raise."""


class Mailbox:
    """`url`: imaps://user:password@host:993/folder, or imap:// without TLS for a server on this machine."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)

    async def mails(self, to: str, sender: str, age: timedelta) -> tuple[Mail, ...]:
        """What came to that address from that domain in so long a time, the latest first. Raises `MAILBOX_ERRORS`."""
        if not _PLAIN_ADDRESS.fullmatch(to):
            return ()
        return await asyncio.to_thread(self._mails, to, sender, datetime.now(UTC) - age - _SKEW)

    def _mails(self, to: str, sender: str, since: datetime) -> tuple[Mail, ...]:
        with self._connect() as connection:
            connection.login(unquote(self._parts.username or ""), unquote(self._parts.password or ""))
            # Read-only: nobody else's view of the mailbox changes.
            connection.select(f'"{unquote(self._parts.path.strip("/")) or "INBOX"}"', readonly=True)
            # Days, and the server's own: the hour is looked at afterwards.
            day = imaplib.Time2Internaldate(since - timedelta(days=1))[1:12].strip()
            _, (numbers,) = connection.uid("SEARCH", "SINCE", day, "TO", f'"{to}"', "FROM", f'"{sender}"')
            latest = (numbers or b"").split()[::-1][:_MOST_MAILS]
            return tuple(mail for number in latest for mail in _fetched(connection, number.decode(), since))

    def _connect(self) -> imaplib.IMAP4:
        host = self._parts.hostname or ""
        if self._parts.scheme == "imap":
            return imaplib.IMAP4(host, self._parts.port or 143, timeout=_TIMEOUT_S)
        tls = ssl.create_default_context()
        return imaplib.IMAP4_SSL(host, self._parts.port or 993, ssl_context=tls, timeout=_TIMEOUT_S)


def _fetched(connection: imaplib.IMAP4, number: str, since: datetime) -> Iterator[Mail]:
    """The mail of that number, none if it came before."""
    _, answer = connection.uid("FETCH", number, f"(INTERNALDATE BODY.PEEK[]<0.{_MOST_BYTES}>)")
    about = b" ".join(part[0] if isinstance(part, tuple) else part for part in answer if part)
    arrived = imaplib.Internaldate2tuple(about)
    if arrived is not None and time.mktime(arrived) >= since.timestamp():
        yield from (_read(part[1]) for part in answer if isinstance(part, tuple))


def _read(raw: bytes) -> Mail:
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        [sender] = message["From"].addresses
        return Mail(sender=sender.addr_spec, subject=str(message["Subject"] or ""), text=_text(message))
    except (LookupError, ValueError, TypeError, AttributeError):
        # Headers and bodies that are none: the parser raises one or the other.
        return Mail(sender="")


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    content = str(body.get_content())
    return content if body.get_content_subtype() == "plain" else html.unescape(_TAGS.sub(" ", content))
