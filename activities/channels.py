"""How staff are reached: the log, a webhook in Slack's format, and e-mail. A channel says what it is given, once.

Addresses and URLs of channels are secrets: no error that leaves here holds one.
"""

import contextlib
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from typing import Protocol

import httpx
import structlog

from activities.smtp import MailFailed, MailServer
from schema.contracts.alert import Notice, Word

_PATIENCE_S = 10.0
_MOST_LINES = 30
"""Lines of one message: whoever is told more at once is told how many more."""

_log = structlog.get_logger("directorybolt.alerts")


class ChannelFailed(Exception):
    """The channel did not take the notices; the text says why, without its address."""


class Channel(Protocol):
    """Where notices go. `send` takes all of them or raises ChannelFailed."""

    @property
    def name(self) -> str: ...

    async def send(self, notices: Sequence[Notice]) -> None: ...


class LogChannel:
    """One line per notice in the worker's own log."""

    name = "log"

    async def send(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            say = _log.error if notice.word is Word.RAISED else _log.info
            say(f"alert {notice.word}", key=notice.key, text=notice.text)


class SlackChannel:
    """An incoming webhook of Slack, or of anything that takes its format (Mattermost, Rocket.Chat, Discord)."""

    name = "slack"

    def __init__(self, webhook_url: str) -> None:
        self._webhook_url = webhook_url

    async def send(self, notices: Sequence[Notice]) -> None:
        text = "\n".join(_lines(notices)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        with _failing():
            async with httpx.AsyncClient(timeout=_PATIENCE_S) as client:
                answer = await client.post(self._webhook_url, json={"text": text})
        if not answer.is_success:
            raise ChannelFailed(f"The webhook answered HTTP {answer.status_code}.")


class EmailChannel:
    """One message to all recipients. `smtp_url`: smtp://user:password@host:587, or smtps:// for TLS from the start."""

    name = "email"

    def __init__(self, smtp_url: str, sender: str, recipients: Sequence[str]) -> None:
        self._server = MailServer(smtp_url)
        self._sender = sender
        self._recipients = tuple(recipients)

    async def send(self, notices: Sequence[Notice]) -> None:
        message = EmailMessage()
        message["From"], message["To"] = self._sender, ", ".join(self._recipients)
        message["Subject"] = f"DirectoryBolt: {_subject(notices)}"
        message.set_content("\n\n".join(_lines(notices)) + "\n")
        try:
            await self._server.send(message, self._sender, self._recipients)
        except MailFailed as error:
            raise ChannelFailed(str(error)) from None


def _lines(notices: Sequence[Notice]) -> list[str]:
    lines = [f"{'Resolved: ' if notice.word is Word.RESOLVED else ''}{notice.text}" for notice in notices]
    more = len(lines) - _MOST_LINES
    return lines if more <= 0 else [*lines[:_MOST_LINES], f"… and {more} more: `directorybolt alerts list`."]


def _subject(notices: Sequence[Notice]) -> str:
    first, *others = _lines(notices[:1]) + [notice.key for notice in notices[1:]]
    return f"{first.partition(': ')[0]}{f' (and {len(others)} more)' if others else ''}"


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    """Turns what goes wrong with a webhook into ChannelFailed, without its address."""
    try:
        yield
    except (TimeoutError, httpx.TimeoutException):
        raise ChannelFailed("No answer in time.") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise ChannelFailed(f"It cannot be reached ({type(error).__name__}).") from None
