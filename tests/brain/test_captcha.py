"""A captcha that somebody will answer is left open in the plan; nothing of the profile ever goes into its field.

And a page that says that the answer was wrong has taken nothing.
"""

import pytest

from brain.answer import judge, unsolved
from brain.drift import seen
from brain.guard import check
from brain.planner import plan_step
from deploy.local.sandbox.model import Language
from deploy.local.sandbox.wording import wording
from schema.contracts.answer import Answer, AnswerKind
from schema.contracts.form import ButtonKind, CaptchaKind, FormButton, FormSnapshot
from schema.contracts.plan import FieldDecision, FieldValue, FillAction, Obstacle, PlanStep
from schema.contracts.profile import ProfileKey
from schema.failures import FailureType
from tests.brain.forms import SITE, bakery, field, form

_NAME = field("Business name", required=True)
_QUESTION = field("Security question: What is 3 + 4?", name="answer", required=True)
_ANSWERABLE = (CaptchaKind.IMAGE, CaptchaKind.QUESTION)


def asking(kind: CaptchaKind = CaptchaKind.QUESTION) -> FormSnapshot:
    """A form with a captcha; a widget takes no field of the form."""
    if kind.widget:
        return form(_NAME).model_copy(update={"captcha": kind})
    return form(_NAME, _QUESTION).model_copy(update={"captcha": kind, "captcha_field": _QUESTION.handle})


@pytest.mark.parametrize("kind", [CaptchaKind.IMAGE, CaptchaKind.QUESTION, CaptchaKind.TURNSTILE])
def test_an_answerable_captcha_is_left_open_and_the_plan_says_so(kind: CaptchaKind) -> None:
    step = plan_step(asking(kind), bakery(), answerable=(kind,))
    assert isinstance(step, PlanStep)
    assert step.captcha is kind
    assert [decision.handle for decision in step.decisions] == [_NAME.handle]


@pytest.mark.parametrize(
    ("kind", "failure"),
    [(CaptchaKind.QUESTION, FailureType.CAPTCHA), (CaptchaKind.RECAPTCHA, FailureType.CAPTCHA_ON_PAGE)],
)
def test_without_somebody_to_answer_it_is_in_the_way(kind: CaptchaKind, failure: FailureType) -> None:
    made = plan_step(asking(kind), bakery())
    assert isinstance(made, Obstacle)
    assert made.failure is failure


def test_a_widget_is_nothing_for_whoever_answers_in_words() -> None:
    made = plan_step(asking(CaptchaKind.HCAPTCHA), bakery(), answerable=_ANSWERABLE)
    assert isinstance(made, Obstacle)
    assert made.failure is FailureType.CAPTCHA_ON_PAGE


def test_a_captcha_before_the_last_step_is_the_pages_own() -> None:
    onward = asking().model_copy(
        update={"buttons": (FormButton(handle="main:next", text="Next", kind=ButtonKind.ADVANCE),)}
    )
    made = plan_step(onward, bakery(), answerable=_ANSWERABLE)
    assert isinstance(made, Obstacle)
    assert made.failure is FailureType.CAPTCHA_ON_PAGE


def test_nothing_is_ever_planned_into_the_captchas_field() -> None:
    snapshot = asking()
    step = plan_step(snapshot, bakery(), answerable=_ANSWERABLE)
    assert isinstance(step, PlanStep)
    forged = FieldDecision(
        handle=_QUESTION.handle, label="answer", action=FillAction.TYPE, key=ProfileKey.BUSINESS_NAME
    )
    step = step.model_copy(update={"decisions": (*step.decisions, forged)})
    name = bakery().business_name
    values = tuple(FieldValue(handle=h, action=FillAction.TYPE, text=name) for h in (_NAME.handle, _QUESTION.handle))
    assert [(f.rule, f.handle) for f in check(step, snapshot, values, bakery(), SITE)] == [
        ("nothing_secret", _QUESTION.handle)
    ]


def test_a_required_captcha_may_stay_empty_only_where_the_plan_has_it_answered() -> None:
    snapshot = asking()
    step = plan_step(snapshot, bakery(), answerable=_ANSWERABLE)
    assert isinstance(step, PlanStep)
    values = (FieldValue(handle=_NAME.handle, action=FillAction.TYPE, text=bakery().business_name),)
    assert check(step, snapshot, values, bakery(), SITE) == ()
    forgetful = step.model_copy(update={"captcha": CaptchaKind.NONE})
    assert [f.rule for f in check(forgetful, snapshot, values, bakery(), SITE)] == ["required_covered"]


def test_what_a_captcha_asked_is_not_remembered_of_the_form() -> None:
    assert [remembered.handle for remembered in seen(asking()).fields] == [_NAME.handle]


def refused_with(sentence: str, kind: CaptchaKind = CaptchaKind.IMAGE) -> Answer:
    """What is made of a page that shows its form again, with a new captcha and this sentence."""
    before = asking(kind)
    after = before.model_copy(update={"page_text": sentence})
    return judge(before, after, 200)


@pytest.mark.parametrize("language", ["de", "en", "es", "fr"])
@pytest.mark.parametrize("problem", ["captcha", "question", "recaptcha"])
def test_a_page_that_says_the_captcha_was_wrong_took_nothing(language: str, problem: str) -> None:
    kind = {"captcha": CaptchaKind.IMAGE, "question": CaptchaKind.QUESTION, "recaptcha": CaptchaKind.RECAPTCHA}[problem]
    sentence = wording(Language(language)).errors[problem]
    answer = refused_with(sentence, kind)
    assert unsolved(answer)
    assert answer.quote
    assert sentence.startswith(answer.quote)


@pytest.mark.parametrize(
    "sentence",
    [
        "Invalid captcha.",
        "The security code you entered was incorrect, please try again.",
        "CAPTCHA verification failed: the result is wrong.",
        "Wrong answer!",
        "Der eingegebene Sicherheitscode ist falsch.",
        "Le code de sécurité est incorrect.",
        "El código de verificación no es válido.",
        "Il codice di sicurezza non è corretto.",
        "O código de segurança está incorreto.",
        "De beveiligingscode is onjuist.",
    ],
)
def test_so_do_pages_in_their_own_words(sentence: str) -> None:
    assert unsolved(refused_with(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "Business name is required.",
        "This business is already listed.",
        "Thank you! Your listing has been submitted.",
        "",
    ],
)
def test_other_words_are_not_about_the_captcha(sentence: str) -> None:
    assert not unsolved(refused_with(sentence))


def test_a_captcha_that_comes_after_the_click_proves_nothing() -> None:
    before = form(_NAME)
    after = asking().model_copy(update={"page_text": "Please complete the captcha."})
    answer = judge(before, after, 200)
    assert (answer.kind, unsolved(answer)) == (AnswerKind.CAPTCHA, False)


def test_a_complaint_beside_the_captchas_field_is_about_the_captcha() -> None:
    before = asking()
    field = _QUESTION.model_copy(update={"error": "Nope, try again"})
    after = before.model_copy(update={"fields": (_NAME, field)})
    answer = judge(before, after, 422)
    assert (unsolved(answer), answer.quote) == (True, "Nope, try again")


def test_where_something_else_is_wrong_as_well_that_is_what_must_be_amended() -> None:
    before = asking()
    named = _NAME.model_copy(update={"error": "Too long"})
    after = before.model_copy(update={"fields": (named, _QUESTION), "page_text": "Wrong answer to the question."})
    assert judge(before, after, 200).kind is AnswerKind.REFUSED
