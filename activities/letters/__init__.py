"""Mails to customers as messages: the words of `activities.letters.words` in two layouts, and the header.

Pure: what is told comes in as values, links included. What customers wrote (a business's name) is escaped in the HTML
and is one line in the header, so that it can neither be a tag nor another header field.
"""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from activities.letters.words import LinkedJob, Words, about
from schema.contracts.mail import Mail, MailedAction, Recipient
from schema.spelling import one_line

_ENVIRONMENT = Environment(
    loader=PackageLoader(__name__, "."),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class NoSuchAddress(Exception):
    """What we know of the customer is no e-mail address: nothing can be sent there."""


@dataclasses.dataclass(frozen=True, slots=True)
class Letterhead:
    """From whom customers' mails come, whom they may answer, and where the site is."""

    sender: str
    public_url: str
    support_email: str | None = None

    def message_id(self, mail_id: UUID) -> str:
        """The same for the same mail: one that was sent twice after a crash can be told as one."""
        return f"<{mail_id}@{self.sender.rpartition('@')[2]}>"


def write(
    letterhead: Letterhead, mail: Mail, to: Recipient, jobs: Sequence[LinkedJob], to_do: Sequence[MailedAction]
) -> EmailMessage:
    """The whole message. Raises NoSuchAddress."""
    words = about(mail, jobs, to_do)
    message = EmailMessage()
    message["From"] = Address("DirectoryBolt", addr_spec=letterhead.sender)
    message["To"] = _address(to)
    message["Subject"] = one_line(words.subject)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = letterhead.message_id(mail.id)
    # No out-of-office reply wants to answer this (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if letterhead.support_email:
        message["Reply-To"] = Address(addr_spec=letterhead.support_email)
    message.set_content(_in("letter.txt", words, letterhead, to), cte="quoted-printable")
    message.add_alternative(_in("letter.html", words, letterhead, to), subtype="html", cte="quoted-printable")
    return message


def _in(layout: str, words: Words, letterhead: Letterhead, to: Recipient) -> str:
    return _ENVIRONMENT.get_template(layout).render(words=words, letterhead=letterhead, name=one_line(to.name))


def _address(to: Recipient) -> Address:
    """One address and nothing else: no list, no second header field, and no name that anybody may have typed."""
    try:
        return Address(addr_spec=to.email)
    except (ValueError, HeaderParseError, IndexError):
        raise NoSuchAddress("The customer's address is none.") from None
