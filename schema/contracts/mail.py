"""Mails to customers: which there are, and what one is told in them. The words are in `activities.letters`."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.job import JobStatus, Tier
from schema.contracts.progress import StateGroup


class MailKind(StrEnum):
    """`mails.kind`. `done` is sent of every job that ends, however it ended; `links` to who asked for a link again."""

    PAID = "paid"
    ACTION_NEEDED = "action_needed"
    DONE = "done"
    LINKS = "links"


class Mail(Contract):
    """One row of `mails` that a sender has claimed. `tries` counts this one."""

    id: UUID
    kind: MailKind
    customer_id: UUID
    job_id: UUID | None = None
    tries: int


class MailState(StrEnum):
    """What became of a mail. One that waits is tried again by itself; one that was given up is not."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


class PromisedMail(Contract):
    """A mail as staff are shown it: whose it is, but not what is in it."""

    id: UUID
    kind: MailKind
    job_id: UUID | None = None
    state: MailState
    tries: int
    error: str = ""
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None = None


class Recipient(Contract):
    """To whom a mail goes."""

    email: str
    name: str = ""


class MailedAction(Contract):
    """Something that the customer must do about one directory, until its deadline."""

    directory: str
    deadline_at: datetime


class MailedJob(Contract):
    """A job as a mail tells of it. `stopped` says in a sentence why nothing more is sent, where that is so."""

    job_id: UUID
    business_name: str
    tier: Tier
    status: JobStatus
    groups: dict[StateGroup, int]
    created_at: datetime
    stopped: str | None = None

    @property
    def total(self) -> int:
        return sum(self.groups.values())
