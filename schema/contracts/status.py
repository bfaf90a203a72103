"""How the whole service is, for staff: figures in parts, each with a health of its own.

A part that cannot be looked at says so and keeps its last figure with its age; it never takes the others with it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import Field

from schema.contracts.alert import BreakerOpen
from schema.contracts.base import Contract
from schema.contracts.job import JobStatus, JobSummary, Tier
from schema.contracts.worker import WorkerReport
from schema.failures import FailureType

T = TypeVar("T")


class PartHealth(StrEnum):
    """`degraded`: it works, and somebody should look. `failed`: it does not, or nobody can tell."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


class Part(Contract, Generic[T]):
    """One part of the service. `error` is one sentence, of our own words, and empty where all is well.

    `age_s` is how old the figure is, in seconds; both are None as long as the part could never be looked at.
    """

    health: PartHealth
    error: str = ""
    age_s: float | None = None
    figure: T | None = None


class Window(StrEnum):
    """The times that rates are told of."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"


class Answering(Contract):
    """A server that answers, and how long it took, in milliseconds."""

    answer_ms: float


class QueueFigures(Contract):
    """Messages that wait, as far as SQS knows. One in somebody's hand is not counted."""

    queue: str
    waiting: int
    dead_letter_queue: str
    dead_letters: int


class OutboxFigures(Contract):
    """Messages that were promised and not sent. `in_vain`: sent five times, and still nobody has begun the job."""

    unsent: int
    oldest_at: datetime | None = None
    oldest_s: float = 0
    in_vain: int = 0


class JobFigures(Contract):
    """Jobs by state. `stopping`: to be stopped, for a refund or a dispute, and not ended yet."""

    by_status: dict[JobStatus, int]
    stopping: int = 0


class FailureShare(Contract):
    """How often one failure type ended a directory. `share` is of all that were tried, from 0 to 1."""

    failure: FailureType
    ended: int
    share: float


class Rate(Contract):
    """What ended within a window. `skipped` were never tried, and are in no rate.

    `success_rate` is from 0 to 1, None where nothing was tried.
    """

    ended: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    success_rate: float | None = None
    per_hour: float = 0
    failures: tuple[FailureShare, ...] = ()


class Hour(Contract):
    """What ended within one hour, by the clock."""

    starts_at: datetime
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0


class WorkFigures(Contract):
    """Throughput: by window, and hour by hour through the last day, the oldest first."""

    windows: dict[Window, Rate]
    hours: tuple[Hour, ...]


class DirectoryRate(Contract):
    """One directory over one window; `success_rate` is from 0 to 1, None where nothing was tried."""

    tried: int = 0
    succeeded: int = 0
    success_rate: float | None = None


class Gate(StrEnum):
    """What a directory does at the moment. `off`: inactive, or its terms forbid it."""

    OPEN = "open"
    BUSY = "busy"
    PACED = "paced"
    CAPPED = "capped"
    RESTING = "resting"
    BROKEN = "broken"
    OFF = "off"


class DirectoryStatus(Contract):
    """One directory: how it goes there, how long it takes, and what stands before the next visit.

    `p50_s` and `p95_s` are the seconds from the first visit to the outcome, over seven days, of what no person was
    needed for. `next_slot_at` is None where a visit may begin now. `waiting` counts submissions in line for it.
    `drift` says what has changed on its form and has not been taken since.
    """

    slug: str
    name: str
    active: bool
    gate: Gate
    rates: dict[Window, DirectoryRate]
    p50_s: float | None = None
    p95_s: float | None = None
    failures_in_a_row: int = 0
    resting_until: datetime | None = None
    next_slot_at: datetime | None = None
    interval_ms: int = 0
    daily_cap: int | None = None
    sent_today: int = 0
    waiting: int = 0
    drift: tuple[str, ...] = ()
    drift_at: datetime | None = None

    @property
    def in_trouble(self) -> bool:
        """Whether somebody should look at it."""
        day = self.rates[Window.DAY]
        failing = day.success_rate is not None and day.tried >= _TELLING and day.success_rate < _TOO_LOW
        return self.gate is Gate.BROKEN or bool(self.drift) or failing


_TELLING = 3
_TOO_LOW = 0.5


class WorkerFigures(Contract):
    """`builds` counts the living workers of each build."""

    alive: int
    stale: int
    builds: dict[str, int]
    workers: tuple[WorkerReport, ...] = ()


class OldestAction(Contract):
    """The action that has waited longest for a person; `waits_s` is since when, in seconds."""

    id: UUID
    job_id: UUID
    directory: str
    kind: FailureType
    created_at: datetime
    deadline_at: datetime
    waits_s: float


class ActionFigures(Contract):
    """What waits for a person. `claimed` are those that somebody is at."""

    open: int
    overdue: int
    claimed: int
    oldest: OldestAction | None = None


class PaymentTrouble(Contract):
    """A payment that staff should look at, and why, in a sentence."""

    payment_id: UUID
    job_id: UUID | None = None
    status: str
    disputed: bool
    trouble: str
    created_at: datetime


class PaymentFigures(Contract):
    """Payments of which somebody should know; `latest` are the newest ten of them."""

    mismatched: int
    disputed: int
    troubled: int
    latest: tuple[PaymentTrouble, ...] = ()


class MailFigures(Contract):
    """Mails that are due and not sent. `given_up` are those of the last seven days."""

    due: int
    oldest_due_at: datetime | None = None
    oldest_due_s: float = 0
    given_up: int = 0


class JobLine(JobSummary):
    """A job in a list; `percent` counts what has ended, `stopped` says why it is to stop, if it is."""

    percent: float
    stopped: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None


class FeedEntry(Contract):
    """Something that happened, from the history. `text` says it in plain words, of our own."""

    seq: int
    at: datetime
    event: str
    job_id: UUID | None = None
    business_name: str = ""
    directory: str | None = None
    text: str


class StatusOverview(Contract):
    """The whole service at one glance. `health` is the worst of its parts."""

    at: datetime
    health: PartHealth
    database: Part[Answering]
    temporal: Part[Answering]
    queue: Part[QueueFigures]
    outbox: Part[OutboxFigures]
    jobs: Part[JobFigures]
    work: Part[WorkFigures]
    directories: Part[tuple[DirectoryStatus, ...]]
    workers: Part[WorkerFigures]
    breakers: Part[tuple[BreakerOpen, ...]]
    actions: Part[ActionFigures]
    payments: Part[PaymentFigures]
    mails: Part[MailFigures]


class QueueStatus(Contract):
    """The way of a paid job to its workflow: outbox, queue, dead-letter queue."""

    at: datetime
    outbox: Part[OutboxFigures]
    queue: Part[QueueFigures]


class JobSearch(Contract):
    """Which jobs to list, the newest first: what is None does not matter.

    `text` is a part of the business's name, or the beginning of the job's id. `waiting`: only those that a person
    must do something for. `cursor` is the one that the page before has named.
    """

    status: JobStatus | None = None
    tier: Tier | None = None
    text: str | None = None
    waiting: bool = False
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class JobsPage(Contract):
    """One page of the list; `next` is the cursor of the page after it, if there is one."""

    jobs: tuple[JobLine, ...]
    next: str | None = None


class DirectoriesPage(Contract):
    """Directories: those in trouble first, then the busiest. `total` is how many there are."""

    health: PartHealth
    error: str = ""
    age_s: float | None = None
    total: int
    directories: tuple[DirectoryStatus, ...]


class StatusBeat(Contract):
    """What the stream says: that something may be other than before, and how the service is as a whole."""

    at: datetime
    health: PartHealth
    parts: dict[str, PartHealth]
