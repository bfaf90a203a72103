"""How a customer gets to their job without an account."""

from datetime import datetime
from uuid import UUID

from schema.contracts.base import Contract


class Link(Contract):
    """One row of `links`, without its secret, of which there is only the hash. `why` says who was given it, and when.

    `in_force` is by the database's clock: neither revoked nor expired.
    """

    id: UUID
    job_id: UUID
    why: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    in_force: bool


class OpenedJob(Contract):
    """A job that somebody has a link to."""

    job_id: UUID
    business_name: str
    created_at: datetime


class NewLink(Link):
    """What making one answers: the only time that its secret is shown."""

    secret: str


class MadeLink(NewLink):
    """Likewise, with what the customer opens."""

    url: str


def address(public_url: str, secret: str) -> str:
    """What the customer opens. It is a secret itself: it goes into mails, never into logs."""
    return f"{public_url}/l/{secret}"
