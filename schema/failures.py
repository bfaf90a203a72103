"""Why something failed: one closed list. Code branches on these, never on the text of a message."""

from enum import StrEnum


class FailureType(StrEnum):
    """The reason recorded on a result, and the `type` of every ApplicationError that leaves an activity."""

    # The directory, before anything was sent
    DIRECTORY_UNREACHABLE = "directory_unreachable"
    DIRECTORY_BUSY = "directory_busy"
    FORM_NOT_FOUND = "form_not_found"
    FORM_CHANGED = "form_changed"
    PLAN_REJECTED = "plan_rejected"
    PROFILE_INCOMPLETE = "profile_incomplete"
    POLICY_FORBIDS = "policy_forbids"
    ALREADY_LISTED = "already_listed"
    # A person is needed
    CAPTCHA = "captcha"
    CAPTCHA_ON_PAGE = "captcha_on_page"
    """One that nobody can answer but on the page itself: a widget, one before the last step or behind the click."""
    CONFIRMATION_NEEDED = "confirmation_needed"
    LOGIN_REQUIRED = "login_required"
    PAYMENT_REQUIRED = "payment_required"
    ACTION_EXPIRED = "action_expired"
    GIVEN_UP = "given_up"
    # After the click
    REFUSED = "refused"
    OUTCOME_UNKNOWN = "outcome_unknown"
    # Our own side
    BROWSER_FAILED = "browser_failed"
    STORE_UNAVAILABLE = "store_unavailable"
    QUEUE_UNAVAILABLE = "queue_unavailable"
    WORKFLOW_CLOSED = "workflow_closed"
    CANCELLED = "cancelled"
    INVALID_INPUT = "invalid_input"
    INTERNAL = "internal"


NOT_RETRYABLE = frozenset({FailureType.INVALID_INPUT})
"""A retry of these meets the same wall."""
