"""A message in the dead-letter queue as operators are shown it, and what a redrive makes of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.job import JobStatus


class DeadLetter(Contract):
    """`reason` is why it is there; `rejected` why the bridge would reject it now, empty where it would not."""

    message_id: str
    sent_at: datetime
    reason: str
    rejected: str = ""
    job_id: UUID | None = None
    job_status: JobStatus | None = None


class DeadLetterBody(DeadLetter):
    """With the whole message as it came: anybody may have written it, so show it and never interpret it."""

    body: str


class Redrive(StrEnum):
    """What became of one message."""

    SENT = "sent"
    WOULD_BE_SENT = "would_be_sent"
    REFUSED = "refused"


class Redriven(Contract):
    """`rejected` is why the bridge will reject it again: the reason of a refusal, or what was forced past."""

    message_id: str
    became: Redrive
    rejected: str = ""
    job_id: UUID | None = None
