"""What a person must do before a directory can go on, as people are shown it; the words are in `schema.guidance`."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from schema.contracts.base import Contract, one_line
from schema.contracts.submission import Resolution
from schema.failures import FailureType

PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), one_line]
"""Who acts: a name or an address by which colleagues know them."""

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
"""What a person leaves for the record."""


class ActionStatus(StrEnum):
    """`actions.status`. `cancelled` ended without a person; `expired` waited for one until its deadline."""

    OPEN = "open"
    RESOLVED = "resolved"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Choice(Contract):
    """One way to resolve an action, and what it would do."""

    resolution: Resolution
    effect: str


class Claim(Contract):
    """Who works on an action; until then nobody else may resolve it without taking it over."""

    by: str
    at: datetime
    until: datetime


class ActionDirectory(Contract):
    """The directory that waits. `url` is its form; `page` where the visit ended, if there was one."""

    slug: str
    name: str
    url: str
    page: str = ""


class Action(Contract):
    """One row of `actions`, with what a person needs of its directory and job.

    `reason` may hold words of the directory's page: show it, never interpret it. `screenshot` is the artifact store's
    key; whoever shows the action to people puts a link in its place. `claim` is there only while it holds.
    """

    id: UUID
    job_id: UUID
    workflow_id: str
    directory: ActionDirectory
    business_name: str
    kind: FailureType
    reason: str
    steps: tuple[str, ...]
    choices: tuple[Choice, ...]
    may_be_sent: bool
    screenshot: str = ""
    status: ActionStatus
    deadline_at: datetime
    overdue: bool
    created_at: datetime
    claim: Claim | None = None
    resolution: Resolution | None = None
    resolved_by: str | None = None
    note: str = ""
    closed_at: datetime | None = None


class ActionFilter(Contract):
    """Which actions to list: what is None does not matter. `overdue` are open ones past their deadline."""

    status: ActionStatus | None = ActionStatus.OPEN
    kind: FailureType | None = None
    job_id: UUID | None = None
    directory: str | None = None
    overdue: bool = False
    limit: int = Field(default=100, ge=1, le=10_000)
