"""What upkeep is asked to do, and what it found: its activities, its workflow and its command speak in these."""

from enum import StrEnum

from schema.contracts.base import Contract

MOST_NAMED = 20
"""Subjects of one finding that are named; the rest are counted, so that a report stays small in a history."""


class Task(StrEnum):
    """One thing that upkeep looks after; each is one activity."""

    OUTBOX = "outbox"
    WORKERS = "workers"
    JOBS = "jobs"
    SUBMISSIONS = "submissions"
    ACTIONS = "actions"
    PENDING_ARTIFACTS = "pending_artifacts"
    MAILS = "mails"
    STOPS = "stops"
    PAYMENTS = "payments"
    RESULTS = "results"
    HISTORY = "history"
    ARTIFACTS = "artifacts"
    DRAFTS = "drafts"
    RECORDS = "records"
    ALERTS = "alerts"


QUICK = (
    Task.OUTBOX,
    Task.WORKERS,
    Task.JOBS,
    Task.SUBMISSIONS,
    Task.ACTIONS,
    Task.PENDING_ARTIFACTS,
    Task.MAILS,
    Task.STOPS,
    Task.ALERTS,
)
"""Every minute: what somebody waits for."""

HOURLY = (Task.PAYMENTS, Task.ALERTS)
"""What costs somebody else an answer."""

DAILY = (Task.RESULTS, Task.HISTORY, Task.ARTIFACTS, Task.DRAFTS, Task.RECORDS, Task.ALERTS)
"""Once a day: what only takes up room. In each the alerts come last: they tell what the others report."""


class UpkeepInput(Contract):
    """Starts an UpkeepWorkflow. `dry_run`: say what would be healed and change nothing."""

    tasks: tuple[Task, ...] = QUICK
    dry_run: bool = False


class Sweep(Contract):
    """Argument of every upkeep activity."""

    dry_run: bool = False


class Finding(Contract):
    """Things of one kind that were found, in words; `healed` when this pass put them right (in a dry run: would).

    `subjects` are workflow IDs, job ids, worker ids, months or keys: the first twenty of `count`.
    """

    task: Task
    what: str
    healed: bool
    count: int
    subjects: tuple[str, ...] = ()


class Looked(Contract):
    """What a pass has looked after before it comes to the alerts: `tasks` that could be, and what it reports."""

    tasks: tuple[Task, ...] = ()
    reported: tuple[Finding, ...] = ()


class UpkeepReport(Contract):
    """One pass, or one task of it."""

    findings: tuple[Finding, ...] = ()
    dry_run: bool = False

    @property
    def healed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.healed)

    @property
    def reported(self) -> tuple[Finding, ...]:
        """What a person should look at."""
        return tuple(finding for finding in self.findings if not finding.healed)
