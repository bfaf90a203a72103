"""What happened, in plain words: one sentence per event of the history. Pure functions, no queries.

An event's detail is our own; a directory's page never speaks here.
"""

from collections.abc import Callable
from typing import Any

from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType

_PROOF = {
    Evidence.RESPONSE: "its answer to the post",
    Evidence.TEXT: "its own words",
    Evidence.LISTING: "the published listing",
    Evidence.PERSON: "a person's word",
}

_FAILED = {
    FailureType.DIRECTORY_UNREACHABLE: "could not be reached",
    FailureType.DIRECTORY_BUSY: "was too busy to take it",
    FailureType.FORM_NOT_FOUND: "showed no form",
    FailureType.FORM_CHANGED: "has another form than it had",
    FailureType.PLAN_REJECTED: "has a form that could not be filled safely",
    FailureType.PROFILE_INCOMPLETE: "asks for something that the profile does not hold",
    FailureType.POLICY_FORBIDS: "does not allow automatic submissions",
    FailureType.ALREADY_LISTED: "lists the business already",
    FailureType.ACTION_EXPIRED: "waited for a person until its deadline",
    FailureType.GIVEN_UP: "was given up by a person",
    FailureType.REFUSED: "refused the submission",
    FailureType.OUTCOME_UNKNOWN: "said nothing that could be understood",
    FailureType.BROWSER_FAILED: "could not be visited: the browser failed",
    FailureType.CANCELLED: "was left out: the job was cancelled",
}

_NEEDS = {
    FailureType.CAPTCHA: "asks for a captcha",
    FailureType.CAPTCHA_ON_PAGE: "asks for a captcha that only its own page shows",
    FailureType.CONFIRMATION_NEEDED: "has taken it and waits for a confirmation",
    FailureType.LOGIN_REQUIRED: "wants an account first",
    FailureType.PAYMENT_REQUIRED: "asks for money",
    FailureType.PLAN_REJECTED: "has a form that could not be filled safely",
    FailureType.PROFILE_INCOMPLETE: "asks for something that the profile does not hold",
    FailureType.OUTCOME_UNKNOWN: "may have taken it, and nobody knows",
}

_RESOLVED = {
    "confirmed": "confirmed it",
    "retry": "has it tried again",
    "give_up": "gave it up",
    "attend": "is there for its captcha",
}


def told(event: str, directory: str, detail: dict[str, Any]) -> str:
    """The event in one sentence; an event that this build does not know is told by its name."""
    words = _TOLD.get(event)
    return words(directory, detail) if words else f"{event.replace('_', ' ').capitalize()}."


def reason(failure: FailureType | str | None) -> str:
    """A failure type as the end of a sentence that begins with the directory's name."""
    known = _known(FailureType, failure)
    return _FAILED.get(known) or _NEEDS.get(known) or (f"failed ({known})" if known else "failed")


def _ended(directory: str, detail: dict[str, Any]) -> str:
    skipped = detail.get("status") == SubmissionStatus.SKIPPED
    return f"{directory} {_words(_FAILED, detail, 'failed')}: {'nothing was sent' if skipped else 'it is not listed'}."


def _took(directory: str, detail: dict[str, Any]) -> str:
    proof = _PROOF.get(_known(Evidence, detail.get("evidence")))
    return f"{directory} took it; the proof is {proof}." if proof else f"{directory} took it."


def _resolved(directory: str, detail: dict[str, Any]) -> str:
    return f"{directory}: {_who(detail)} {_RESOLVED.get(str(detail.get('resolution')), 'decided')}."


def _began(_: str, detail: dict[str, Any]) -> str:
    number = detail.get("directories")
    return f"The job began, with {number} {'directory' if number == 1 else 'directories'}."


def _who(detail: dict[str, Any]) -> str:
    return str(detail.get("by") or "somebody")


def _words(words: dict[FailureType, str], detail: dict[str, Any], otherwise: str) -> str:
    return words.get(_known(FailureType, detail.get("failure")), otherwise)


def _known(kind: Any, value: Any) -> Any:
    """The value as a member of the enumeration; None for one that another build has written."""
    try:
        return kind(value)
    except ValueError:
        return None


_TOLD: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "queue_claimed": lambda _, __: "The paid job came out of the queue.",
    "queue_rejected": lambda _, __: "A message of the queue was refused: it is not understood.",
    "workflow_started": lambda _, detail: (
        "Upkeep started the job's workflow again." if detail.get("by") else "The job's workflow was started."
    ),
    "job_started": _began,
    "plan_ready": lambda directory, _: f"{directory}: its form was read and understood.",
    "submission_intent": lambda directory, _: f"{directory}: the filled form is being sent.",
    "submission_complete": _took,
    "submission_failed": _ended,
    "action_required": lambda directory, detail: (
        f"{directory} {_words(_NEEDS, detail, 'needs a person')}: somebody must look."
    ),
    "action_resolved": _resolved,
    "job_completed": lambda _, detail: f"The job has ended: it is {detail.get('status', 'over')}.",
    "replay_requested": lambda directory, detail: f"{directory} is tried again; {_who(detail)} asked for it.",
    "dlq_redriven": lambda _, __: "A dead letter was put back into the queue.",
}
