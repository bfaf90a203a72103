"""A job as its customer is shown it, by the progress page, the API and the report alike.

Nothing internal is in here: no worker, no workflow, no text of a directory's page but as a quoted reason.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.job import JobCounts, JobStatus, Tier
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType


class StateGroup(StrEnum):
    """What a customer distinguishes; each directory is in one of them."""

    WAITING = "waiting"
    WORKING = "working"
    LISTED = "listed"
    NEEDS_YOU = "needs_you"
    NEEDS_US = "needs_us"
    NOT_POSSIBLE = "not_possible"


class CustomerAction(Contract):
    """What the customer must do about one directory: step by step, and until when."""

    id: UUID
    kind: FailureType
    title: str
    steps: tuple[str, ...]
    deadline_at: datetime


class DirectoryView(Contract):
    """One directory of the job. `words` is its state in a plain sentence.

    `proof` is a path of this API that leads to the screenshot; `listing_url` an http(s) address where the business is
    to be seen; `seconds` how long it took.
    """

    slug: str
    name: str
    status: SubmissionStatus
    group: StateGroup
    words: str
    failure: FailureType | None = None
    evidence: Evidence = Evidence.NONE
    proof: str | None = None
    listing_url: str | None = None
    action: CustomerAction | None = None
    seconds: float | None = None
    updated_at: datetime


class Estimate(Contract):
    """When the job will be done as far as machines go, by measured times; there is none rather than a guess."""

    done_at: datetime
    based_on: str


class JobView(Contract):
    """The job as a whole. `seq` says how new it is: a stream that is asked to go on from there misses nothing.

    `percent` counts what has ended; `now` names the directories that are worked on at this moment; `stopped` says in a
    sentence why nothing more is sent, where that is so.
    """

    job_id: UUID
    business_name: str
    tier: Tier
    status: JobStatus
    words: str
    percent: float
    counts: JobCounts
    groups: dict[StateGroup, int]
    now: tuple[str, ...] = ()
    estimate: Estimate | None = None
    stopped: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    seq: int = 0


class ResultsFilter(Contract):
    """Which of the job's directories are asked for: what is None does not matter. `search` is a part of the name."""

    group: StateGroup | None = None
    status: SubmissionStatus | None = None
    failure: FailureType | None = None
    search: str | None = None


class ResultsPage(Contract):
    """One page of the job's directories; `next` is the cursor of the page after it, if there is one."""

    results: tuple[DirectoryView, ...]
    next: str | None = None


class StreamEvent(StrEnum):
    """Names of the events of `/api/jobs/{job_id}/events`. Each tells how something is now, never what changed.

    `snapshot` carries a Snapshot: show it in place of all that was shown before. `job` carries a JobView, `directory`
    a DirectoryView. `state` carries a Connection, and is the heartbeat too.
    """

    SNAPSHOT = "snapshot"
    JOB = "job"
    DIRECTORY = "directory"
    STATE = "state"


class Snapshot(Contract):
    """All of a job at once."""

    job: JobView
    directories: tuple[DirectoryView, ...]


class ConnectionState(StrEnum):
    """Whether what is shown is how things are: `reconnecting` while our server itself has lost the ledger."""

    LIVE = "live"
    RECONNECTING = "reconnecting"


class Connection(Contract):
    """How the stream is. Where nothing at all has come for twice `heartbeat_s` seconds, it is broken: open another."""

    state: ConnectionState
    heartbeat_s: int
