"""Mails to customers: which there are, and what one is told in them. The words are in `activities.letters`."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.job import JobCounts, JobStatus, Tier


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


class Recipient(Contract):
    """To whom a mail goes."""

    email: str
    name: str = ""


class MailedAction(Contract):
    """Something that the customer must do about one directory, until its deadline."""

    directory: str
    deadline_at: datetime


class MailedJob(Contract):
    """A job as a mail tells of it. `stopped`: it was refunded or disputed, and nothing more is sent."""

    job_id: UUID
    business_name: str
    tier: Tier
    status: JobStatus
    counts: JobCounts
    created_at: datetime
    stopped: bool = False
