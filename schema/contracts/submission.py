"""One directory of one job: its states, its evidence, and what the activities tell the workflow."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract
from schema.contracts.plan import ModelUsage
from schema.failures import FailureType


class SubmissionStatus(StrEnum):
    """`job_results.status`. `submitting` means: the intent is written, the click may have happened."""

    PENDING = "pending"
    PLANNED = "planned"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    AWAITING_ACTION = "awaiting_action"
    UNCERTAIN = "uncertain"
    APPROVED = "approved"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in _ENDED

    @property
    def waits_for_person(self) -> bool:
        return self in (SubmissionStatus.AWAITING_ACTION, SubmissionStatus.UNCERTAIN)


_ENDED = frozenset(
    {
        SubmissionStatus.SUBMITTED,
        SubmissionStatus.APPROVED,
        SubmissionStatus.REJECTED,
        SubmissionStatus.SKIPPED,
        SubmissionStatus.FAILED,
    }
)


class Evidence(StrEnum):
    """What proves an outcome, weakest first. `submitted` needs at least `response`."""

    NONE = "none"
    RESPONSE = "response"
    TEXT = "text"
    LISTING = "listing"
    PERSON = "person"


class Standing(Contract):
    """Where one directory stands: what a workflow needs to know, and all that its history keeps of an outcome.

    `failure` is what code branches on. `may_be_sent` is False only where the directory surely holds nothing of ours:
    nothing was clicked, or the page said it did not take it.
    """

    status: SubmissionStatus
    evidence: Evidence = Evidence.NONE
    failure: FailureType | None = None
    may_be_sent: bool = False


PAGE_TEXT_KEPT = 2_000
"""Characters of a page's, or a mail's, words that an outcome keeps."""


class Outcome(Standing):
    """A standing with its proof, as the ledger keeps it. It stays out of histories: pages echo what was sent to them.

    `reason` is a short sentence for people; `screenshot` is the artifact store's key; `usage` says which models were
    asked on the way to it, beyond those that the plan names.
    """

    reason: str = ""
    final_url: str = ""
    page_text: str = ""
    screenshot: str = ""
    confidence: float = 0.0
    response_status: int | None = None
    usage: tuple[ModelUsage, ...] = ()

    @property
    def standing(self) -> Standing:
        """The outcome without the page's words."""
        return Standing(status=self.status, evidence=self.evidence, failure=self.failure, may_be_sent=self.may_be_sent)


class DirectoryInput(Contract):
    """Starts a DirectoryWorkflow. Both limits are in seconds.

    `action_deadline_s` is how long a person has; `directory_patience_s` how long a directory may be out of order.
    `replays` is how often the row had been reopened when this workflow was started.
    """

    job_id: UUID
    slug: str
    action_deadline_s: int = 14 * 24 * 3600
    directory_patience_s: int = 24 * 3600
    replays: int = 0


class DirectoryState(Contract):
    """One directory of a job and its state in the ledger. `parked` is one that will not get its turn for a while.

    `replays` is how often the row was reopened: what is said of an earlier replay is out of date.
    """

    slug: str
    status: SubmissionStatus
    parked: bool = False
    replays: int = 0


class SubmissionRef(Contract):
    """Names one row of the ledger."""

    job_id: UUID
    slug: str


class WaitsFor(StrEnum):
    """Why a directory has no turn for us yet."""

    LINE = "line"
    INTERVAL = "interval"
    DAILY_CAP = "daily_cap"
    REST = "rest"
    BREAKER = "breaker"


class Turn(Contract):
    """Answer of `take_turn`: the lease, or how long to wait, in milliseconds, and for what."""

    granted: bool
    wait_ms: int = 0
    waits_for: WaitsFor | None = None


class Sighting(Contract):
    """Answer of `look_up`: where the row stands now, and whether a later look may still tell more.

    `again_in_s` is the time until what was sent must be found there, in seconds; 0 once that is over.
    """

    standing: Standing
    again: bool = False
    again_in_s: int = 0


PARKED_AFTER = timedelta(seconds=30)
"""A directory whose turn is further away leaves its place in the job's window to others."""


class Resolution(StrEnum):
    """What a person decided. `retry` and `attend` are refused where the click may have happened.

    `attend` decides nothing yet: a person is there to answer the captcha of the page that is opened now.
    """

    CONFIRMED = "confirmed"
    RETRY = "retry"
    GIVE_UP = "give_up"
    ATTEND = "attend"

    @property
    def sends(self) -> bool:
        return self in (Resolution.RETRY, Resolution.ATTEND)


class Failure(Contract):
    """Argument of `give_up`: the row, why it is given up, and a sentence for people."""

    ref: SubmissionRef
    failure: FailureType
    reason: str


class PersonNeeded(Contract):
    """Argument of `ask_person`: the row that waits, and how long, in seconds."""

    ref: SubmissionRef
    deadline_s: int


class Decision(Contract):
    """Argument of the ledger's `resolve`: the row and what a person decided about it."""

    ref: SubmissionRef
    resolution: "ActionResolution"


class ActionResolution(Contract):
    """Argument of the `resolve` update: who decided what, and a note for the record.

    `action_id` is the action that they had before their eyes: where another is open by now, nothing is decided.
    """

    resolution: Resolution
    by: str
    note: str = ""
    action_id: UUID | None = None


class SubmissionResult(Contract):
    """One directory's result as people are shown it. `seconds` is the working time from first visit to outcome."""

    directory: str
    name: str
    status: SubmissionStatus
    evidence: Evidence
    failure: FailureType | None = None
    reason: str = ""
    final_url: str = ""
    screenshot: str = ""
    seconds: float | None = None
    updated_at: datetime
