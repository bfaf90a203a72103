"""`jobs explain` in words: every state of a directory and of its job, from facts alone."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schema.contracts.explanation import (
    DirectoryFacts,
    Execution,
    Gate,
    JobFacts,
    OpenAction,
    PendingActivity,
    PendingTimer,
    WorkflowState,
)
from schema.contracts.job import JobStatus
from schema.contracts.replay import ReplayAnswer
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.explain.directory import explain
from schema.explain.job import explain_job
from schema.failures import FailureType

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TOMORROW = NOW + timedelta(hours=10)
JOB = UUID("1ec4cb4e-5a0e-4f0c-8d0a-3f6f1f7f2a11")
ACTION = OpenAction(
    id=UUID("ac71007e-5a0e-4f0c-8d0a-3f6f1f7f2a11"),
    kind=FailureType.CAPTCHA,
    deadline_at=NOW + timedelta(days=14),
)
REPLAY = f"`directorybolt replay --job {JOB} --directory alpha`"


def at(state: WorkflowState = WorkflowState.RUNNING, **changes: Any) -> Execution:
    return Execution(workflow_id="w", state=state, **changes)


def doing(name: str, **changes: Any) -> Execution:
    return at(activities=(PendingActivity.model_validate({"name": name, "attempt": 1, "started": True, **changes}),))


def sleeping(summary: str) -> Execution:
    return at(timers=(PendingTimer(summary=summary, fires_at=LATER),))


def job(**changes: Any) -> JobFacts:
    values = {"status": JobStatus.IN_PROGRESS, "total": 5, "ended": 2, "waiting": 1, "execution": at(), "paused": False}
    return JobFacts.model_validate({"job_id": JOB, "now": NOW, **values, **changes})


def directory(**changes: Any) -> DirectoryFacts:
    values = {"status": SubmissionStatus.PLANNED, "replay": ReplayAnswer.UNDER_WAY, "execution": at()}
    return DirectoryFacts.model_validate({"directory": "alpha", **values, **changes})


S = SubmissionStatus
GONE = at(WorkflowState.TERMINATED)
BROKEN = Gate(failures=3, broken=True, resting_until=LATER)
TURN = sleeping("the directory's breaker")

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "submitted": (
        {"status": S.SUBMITTED, "evidence": Evidence.LISTING, "replay": ReplayAnswer.ALREADY_SUBMITTED},
        {},
        "The directory took it; what proves it: the published listing.",
        "Nothing more is to be done.",
    ),
    "approved": (
        {"status": S.APPROVED, "replay": ReplayAnswer.ALREADY_SUBMITTED},
        {},
        "The directory has published it.",
        "Nothing more",
    ),
    "rejected": (
        {"status": S.REJECTED, "replay": ReplayAnswer.MAY_BE_SENT},
        {},
        "The directory has declined it.",
        "It cannot be replayed: the directory may hold the business",
    ),
    "skipped, listed before": (
        {"status": S.SKIPPED, "failure": FailureType.ALREADY_LISTED, "replay": ReplayAnswer.ALREADY_LISTED},
        {},
        "Nothing was sent (already_listed).",
        "a directory lists a business once",
    ),
    "skipped, inactive": (
        {"status": S.SKIPPED, "failure": FailureType.POLICY_FORBIDS, "replay": ReplayAnswer.POLICY_FORBIDS},
        {},
        "Nothing was sent (policy_forbids).",
        "cannot be replayed while the directory is inactive",
    ),
    "skipped, cancelled": (
        {"status": S.SKIPPED, "failure": FailureType.CANCELLED, "replay": ReplayAnswer.JOB_CANCELLED},
        {"status": JobStatus.CANCELLED},
        "Nothing was sent (cancelled).",
        "the job was cancelled",
    ),
    "failed, not sent": (
        {
            "status": S.FAILED,
            "failure": FailureType.REFUSED,
            "reason": "phone is invalid",
            "replay": ReplayAnswer.ACCEPTED,
        },
        {},
        "It failed (refused). phone is invalid.",
        f"{REPLAY} tries it again.",
    ),
    "failed, perhaps sent": (
        {"status": S.FAILED, "failure": FailureType.ACTION_EXPIRED, "replay": ReplayAnswer.MAY_BE_SENT},
        {},
        "It failed (action_expired).",
        "never sent it twice",
    ),
    "a captcha": (
        {
            "status": S.AWAITING_ACTION,
            "failure": FailureType.CAPTCHA,
            "reason": "There is a captcha.",
            "action": ACTION,
        },
        {},
        "It waits for a person (captcha). There is a captcha.",
        "`directorybolt actions show ac71007e` says what to do; without a person it expires at 2026-12-06 14:00 UTC.",
    ),
    "a captcha that somebody has claimed": (
        {
            "status": S.AWAITING_ACTION,
            "failure": FailureType.CAPTCHA,
            "action": ACTION.model_copy(update={"claimed_by": "Ana"}),
        },
        {},
        "Ana is at it.",
        "actions show",
    ),
    "a captcha past its deadline": (
        {"status": S.AWAITING_ACTION, "action": ACTION.model_copy(update={"deadline_at": NOW})},
        {},
        "It waits for a person",
        "The deadline is over, and it expires.",
    ),
    "a captcha without a workflow": (
        {"status": S.AWAITING_ACTION, "failure": FailureType.CAPTCHA, "action": ACTION, "execution": GONE},
        {},
        "It waits for a person",
        "Its workflow was terminated: it can be confirmed or given up, and then replayed.",
    ),
    "a captcha that nobody was asked about": (
        {"status": S.AWAITING_ACTION, "failure": FailureType.CAPTCHA, "execution": GONE},
        {},
        "Nobody has been asked, and its workflow was terminated.",
        "A person is asked. Upkeep does so",
    ),
    "a captcha that somebody is about to be asked about": (
        {"status": S.AWAITING_ACTION, "failure": FailureType.CAPTCHA},
        {},
        "It waits for a person (captcha).",
        "A person is about to be asked.",
    ),
    "uncertain": (
        {
            "status": S.UNCERTAIN,
            "intent_at": NOW - timedelta(minutes=3),
            "action": ACTION,
            "execution": sleeping("the next look"),
        },
        {},
        "It may have been sent at 13:57 UTC, and nobody knows what became of it.",
        "The directory is asked again at 14:05 UTC.",
    ),
    "between click and answer": (
        {"status": S.SUBMITTING, "intent_at": NOW, "attempt": 1, "execution": doing("submit")},
        {},
        "The click was allowed at 14:00 UTC (attempt 1): it may have been sent. A worker is at it.",
        "It reads the directory's answer",
    ),
    "between click and answer, the worker gone": (
        {"status": S.SUBMITTING, "intent_at": NOW, "attempt": 1, "execution": doing("submit", started=False)},
        {},
        "it may have been sent.",
        "Nobody clicks again: the next attempt only writes down what is known.",
    ),
    "between click and answer, terminated": (
        {"status": S.SUBMITTING, "intent_at": NOW, "attempt": 1, "execution": GONE},
        {},
        "Its workflow was terminated.",
        "Nobody clicks again: it becomes uncertain, for a person.",
    ),
    "between click and answer, no worker": (
        {"status": S.SUBMITTING, "intent_at": NOW, "attempt": 1, "execution": doing("submit", started=False)},
        {"worker_alive": False},
        "No worker is running.",
        "Nobody clicks again. `directorybolt worker` starts one",
    ),
    "breaker open": (
        {"queued_at": NOW, "gate": BROKEN, "execution": TURN, "reason": "HTTP 503"},
        {},
        "Waits for the directory: its circuit breaker is open after 3 failures, until 14:05 UTC. HTTP 503.",
        "Then one probe goes through, for all jobs. It asks for its turn again at 14:05 UTC.",
    ),
    "breaker open, Temporal away": (
        {"queued_at": NOW, "expected_at": LATER, "gate": BROKEN, "execution": at(WorkflowState.UNKNOWN)},
        {},
        "its circuit breaker is open after 3 failures, until 14:05 UTC.",
        "It asks for its turn again at 14:05 UTC.",
    ),
    "resting": (
        {"queued_at": NOW, "gate": Gate(failures=1, resting_until=LATER), "execution": TURN},
        {},
        "Waits for the directory: it is left alone until 14:05 UTC.",
        "asks for its turn again",
    ),
    "daily cap": (
        {"queued_at": NOW, "gate": Gate(daily_cap=20, capped_until=TOMORROW), "execution": TURN},
        {},
        "the directory is sent 20 a day at most.",
        "The next day begins at 2026-11-23 00:00 UTC.",
    ),
    "another is there": (
        {"queued_at": NOW, "gate": Gate(held_until=LATER), "execution": TURN},
        {},
        "another submission is at the directory",
        "asks for its turn again",
    ),
    "interval": (
        {"queued_at": NOW, "gate": Gate(next_slot_at=LATER), "execution": TURN},
        {},
        "Waits for the directory's next slot, at 14:05 UTC.",
        "asks for its turn again",
    ),
    "in line": ({"queued_at": NOW}, {}, "Waits in line for the directory.", "It asks for its turn again."),
    "at work": ({"execution": doing("plan_submission")}, {}, "A worker is reading the form.", "within minutes"),
    "somebody there": (
        {"status": S.PLANNED, "action": ACTION, "execution": doing("submit")},
        {},
        "A worker is filling and sending the form, and a person is there for its captcha.",
        f"`directorybolt actions solve {str(ACTION.id)[:8]}` shows the captcha",
    ),
    "at work again": (
        {"execution": doing("submit", attempt=3)},
        {},
        "A worker is filling and sending the form (attempt 3).",
        "within minutes",
    ),
    "waits for a slot": (
        {"execution": doing("plan_submission", started=False)},
        {},
        "Waits for a free worker, for reading the form.",
        "as soon as one is free",
    ),
    "fails and comes again": (
        {
            "execution": doing(
                "plan_submission", started=False, attempt=3, last_failure="Chromium died.", next_attempt_at=LATER
            )
        },
        {},
        "Reading the form failed twice. Chromium died.",
        "Tried again at 14:05 UTC.",
    ),
    "no worker": (
        {"execution": doing("plan_submission", started=False)},
        {"worker_alive": False},
        "No worker is running.",
        "`directorybolt worker` starts one",
    ),
    "activity paused by hand": (
        {"execution": doing("submit", started=False, paused=True)},
        {},
        "Somebody has paused its activity (filling and sending the form) in Temporal.",
        "unpaused",
    ),
    "a workflow that cannot go on": (
        {"execution": at(task_attempts=4)},
        {},
        "Its workflow fails whenever it is woken (3 times so far)",
        "the worker's log says why",
    ),
    "no worker of its build": (
        {"execution": at(task_attempts=1, task_waits_since=NOW - timedelta(minutes=7))},
        {},
        "Its workflow has waited since 13:53 UTC for a worker of its build.",
        "`directorybolt deployments list`",
    ),
    "a step of the ledger's": (
        {"execution": doing("take_turn")},
        {},
        "A worker is writing to the ledger (take_turn).",
        "within minutes",
    ),
    "between two steps": ({}, {}, "Its workflow is between two steps.", "It asks for its turn"),
    "terminated": (
        {"execution": GONE},
        {},
        "Its workflow was terminated, and the ledger says planned: nothing was sent.",
        f"the job's workflow does so as soon as it hears of it. Then {REPLAY} tries it again.",
    ),
    "terminated with its job": (
        {"execution": GONE},
        {"execution": GONE},
        "Its workflow was terminated",
        "which upkeep starts again",
    ),
    "Temporal away": (
        {"execution": at(WorkflowState.UNKNOWN)},
        {"execution": at(WorkflowState.UNKNOWN)},
        "Nothing was sent yet: the ledger says planned.",
        "Temporal does not answer",
    ),
    "not started": (
        {"status": S.PENDING, "execution": at(WorkflowState.MISSING)},
        {},
        "Not started: as many of the job's directories as its tier allows are under way.",
        "when one of those ends",
    ),
    "not started, replayed": (
        {"status": S.PENDING, "replays": 1, "execution": at(WorkflowState.MISSING)},
        {},
        "Not started (replay 1)",
        "when one of those ends",
    ),
    "not started, paused": (
        {"status": S.PENDING, "execution": at(WorkflowState.MISSING)},
        {"paused": True},
        "Not started: the job is paused.",
        f"`directorybolt jobs resume {JOB}`",
    ),
    "not started, the job's workflow gone": (
        {"status": S.PENDING, "execution": at(WorkflowState.MISSING)},
        {"execution": at(WorkflowState.TIMED_OUT)},
        "Nobody works on the job: its workflow has timed out.",
        "started again, and starts this directory",
    ),
    "left behind": (
        {"status": S.PENDING, "execution": at(WorkflowState.MISSING)},
        {"status": JobStatus.COMPLETED},
        "It was never started, and the job is completed.",
        "`directorybolt upkeep run` reports it",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_directory_is_explained(case: str) -> None:
    facts, of_job, why, then = CASES[case]
    words = explain(directory(**facts), job(**of_job))
    assert why in words.why
    assert then in words.next


def test_every_state_has_its_words_and_none_promises_a_second_sending() -> None:
    executions = [
        *(at(state) for state in WorkflowState),
        TURN,
        doing("submit"),
        doing("submit", started=False),
        doing("submit", started=False, attempt=2),
        at(task_attempts=4),
        at(task_attempts=1, task_waits_since=NOW - timedelta(minutes=7)),
    ]
    for status, answer, execution, action, of_job in itertools.product(
        SubmissionStatus,
        ReplayAnswer,
        executions,
        (None, ACTION),
        (job(), job(execution=GONE), job(worker_alive=False)),
    ):
        words = explain(directory(status=status, replay=answer, execution=execution, action=action), of_job)
        for text in (words.why, words.next):
            assert text.endswith("."), text
            assert "  " not in text
            assert ".." not in text
            assert "None" not in text
        if status.ended and answer is not ReplayAnswer.ACCEPTED:
            assert "`directorybolt replay" not in words.next
        if status is SubmissionStatus.SUBMITTING:
            assert "replay" not in words.next


JOB_CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "not sent": (
        {"status": JobStatus.PENDING, "execution": at(WorkflowState.MISSING)},
        "its message has not left the outbox",
        "within seconds.",
    ),
    "not sent, no worker": (
        {"status": JobStatus.PENDING, "execution": at(WorkflowState.MISSING), "worker_alive": False},
        "its message has not left the outbox",
        "no worker is running",
    ),
    "sent": (
        {"status": JobStatus.PENDING, "execution": at(WorkflowState.MISSING), "sends": 2, "sent_at": NOW},
        "sent to the queue twice, last at 14:00 UTC.",
        "`directorybolt dlq list`.",
    ),
    "rejected": (
        {
            "status": JobStatus.PENDING,
            "execution": at(WorkflowState.MISSING),
            "sends": 1,
            "rejected": "customer_id: the job belongs to another customer",
        },
        "the bridge rejected its message (customer_id: the job belongs to another customer).",
        "`directorybolt dlq list`.",
    ),
    "just started": ({"status": JobStatus.PENDING}, "Its workflow has just been started.", "chooses"),
    "goes on": ({}, "2 of 5 directories have ended, 1 waits for a person.", "when every directory has ended."),
    "paused": ({"paused": True}, "The job is paused.", f"`directorybolt jobs resume {JOB}`"),
    "without its workflow": ({"execution": GONE}, "its workflow was terminated.", "It is started again"),
    "no worker": ({"execution": at(task_attempts=1), "worker_alive": False}, "No worker is running.", "starts one"),
    "Temporal away": ({"execution": at(WorkflowState.UNKNOWN)}, "2 of 5", "Temporal does not answer"),
    "ended": (
        {"status": JobStatus.COMPLETED, "ended": 5, "execution": at(WorkflowState.COMPLETED)},
        "5 of 5 directories have ended.",
        f"`directorybolt replay --job {JOB} --dry-run`",
    ),
}


@pytest.mark.parametrize("case", JOB_CASES)
def test_a_job_is_explained(case: str) -> None:
    changes, why, then = JOB_CASES[case]
    words = explain_job(job(**changes))
    assert why in words.why
    assert then in words.next
