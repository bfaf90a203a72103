"""One mail server, as alerts and customers' mails go through it. It hands over a message once, or says why not.

Its address holds a password, and what a server says repeats addresses: no error that leaves here holds either.
"""

import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

_PATIENCE_S = 10.0


class MailFailed(Exception):
    """The server has not taken the message; the text says why. `for_good`: it never will, another time or not."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class MailServer:
    """`url`: smtp://user:password@host:587, or smtps:// for TLS from the start."""

    def __init__(self, url: str) -> None:
        self._server = urlsplit(url)

    async def send(self, message: EmailMessage, sender: str, recipients: Sequence[str]) -> None:
        """Hand the message over to be sent to exactly these recipients. Raises MailFailed."""
        secure = self._server.scheme == "smtps"
        user = self._server.username
        try:
            await aiosmtplib.send(
                message,
                sender=sender,
                recipients=list(recipients),
                hostname=self._server.hostname,
                port=self._server.port,
                username=unquote(user) if user else None,
                password=unquote(self._server.password or "") if user else None,
                use_tls=secure,
                # A password never goes over an open line; without one, TLS is taken where it is offered.
                start_tls=False if secure else True if user else None,
                timeout=_PATIENCE_S,
            )
        except (TimeoutError, aiosmtplib.SMTPTimeoutError):
            raise MailFailed("No answer in time.") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
            for_good = all(_is_for_good(each) for each in refused)
            raise MailFailed(f"The server refused {len(refused)} recipients.", for_good=for_good) from None
        except aiosmtplib.SMTPDataError as error:
            raise MailFailed(f"The server answered {error.code}.", for_good=_is_for_good(error)) from None
        except aiosmtplib.SMTPResponseException as error:
            raise MailFailed(f"The server answered {error.code}.") from None
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError) as error:
            raise MailFailed(f"It cannot be reached ({type(error).__name__}).") from None


def _is_for_good(said: aiosmtplib.SMTPResponseException) -> bool:
    """What the server says of a message or a recipient: 4xx is for now, 5xx for ever (RFC 5321, 4.2.1)."""
    return said.code >= 500
