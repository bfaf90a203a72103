"""A replay: failed directories that an operator wants tried again, and what the ledger answers for each of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from schema.contracts.base import Contract
from schema.contracts.submission import DirectoryState, SubmissionStatus
from schema.failures import FailureType


class ReplayAnswer(StrEnum):
    """What the ledger says to one directory: two ways of yes, and every reason for no. One closed list."""

    ACCEPTED = "accepted"
    ALREADY_REQUESTED = "already_requested"
    UNDER_WAY = "under_way"
    WAITS_FOR_PERSON = "waits_for_person"
    ALREADY_SUBMITTED = "already_submitted"
    MAY_BE_SENT = "may_be_sent"
    ALREADY_LISTED = "already_listed"
    POLICY_FORBIDS = "policy_forbids"
    JOB_CANCELLED = "job_cancelled"
    NOT_IN_JOB = "not_in_job"

    @property
    def granted(self) -> bool:
        return self in GRANTED


GRANTED = (ReplayAnswer.ACCEPTED, ReplayAnswer.ALREADY_REQUESTED)


class RetryRequest(Contract):
    """Argument of the `retry_directories` update: which directories, who asks, and why, for the record."""

    slugs: tuple[str, ...] = Field(min_length=1, max_length=10_000)
    by: str
    reason: str = ""


class Reopening(Contract):
    """Argument of the ledger's `reopen_directories`."""

    job_id: UUID
    request: RetryRequest


class DirectoryRetry(Contract):
    """The ledger's answer for one directory."""

    slug: str
    answer: ReplayAnswer


class RetryReport(Contract):
    """What became of a request: an answer for each of its directories."""

    directories: tuple[DirectoryRetry, ...]


class Reopened(Contract):
    """Answer of `reopen_directories`: the report, and where those stand that are granted."""

    report: RetryReport
    states: tuple[DirectoryState, ...]


class VisibleWork(Contract):
    """What a workflow that a visibility query found stands for: one directory of a job, or the whole job."""

    job_id: UUID
    slug: str | None = None


class ReplaySelection(Contract):
    """Which rows of the ledger an operator means: all that is given must hold; what is left open always does.

    `since` and `until` are the time of the row's last outcome; `until` is excluded.
    """

    job_id: UUID | None = None
    slug: str | None = None
    outcome: SubmissionStatus | None = None
    failure: FailureType | None = None
    since: datetime | None = None
    until: datetime | None = None
    visible: tuple[VisibleWork, ...] | None = None


class ReplayCount(Contract):
    """How many of the selected rows are in one state and get one answer."""

    status: SubmissionStatus
    failure: FailureType | None
    answer: ReplayAnswer
    directories: int


class JobReplay(Contract):
    """The directories of one job that a replay asks for."""

    job_id: UUID
    slugs: tuple[str, ...]


class ReplayPreview(Contract):
    """What a replay would do: the selected rows by state and answer, and what would be asked for."""

    counts: tuple[ReplayCount, ...]
    jobs: tuple[JobReplay, ...]


class ReplayedJob(Contract):
    """What became of asking for one job; `error` is set where nobody answered, or the whole request was refused."""

    job_id: UUID
    directories: tuple[DirectoryRetry, ...] = ()
    error: str | None = None


class ReplayResult(Contract):
    """What a replay has asked for, and what it has not come to."""

    jobs: tuple[ReplayedJob, ...] = ()
    left: tuple[JobReplay, ...] = ()
    interrupted: bool = False
