"""Why a job's directories are where they are: facts from ledger, history and Temporal, and what is said of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.job import JobStatus
from schema.contracts.replay import ReplayAnswer
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType


class WorkflowState(StrEnum):
    """What Temporal says of a workflow. `missing`: never started, or forgotten; `unknown`: Temporal does not answer."""

    UNKNOWN = "unknown"
    MISSING = "missing"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    TIMED_OUT = "timed out"

    @property
    def gone(self) -> bool:
        """True when surely nobody goes on with it."""
        return self not in (WorkflowState.UNKNOWN, WorkflowState.RUNNING)


class PendingActivity(Contract):
    """An activity that has not ended. `attempt` counts from 1; `next_attempt_at` is when a failed one comes again."""

    name: str
    attempt: int
    started: bool
    paused: bool = False
    last_failure: str = ""
    next_attempt_at: datetime | None = None


class PendingTimer(Contract):
    """A durable timer that has not fired."""

    summary: str
    fires_at: datetime


class Execution(Contract):
    """A workflow as Temporal describes it.

    `task_attempts` counts the tries of a workflow task that is not done; `task_waits_since` is there while no worker
    has taken it.
    """

    workflow_id: str
    state: WorkflowState
    activities: tuple[PendingActivity, ...] = ()
    timers: tuple[PendingTimer, ...] = ()
    task_attempts: int = 0
    task_waits_since: datetime | None = None


class Gate(Contract):
    """What stands between a row and its directory: whoever is there now, pace, cap, rest, and the circuit breaker."""

    failures: int = 0
    broken: bool = False
    resting_until: datetime | None = None
    next_slot_at: datetime | None = None
    daily_cap: int | None = None
    capped_until: datetime | None = None
    held_until: datetime | None = None


class OpenAction(Contract):
    """What a person has been asked. `claimed_by` is there only while the claim holds."""

    id: UUID
    kind: FailureType
    deadline_at: datetime
    claimed_by: str | None = None


class HistoryEntry(Contract):
    """One event of the job's history; `detail` is what was written down with it, as one line."""

    event: str
    at: datetime
    detail: str = ""


class JobFacts(Contract):
    """What is known of the job. `sends` is how often its message left the outbox, `rejected` why it was refused last.

    `paused` is None where its workflow could not be asked; `now` is the database's clock.
    """

    job_id: UUID
    now: datetime
    status: JobStatus
    total: int
    ended: int
    waiting: int
    sends: int = 0
    sent_at: datetime | None = None
    rejected: str = ""
    worker_alive: bool = True
    execution: Execution
    paused: bool | None = None


class DirectoryFacts(Contract):
    """What is known of one directory of the job. `reason` may hold words of its page: show, never interpret them."""

    directory: str
    status: SubmissionStatus
    failure: FailureType | None = None
    reason: str = ""
    evidence: Evidence = Evidence.NONE
    attempt: int = 0
    replays: int = 0
    replay: ReplayAnswer
    intent_at: datetime | None = None
    queued_at: datetime | None = None
    expected_at: datetime | None = None
    finished_at: datetime | None = None
    gate: Gate = Gate()
    action: OpenAction | None = None
    execution: Execution
    history: tuple[HistoryEntry, ...] = ()


class Words(Contract):
    """Why something is where it is, and what happens next."""

    why: str
    next: str


class DirectoryExplanation(Words):
    """One directory, in words and in facts."""

    facts: DirectoryFacts


class JobExplanation(Words):
    """The job, in words and in facts, and each of its directories."""

    facts: JobFacts
    directories: tuple[DirectoryExplanation, ...]
