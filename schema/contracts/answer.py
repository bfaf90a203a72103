"""What the page said after the click, and how sure that is."""

from enum import StrEnum

from schema.contracts.base import Contract
from schema.contracts.submission import Evidence


class AnswerKind(StrEnum):
    """`unclear` is an answer too: nothing on the page tells whether the directory took the form."""

    ACCEPTED = "accepted"
    CONFIRMATION_NEEDED = "confirmation_needed"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    CAPTCHA = "captcha"
    LOGIN_REQUIRED = "login_required"
    PAYMENT_REQUIRED = "payment_required"
    UNCLEAR = "unclear"


class Refusal(Contract):
    """One complaint of the directory; `handle` is "" when it is not about one field."""

    handle: str = ""
    label: str = ""
    message: str


class Answer(Contract):
    """The reading of the page after the click. `quote` is the page's own words that decided it, bounded."""

    kind: AnswerKind
    evidence: Evidence = Evidence.NONE
    quote: str = ""
    refusals: tuple[Refusal, ...] = ()
    confidence: float = 0.0
