"""What a person is told to do about an action: step by step by its kind, and what each resolution would do.

Plain words and pure functions. Nothing here comes from a directory's page.
"""

from schema.contracts.action import Choice
from schema.contracts.submission import Resolution
from schema.failures import FailureType

_BY_HAND = "Open the form and list the business yourself: `jobs show` and the screenshot say how far the visit came."
_THEN_CONFIRM = "When the directory has taken it, resolve as confirmed, with the listing's address in the note."
_OR_GIVE_UP = "If the customer should not be listed there, give up."

_STEPS: dict[FailureType, tuple[str, ...]] = {
    FailureType.CAPTCHA: (
        "The form asks for a captcha, which is left to people.",
        "Answer it from here with `directorybolt actions solve ID`: the form is opened anew and shows you its captcha.",
        _BY_HAND,
        _THEN_CONFIRM,
        "If the captcha has gone from the form since, retry.",
    ),
    FailureType.CAPTCHA_ON_PAGE: (
        "The form asks for a captcha that only somebody at the page itself can solve.",
        _BY_HAND,
        _THEN_CONFIRM,
        "If the captcha has gone from the form since, retry.",
    ),
    FailureType.CONFIRMATION_NEEDED: (
        "The directory has taken the form and waits for a confirmation, by e-mail or by phone.",
        "Ask the customer to open the directory's message and follow its link, or to take its call.",
        "When it is confirmed, resolve as confirmed.",
        "If the message never comes, or the customer does not want to, give up.",
    ),
    FailureType.LOGIN_REQUIRED: (
        "The directory lists only those who have an account.",
        "Sign in, or make an account in the customer's name and with their consent; keep the password out of the note.",
        "List the business there yourself.",
        _THEN_CONFIRM,
        "If the form can be reached without an account by now, retry.",
    ),
    FailureType.PAYMENT_REQUIRED: (
        "The directory asks for money. Nothing has been paid.",
        "Ask the customer whether the listing is worth it to them; if it is, pay and list the business yourself.",
        _THEN_CONFIRM,
        "If there is a free listing after all, retry. Otherwise give up.",
    ),
    FailureType.PLAN_REJECTED: (
        "The form could not be filled safely: the reason below says which field or rule stopped it.",
        "Compare the form with the screenshot.",
        "If the form is in order by now, retry: it is read anew, and whatever stops it again comes back here.",
        _BY_HAND,
        _THEN_CONFIRM,
    ),
    FailureType.PROFILE_INCOMPLETE: (
        "The form insists on something that the business profile does not hold: the reason below names it.",
        "Ask the customer for it and list the business yourself: what was paid for is pinned, and a corrected profile "
        "is a new order.",
        _THEN_CONFIRM,
        "If the form no longer asks for it, retry. " + _OR_GIVE_UP,
    ),
    FailureType.OUTCOME_UNKNOWN: (
        "The form was sent, or may have been, and nobody knows what became of it. It is never sent again.",
        "Search the directory for the business, by name and by phone, and look for a mail from it to the customer.",
        "If it is listed, or waits to be reviewed, resolve as confirmed, with what you saw in the note.",
        "If the directory surely does not have it, give up.",
    ),
}
_ANY_KIND = (
    "The directory could not go on by itself: the reason below says why.",
    "Look at its form and at the screenshot.",
    _THEN_CONFIRM,
    _OR_GIVE_UP,
)

_EFFECTS = {
    Resolution.CONFIRMED: "The directory counts as submitted, on your word as evidence.",
    Resolution.ATTEND: "The form is opened and filled anew, and you are shown its captcha, which waits three minutes.",
    Resolution.RETRY: "The form is opened, read and filled anew, and sent once.",
    Resolution.GIVE_UP: "The directory ends as failed (given_up). Nothing more is sent.",
}


def steps(kind: FailureType) -> tuple[str, ...]:
    """What to do, in order."""
    return _STEPS.get(kind, _ANY_KIND)


def choices(kind: FailureType, *, may_be_sent: bool) -> tuple[Choice, ...]:
    """The resolutions that are possible: nothing that would send again what the directory may hold already."""
    return tuple(
        Choice(resolution=resolution, effect=effect)
        for resolution, effect in _EFFECTS.items()
        if not (resolution.sends and may_be_sent)
        if resolution is not Resolution.ATTEND or kind is FailureType.CAPTCHA
    )
