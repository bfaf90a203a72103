"""What an answer to a click, or the want of one, means in the ledger. Pure rules: nothing is looked at or written here.

Wherever there is a doubt, the business may have been sent.
"""

from activities.browser.send import Sent
from brain.answer import unsolved
from schema.contracts.answer import Answer, AnswerKind
from schema.contracts.submission import PAGE_TEXT_KEPT, Outcome, SubmissionStatus
from schema.failures import FailureType

_MEANING: dict[AnswerKind, tuple[SubmissionStatus, FailureType | None]] = {
    AnswerKind.ACCEPTED: (SubmissionStatus.SUBMITTED, None),
    AnswerKind.CONFIRMATION_NEEDED: (SubmissionStatus.AWAITING_ACTION, FailureType.CONFIRMATION_NEEDED),
    AnswerKind.DUPLICATE: (SubmissionStatus.SKIPPED, FailureType.ALREADY_LISTED),
    AnswerKind.REFUSED: (SubmissionStatus.FAILED, FailureType.REFUSED),
    AnswerKind.CAPTCHA: (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA),
    AnswerKind.LOGIN_REQUIRED: (SubmissionStatus.AWAITING_ACTION, FailureType.LOGIN_REQUIRED),
    AnswerKind.PAYMENT_REQUIRED: (SubmissionStatus.AWAITING_ACTION, FailureType.PAYMENT_REQUIRED),
    AnswerKind.UNCLEAR: (SubmissionStatus.UNCERTAIN, FailureType.OUTCOME_UNKNOWN),
}

_NOT_TAKEN = frozenset({FailureType.REFUSED, FailureType.ALREADY_LISTED})
"""The directory's own word that it holds nothing of ours from this attempt."""

_BARRIERS = frozenset(
    {
        FailureType.REFUSED,
        FailureType.ALREADY_LISTED,
        FailureType.CAPTCHA,
        FailureType.CAPTCHA_ON_PAGE,
        FailureType.LOGIN_REQUIRED,
        FailureType.PAYMENT_REQUIRED,
    }
)
"""What may come up at the click, before anything leaves."""


def read(sent: Sent, final_url: str, image: str) -> Outcome:
    """The page's answer as an outcome of the ledger; `image` is the key of its screenshot."""
    answer = sent.answer
    status, failure = _meaning(answer)
    reason = answer.quote
    if answer.kind is AnswerKind.UNCLEAR:
        reason = f"The page says neither yes nor no. {reason}".strip()
    if not sent.left:
        status, failure, reason = _nothing_left(answer)
    return Outcome(
        status=status,
        evidence=answer.evidence,
        failure=failure,
        reason=reason,
        final_url=final_url,
        page_text=sent.after.page_text[:PAGE_TEXT_KEPT],
        screenshot=image,
        confidence=answer.confidence,
        response_status=sent.response_status,
        may_be_sent=status is SubmissionStatus.UNCERTAIN
        or (sent.left and failure not in _NOT_TAKEN and not unsolved(answer)),
    )


def after_error(*, left: bool) -> Outcome:
    """The browser failed at the click; `left` says whether anything had gone out by then."""
    if left:
        return uncertain("The browser failed after the form had left.")
    return Outcome(
        status=SubmissionStatus.PLANNED,
        failure=FailureType.BROWSER_FAILED,
        reason="The form could not be sent, and nothing had left.",
    )


def uncertain(reason: str) -> Outcome:
    """The click may have counted, and nobody can tell."""
    return Outcome(
        status=SubmissionStatus.UNCERTAIN, failure=FailureType.OUTCOME_UNKNOWN, reason=reason, may_be_sent=True
    )


def _meaning(answer: Answer) -> tuple[SubmissionStatus, FailureType | None]:
    if answer.kind is AnswerKind.CAPTCHA and not unsolved(answer):
        # It comes up at the click alone: nobody can answer it before.
        return SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA_ON_PAGE
    return _MEANING[answer.kind]


def _nothing_left(answer: Answer) -> tuple[SubmissionStatus, FailureType, str]:
    """The click sent nothing: something stood in its way, or the page claims what cannot be."""
    status, failure = _meaning(answer)
    if failure is not None and failure in _BARRIERS:
        return status, failure, answer.quote
    if answer.kind is AnswerKind.UNCLEAR:
        return SubmissionStatus.FAILED, FailureType.REFUSED, "The page did not send the form."
    return (
        SubmissionStatus.UNCERTAIN,
        FailureType.OUTCOME_UNKNOWN,
        f"Nothing was sent, and yet the page says: {answer.quote}",
    )
