"""What a post to a site deserves: the verdict that goes into the books and decides the answer. No rendering here."""

from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.local.sandbox.books import BookRow, PostOutcome
from deploy.local.sandbox.choices import Choice
from deploy.local.sandbox.fields import Form
from deploy.local.sandbox.model import Answer, Design, Role, Site
from deploy.local.sandbox.posting import Posting
from deploy.local.sandbox.rules import find_errors
from deploy.local.sandbox.visits import Challenges, Sessions
from deploy.local.sandbox.wording import wording

CSRF_FIELD = "authenticity_token"
CAPTCHA_KEY = "captcha_key"
CAPTCHA_ANSWER = "captcha_code"
WIDGET_ANSWER = "g-recaptcha-response"
CARD_NUMBER = "card_number"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`errors` are by control name; `problem` is a message about the whole post."""

    outcome: PostOutcome
    status: int
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A post, and what the server knows about whoever sent it. `known` is the listing that is there already."""

    site: Site
    form: Form
    posting: Posting
    session: str
    known: BookRow | None


def business_of(form: Form, posting: Posting) -> str:
    """The business name as posted, "" if the post has none."""
    name = form.of(Role.BUSINESS_NAME)
    return posting.last(name.name) if name else ""


class Judge:
    """Goes through a site's rules in the order in which a real one would notice."""

    def __init__(self, sessions: Sessions, challenges: Challenges) -> None:
        self._sessions = sessions
        self._challenges = challenges

    def verdict(self, case: Case) -> Verdict:
        """The first rule that objects decides; nobody objects: the listing is accepted."""
        rules: tuple[Callable[[Case], Verdict | None], ...] = (
            _gone,
            self._session,
            _trapped,
            _invalid,
            self._captcha,
            _unpaid,
            _elsewhere,
            _known,
            _crash,
        )
        for rule in rules:
            objection = rule(case)
            if objection:
                return objection
        if case.site.design is Design.EMAIL_CONFIRMATION:
            return Verdict(PostOutcome.PENDING_CONFIRMATION, 200)
        return Verdict(PostOutcome.ACCEPTED, _accepted_status(case.site))

    def _session(self, case: Case) -> Verdict | None:
        if case.site.design is not Design.CSRF:
            return None
        if self._sessions.matches(case.session, case.posting.last(CSRF_FIELD)):
            return None
        return _refused(case, 403, "session")

    def _captcha(self, case: Case) -> Verdict | None:
        posting, challenges = case.posting, self._challenges
        match case.site.design:
            case Design.CAPTCHA_IMAGE | Design.CAPTCHA_QUESTION:
                fine = challenges.solved(posting.last(CAPTCHA_KEY), posting.last(CAPTCHA_ANSWER))
                problem = "captcha" if case.site.design is Design.CAPTCHA_IMAGE else "question"
            case Design.CAPTCHA_WIDGET:
                fine, problem = challenges.solved(posting.last(WIDGET_ANSWER), "passed"), "recaptcha"
            case _:
                return None
        return None if fine else _refused(case, case.site.refusal_status, problem)


def _accepted_status(site: Site) -> int:
    if site.design is Design.SCRIPTED:
        return 201
    redirected = site.answer is Answer.REDIRECT and site.design is not Design.UNCLEAR
    return 303 if redirected else 200


def _refused(case: Case, status: int, problem: str) -> Verdict:
    return Verdict(PostOutcome.REFUSED, status, problem=wording(case.site.language).errors[problem])


def _gone(case: Case) -> Verdict | None:
    return Verdict(PostOutcome.REFUSED, 410) if case.site.design is Design.GONE else None


def _trapped(case: Case) -> Verdict | None:
    trap = case.site.trap
    return Verdict(PostOutcome.SPAM, 403) if trap and case.posting.last(trap.name) else None


def _invalid(case: Case) -> Verdict | None:
    errors = find_errors(case.site, case.form, case.posting)
    if not errors:
        return None
    summary = wording(case.site.language).errors["summary"]
    return Verdict(PostOutcome.REFUSED, case.site.refusal_status, errors, summary)


def _unpaid(case: Case) -> Verdict | None:
    """No card is ever good enough: this street takes nobody's money."""
    return _refused(case, 402, "payment") if case.site.design is Design.PAYMENT_WALL else None


def _elsewhere(case: Case) -> Verdict | None:
    state = case.form.of(Role.STATE)
    if case.site.design is not Design.REGIONAL or state is None:
        return None
    value = case.posting.last(state.name)
    oregon = next((choice for choice in state.choices if choice.label == "Oregon"), Choice("OR", "Oregon"))
    return None if value in (oregon.value, oregon.label) else _refused(case, 200, "region")


def _known(case: Case) -> Verdict | None:
    if case.known is None and case.site.design is not Design.KNOWN_BUSINESS:
        return None
    return Verdict(PostOutcome.DUPLICATE, 409 if case.site.refusal_status == 422 else 200)


def _crash(case: Case) -> Verdict | None:
    return Verdict(PostOutcome.ERROR, 500) if case.site.design is Design.THANKFUL_CRASH else None
