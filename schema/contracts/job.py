"""A paid job: what starts its workflow, how far it is, and how it ended."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.submission import DirectoryState, SubmissionResult


class Tier(StrEnum):
    """What was bought. Source of the figures: the price list (DESIGN.md §3)."""

    STARTER = "starter"
    GROWTH = "growth"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"

    @property
    def package_size(self) -> int:
        """Directories in the package; enterprise is "500 and more", so its size is a floor."""
        return {"starter": 50, "growth": 100, "professional": 300, "enterprise": 500}[self]

    @property
    def price_cents(self) -> int:
        """What the package costs, once, in US cents."""
        return {"starter": 14_900, "growth": 29_900, "professional": 49_900, "enterprise": 79_900}[self]

    @property
    def max_priority_tier(self) -> int:
        """The directories' highest `priority_tier` that the package includes."""
        return {"starter": 1, "growth": 2, "professional": 3, "enterprise": 5}[self]

    @property
    def priority_key(self) -> int:
        """Temporal priority: enterprise 1 … starter 4."""
        return {"starter": 4, "growth": 3, "professional": 2, "enterprise": 1}[self]


class JobStatus(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class JobInput(Contract):
    """Starts a JobWorkflow. `paused` carries over continue-as-new; all else is read from the ledger."""

    job_id: UUID
    paused: bool = False


class JobSetup(Contract):
    """What a JobWorkflow learns from the ledger when it begins.

    `window` is how many children run at a time; `directory_patience_s` how long one waits for a directory that is out
    of order, in seconds.
    """

    customer_id: UUID
    tier: Tier
    window: int
    directories: tuple[DirectoryState, ...]
    directory_patience_s: int = 24 * 3600


class JobFinish(Contract):
    """Argument of `finish_job`."""

    job_id: UUID
    cancelled: bool = False


class JobChildren(Contract):
    """Argument of `settle_children`: children whose end the workflow may have missed, as it knows them."""

    job_id: UUID
    children: tuple[DirectoryState, ...] = ()


class JobCounts(Contract):
    """How many of the job's directories are in each state, from the ledger."""

    total: int = 0
    pending: int = 0
    planned: int = 0
    submitting: int = 0
    submitted: int = 0
    awaiting_action: int = 0
    uncertain: int = 0
    approved: int = 0
    rejected: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def ended(self) -> int:
        return self.submitted + self.approved + self.rejected + self.skipped + self.failed

    @property
    def waiting(self) -> int:
        """Those that need a person."""
        return self.awaiting_action + self.uncertain

    @property
    def settled(self) -> bool:
        """True when nothing will happen any more without a person."""
        return self.total > 0 and self.ended + self.waiting == self.total


class JobProgress(Contract):
    """Answer of the workflow's `progress` query."""

    status: JobStatus
    paused: bool = False
    counts: JobCounts = JobCounts()
    running: tuple[str, ...] = ()


class JobSummary(Contract):
    """A job as one line of a list. `archive` is the key of the document that its reasons and plans were moved to."""

    job_id: UUID
    customer_id: UUID
    business_name: str
    tier: Tier
    status: JobStatus
    created_at: datetime
    total: int
    ended: int
    waiting: int
    archive: str = ""


class JobReport(JobSummary):
    """A job as people are shown it: its counts and every directory's result."""

    counts: JobCounts
    results: tuple[SubmissionResult, ...]
