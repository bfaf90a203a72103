"""What staff are told of without having asked: a closed list of typed events, each with a key and its words.

An event says what is so now. Whether it is news, and who has been told, is decided in `schema.store.alerts`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schema.contracts.base import Contract
from schema.contracts.upkeep import Task
from schema.failures import FailureType
from schema.spelling import counted, minute


class BreakerOpen(Contract):
    """A directory failed so often in a row that nobody visits it. `waiting` counts submissions that wait for it."""

    kind: Literal["breaker_open"] = "breaker_open"
    directory: str
    failures: int
    resting_until: datetime
    waiting: int

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.directory}"

    @property
    def text(self) -> str:
        return (
            f"{self.directory} failed {counted(self.failures, 'visit')} in a row: its breaker is open until "
            f"{minute(self.resting_until)}. {counted(self.waiting, 'submission')} in line for it."
        )


class BridgeStopped(Contract):
    """The bridge takes no messages: its breaker is open until `probe_at`, or, without that, nothing runs it."""

    kind: Literal["bridge_stopped"] = "bridge_stopped"
    workflow_id: str
    probe_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.workflow_id}"

    @property
    def text(self) -> str:
        if self.probe_at is None:
            return f"{self.workflow_id} is not running, and no paid job starts: every worker that starts sees to it."
        return (
            f"{self.workflow_id} takes no messages, its breaker is open: queue, database or Temporal failed ten times "
            f"in a row. The next probe is at {minute(self.probe_at)}."
        )


class DeadLetters(Contract):
    """Messages that were received three times and never understood, or never handled."""

    kind: Literal["dlq_not_empty"] = "dlq_not_empty"
    messages: int

    @property
    def key(self) -> str:
        return self.kind

    @property
    def text(self) -> str:
        return f"The dead-letter queue holds {counted(self.messages, 'message')}: `directorybolt dlq list` says why."


class QueueDepth(Contract):
    """More messages wait than the workers take away."""

    kind: Literal["queue_depth"] = "queue_depth"
    messages: int

    @property
    def key(self) -> str:
        return self.kind

    @property
    def text(self) -> str:
        return f"The queue holds {counted(self.messages, 'message')}: does the bridge run?"


class StaleWorker(Contract):
    """A worker that did not say goodbye and has not beaten for two minutes."""

    kind: Literal["stale_worker"] = "stale_worker"
    worker_id: UUID
    host: str
    pid: int
    beat_at: datetime

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.worker_id}"

    @property
    def text(self) -> str:
        return f"The worker {self.host}/{self.pid} has given no sign of life since {minute(self.beat_at)}."


class FailureRate(Contract):
    """Of the submissions that ended within the last hour, too many failed."""

    kind: Literal["failure_rate"] = "failure_rate"
    ended: int
    failed: int

    @property
    def key(self) -> str:
        return self.kind

    @property
    def text(self) -> str:
        share = round(100 * self.failed / self.ended)
        return f"{self.failed} of {self.ended} submissions that ended within the last hour failed ({share} %)."


class ActionReminder(Contract):
    """An action that nobody has resolved: half of its time is over or, the `last` time, all but a day."""

    kind: Literal["action_reminder"] = "action_reminder"
    action_id: UUID
    job_id: UUID
    directory: str
    needs: FailureType
    deadline_at: datetime
    last: bool

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.action_id}:{'last' if self.last else 'first'}"

    @property
    def text(self) -> str:
        return (
            f"{self.directory} (job {self.job_id}) waits for a person ({self.needs}) until "
            f"{minute(self.deadline_at)}: `directorybolt actions show {str(self.action_id)[:8]}`."
        )


class PaymentTrouble(Contract):
    """A payment that the machine cannot settle by itself: a wrong sum, an open dispute, a refund that failed."""

    kind: Literal["payment_trouble"] = "payment_trouble"
    payment_id: UUID
    trouble: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.payment_id}"

    @property
    def text(self) -> str:
        return f"{self.trouble} `directorybolt payments show {self.payment_id}` says more."


class MailsStuck(Contract):
    """Customers are not told what they were promised: mails fail again and again, or were given up within a day."""

    kind: Literal["mails_stuck"] = "mails_stuck"
    waiting: int
    given_up: int

    @property
    def key(self) -> str:
        return self.kind

    @property
    def text(self) -> str:
        return (
            f"Customers' mails: {self.waiting} could not be sent so far, {self.given_up} were given up within a day: "
            "`directorybolt mails list` says why."
        )


class UpkeepReported(Contract):
    """Upkeep found what it may not put right by itself. `subject` is one of `count`."""

    kind: Literal["upkeep"] = "upkeep"
    task: Task
    what: str
    count: int
    subject: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.task}:{self.what}"

    @property
    def text(self) -> str:
        which = f" ({self.subject}{', …' if self.count > 1 else ''})" if self.subject else ""
        return (
            f"Upkeep leaves to you: {self.what}: {self.count}{which}. "
            f"`directorybolt upkeep run --task {self.task} --dry-run` says what is so now."
        )


TOLD_ONCE = ("action_reminder", "stale_worker")
"""Kinds of which nobody wants to hear twice, nor that it is over."""

AlertEvent = Annotated[
    BreakerOpen
    | BridgeStopped
    | DeadLetters
    | QueueDepth
    | StaleWorker
    | FailureRate
    | ActionReminder
    | PaymentTrouble
    | MailsStuck
    | UpkeepReported,
    Field(discriminator="kind"),
]
"""Everything that is alerted. Two events of one key are one alert."""


class Word(StrEnum):
    """What is said of an alert: that it is so, or that it is over."""

    RAISED = "raised"
    RESOLVED = "resolved"


class Notice(Contract):
    """One alert as a channel is to tell it."""

    key: str
    word: Word
    text: str


class Alert(Contract):
    """An alert as staff are shown it, whatever build has written it. `sent` names the channels that have told it."""

    key: str
    kind: str
    text: str
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None = None
    sent: tuple[str, ...] = ()


class ChannelResult(Contract):
    """What became of one channel's notices; `error` is empty where it took them."""

    channel: str
    sent: int = 0
    error: str = ""


class AlertReport(Contract):
    """What one look at everything led to: conditions that hold, and what each channel was told."""

    holding: int
    channels: tuple[ChannelResult, ...] = ()
