"""What a customer is told of their job, in plain words: pure functions of what the ledger holds.

No text of a directory's page is repeated here, and nothing of how we work inside. Staff are told otherwise: by
`schema.guidance` and `schema.explain`.
"""

from schema.contracts.job import JobCounts, JobStatus
from schema.contracts.payment import StopReason
from schema.contracts.progress import StateGroup
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType

GROUPS = {
    StateGroup.WAITING: "Waiting for its turn",
    StateGroup.WORKING: "Being worked on",
    StateGroup.LISTED: "Sent or listed",
    StateGroup.NEEDS_YOU: "Needs you",
    StateGroup.NEEDS_US: "Our team is on it",
    StateGroup.NOT_POSSIBLE: "Not possible",
}
"""Each group as a heading."""

_AGAIN = {
    FailureType.DIRECTORY_UNREACHABLE: "Waiting: the directory did not answer, we try again",
    FailureType.DIRECTORY_BUSY: "Waiting: the directory was busy, we try again",
}

_SENT = {
    Evidence.RESPONSE: "Sent, and the directory took it",
    Evidence.TEXT: "Sent, and the directory confirmed it",
    Evidence.LISTING: "Listed: we have seen it in the directory",
    Evidence.PERSON: "Listed: you or our team confirmed it",
}

_OUR_TEAM = {
    FailureType.CAPTCHA: "Our team is on it: a captcha",
    FailureType.CAPTCHA_ON_PAGE: "Our team is on it: a captcha",
    FailureType.LOGIN_REQUIRED: "Our team is on it: the directory wants an account",
    FailureType.PAYMENT_REQUIRED: "Our team is on it: the directory asks for money, and nothing has been paid",
    FailureType.PLAN_REJECTED: "Our team is on it: the form needs a person",
    FailureType.PROFILE_INCOMPLETE: "Our team is on it: the form asks for something that your profile does not hold",
}

_LEFT_OUT = {
    FailureType.POLICY_FORBIDS: "Left out: the directory does not want to be filled in by a service",
    FailureType.CANCELLED: "Not sent: the order was stopped before its turn",
}

_FAILED = {
    FailureType.DIRECTORY_UNREACHABLE: "Not possible: the directory could not be reached",
    FailureType.DIRECTORY_BUSY: "Not possible: the directory stayed busy",
    FailureType.FORM_NOT_FOUND: "Not possible: the directory takes no entries at the moment",
    FailureType.FORM_CHANGED: "Not possible: the directory has changed its form",
    FailureType.PLAN_REJECTED: "Not possible: its form could not be filled in safely",
    FailureType.PROFILE_INCOMPLETE: "Not possible: the form insists on something that your profile does not hold",
    FailureType.REFUSED: "Not possible: the directory did not accept the entry",
    FailureType.LOGIN_REQUIRED: "Not possible: the directory only lists those who have an account",
    FailureType.PAYMENT_REQUIRED: "Not possible: the directory only lists those who pay it",
    FailureType.ACTION_EXPIRED: "Not possible: it was not confirmed in time",
    FailureType.GIVEN_UP: "Left out: you or our team decided against it",
    FailureType.CANCELLED: "Not sent: the order was stopped before its turn",
}
_TROUBLE = "Not possible: something on our side went wrong"


def directory(  # noqa: PLR0911 - one sentence a state
    status: SubmissionStatus,
    group: StateGroup,
    failure: FailureType | None,
    evidence: Evidence,
    *,
    proof: bool,
) -> str:
    """One directory's state in a sentence. `proof` says that a screenshot is stored."""
    match status:
        case SubmissionStatus.PENDING | SubmissionStatus.PLANNED:
            if group is StateGroup.WORKING:
                return "Reading the form" if status is SubmissionStatus.PENDING else "Filling in the form"
            return _AGAIN.get(failure, GROUPS[StateGroup.WAITING]) if failure else GROUPS[StateGroup.WAITING]
        case SubmissionStatus.SUBMITTING:
            return "Sending the form"
        case SubmissionStatus.SUBMITTED:
            return f"{_SENT.get(evidence, 'Sent')}{', proof stored' if proof else ''}"
        case SubmissionStatus.APPROVED:
            return "Listed: the directory has published it"
        case SubmissionStatus.REJECTED:
            return "Not possible: the directory has declined the entry"
        case SubmissionStatus.AWAITING_ACTION:
            if group is StateGroup.NEEDS_YOU:
                return "Needs you: confirm the directory's message"
            return _OUR_TEAM.get(failure, "Our team is on it") if failure else "Our team is on it"
        case SubmissionStatus.UNCERTAIN:
            return "Our team is on it: we are checking whether the directory has taken the entry"
        case SubmissionStatus.SKIPPED if failure is FailureType.ALREADY_LISTED:
            done = group is StateGroup.LISTED
            return "Listed already, by an earlier order" if done else "Left out: an earlier order is still at it"
        case SubmissionStatus.SKIPPED:
            return _LEFT_OUT.get(failure, "Left out") if failure else "Left out"
        case SubmissionStatus.FAILED:
            return _FAILED.get(failure, _TROUBLE) if failure else _TROUBLE


def action_title(name: str) -> str:
    """What the customer must do, as a heading."""
    return f"Confirm your listing with {name}"


def action_steps(name: str, email: str) -> tuple[str, ...]:
    """What the customer must do about a directory that wants them to confirm, in order."""
    return (
        f"Look for a message from {name} in the mailbox of {email}, also among the unwanted mails.",
        "Follow the link in it. Some directories call the business's phone instead: take the call.",
        "That is all: we look whether the listing is there, and this page says so.",
    )


def job(  # noqa: PLR0911 - one sentence a state
    status: JobStatus, counts: JobCounts, groups: dict[StateGroup, int], *, stopped: bool
) -> str:
    """The job as a whole in a sentence."""
    listed, yours = groups.get(StateGroup.LISTED, 0), groups.get(StateGroup.NEEDS_YOU, 0)
    sent = f"{listed} of {counts.total} directories have your listing"
    match status:
        case JobStatus.PENDING:
            return "Paid. We begin in a moment."
        case JobStatus.IN_PROGRESS if stopped:
            return "Stopping: what is being sent at this moment is finished, and nothing more is begun."
        case JobStatus.IN_PROGRESS if counts.settled:
            ours = counts.waiting - yours
            needs = [f"{yours} need{'s' * (yours == 1)} you"] * bool(yours)
            needs += [f"{ours} {'is' if ours == 1 else 'are'} with our team"] * bool(ours)
            return f"{sent}; {' and '.join(needs)}."
        case JobStatus.IN_PROGRESS:
            return f"Your business is being listed: {counts.ended} of {counts.total} directories are done."
        case JobStatus.COMPLETED:
            return f"Done: {sent}."
        case JobStatus.FAILED if counts.total:
            return "None of the directories could be done. Our team has been told."
        case JobStatus.FAILED:
            return "The order could not be begun. Our team has been told."
        case JobStatus.CANCELLED:
            return f"Stopped. {sent[0].upper()}{sent[1:]}." if listed else "Stopped before anything was listed."


_STOPPED = {
    StopReason.REFUNDED: "the payment was refunded",
    StopReason.DISPUTED: "the payment was disputed at the bank",
    StopReason.REFUND_ASKED: "the order is ended, and what was not delivered is refunded",
}


def stopped(reason: str) -> str:
    """Why nothing more is sent, of what the ledger has as the reason."""
    why = _STOPPED.get(StopReason(reason)) if reason in set(StopReason) else None
    return f"Nothing more is sent: {why}." if why else "Nothing more is sent: the order was stopped."
