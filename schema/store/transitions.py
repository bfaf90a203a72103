"""Which state of a submission may follow which, and what a decision makes of an outcome. Pure rules, no queries."""

from schema.contracts.submission import ActionResolution, Evidence, Outcome, Resolution, SubmissionStatus
from schema.failures import FailureType

MAY_BECOME: dict[SubmissionStatus, tuple[SubmissionStatus, ...]] = {
    SubmissionStatus.SUBMITTED: (
        SubmissionStatus.SUBMITTING,
        SubmissionStatus.AWAITING_ACTION,
        SubmissionStatus.UNCERTAIN,
    ),
    SubmissionStatus.AWAITING_ACTION: (
        SubmissionStatus.PENDING,
        SubmissionStatus.PLANNED,
        SubmissionStatus.SUBMITTING,
    ),
    SubmissionStatus.UNCERTAIN: (SubmissionStatus.SUBMITTING,),
    SubmissionStatus.SKIPPED: (
        SubmissionStatus.PENDING,
        SubmissionStatus.PLANNED,
        SubmissionStatus.SUBMITTING,
        SubmissionStatus.AWAITING_ACTION,
    ),
    SubmissionStatus.FAILED: (
        SubmissionStatus.PENDING,
        SubmissionStatus.PLANNED,
        SubmissionStatus.SUBMITTING,
        SubmissionStatus.AWAITING_ACTION,
        SubmissionStatus.UNCERTAIN,
    ),
    SubmissionStatus.PLANNED: (
        SubmissionStatus.PENDING,
        SubmissionStatus.PLANNED,
        SubmissionStatus.SUBMITTING,
        SubmissionStatus.AWAITING_ACTION,
        # By proof of absence alone.
        SubmissionStatus.UNCERTAIN,
    ),
}
"""From which states each state may be reached; what is not here is not a transition."""


def may_become(status: SubmissionStatus, *, clicked: bool) -> tuple[SubmissionStatus, ...]:
    """From which states it may be reached by the word of an attempt that has `clicked`, or has not."""
    if status is SubmissionStatus.SUBMITTED and clicked:
        # Found absent by who looked too early, and not sent again yet: late proof is proof.
        return (*MAY_BECOME[status], SubmissionStatus.PLANNED)
    return MAY_BECOME[status]


def given_up(before: Outcome, failure: FailureType, reason: str) -> Outcome:
    """What becomes of a row when its workflow can do no more: never a claim that goes beyond what is known.

    What ended stays; what may have been clicked is uncertain or keeps waiting; what a policy or a person stopped
    before the click is skipped; the rest failed.
    """
    if before.status.ended or (before.status.waits_for_person and before.may_be_sent):
        return before
    if before.status is SubmissionStatus.SUBMITTING:
        status, failure = SubmissionStatus.UNCERTAIN, FailureType.OUTCOME_UNKNOWN
    elif failure is FailureType.CANCELLED:
        status = SubmissionStatus.SKIPPED
    else:
        status = SubmissionStatus.FAILED
    if failure is before.failure:
        reason = f"{reason} {before.reason}".strip()
    return before.model_copy(update={"status": status, "failure": failure, "reason": reason})


def resolved(before: Outcome, decision: ActionResolution) -> Outcome:
    """What a person's word makes of a row that waits for one."""
    match decision.resolution:
        case Resolution.CONFIRMED:
            return before.model_copy(
                update={
                    "status": SubmissionStatus.SUBMITTED,
                    "evidence": Evidence.PERSON,
                    "failure": None,
                    "reason": f"Confirmed by {decision.by}.",
                    "may_be_sent": True,
                }
            )
        case Resolution.RETRY | Resolution.ATTEND:
            return before.model_copy(
                update={"status": SubmissionStatus.PLANNED, "failure": None, "reason": f"Sent on by {decision.by}."}
            )
        case Resolution.GIVE_UP:
            return before.model_copy(
                update={
                    "status": SubmissionStatus.FAILED,
                    "failure": FailureType.GIVEN_UP,
                    "reason": f"Given up by {decision.by}. {before.reason}".strip(),
                }
            )


def expired(before: Outcome) -> Outcome:
    """Nobody came in time."""
    return before.model_copy(
        update={
            "status": SubmissionStatus.FAILED,
            "failure": FailureType.ACTION_EXPIRED,
            "reason": f"Nobody acted in time. {before.reason}".strip(),
        }
    )
