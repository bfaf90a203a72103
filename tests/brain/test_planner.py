"""Plans and what stands in their way; amendments after a refusal; explanations."""

import json

import pytest

from brain.formats import render
from brain.planner import amend, plan_step
from schema.contracts.answer import Refusal
from schema.contracts.form import ButtonKind, CaptchaKind, FieldKind, FormButton, FormField, FormSnapshot
from schema.contracts.plan import FillAction, Obstacle, Plan, PlanStep
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType
from tests.brain.forms import SITE, bakery, choice, field, form

_NAME = field("Business name", required=True)


def step_of(*fields: FormField) -> PlanStep:
    made = plan_step(form(_NAME, *fields), bakery())
    assert isinstance(made, PlanStep), made
    return made


def obstacle(snapshot: FormSnapshot, profile: BusinessProfile | None = None) -> tuple[FailureType, str]:
    made = plan_step(snapshot, profile or bakery())
    assert isinstance(made, Obstacle), made
    return made.failure, made.reason


def test_a_plan_names_keys_and_holds_nothing_of_the_customer() -> None:
    made = step_of(field("Phone"), choice("Category", "Bakery"), field("I agree to the terms", kind=FieldKind.CHECKBOX))
    text = made.model_dump_json()
    assert [d.action for d in made.decisions] == [FillAction.TYPE, FillAction.TYPE, FillAction.SELECT, FillAction.CHECK]
    assert not any(word in text for word in ("Rosa", "512", "rosasbakery"))
    assert made.button == "main:button-submit"


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"found": False, "fields": ()}, FailureType.FORM_NOT_FOUND),
        ({"captcha": CaptchaKind.IMAGE}, FailureType.CAPTCHA),
        ({"captcha": CaptchaKind.HCAPTCHA}, FailureType.CAPTCHA_ON_PAGE),
        ({"captcha": CaptchaKind.IMAGE, "found": False, "fields": ()}, FailureType.CAPTCHA_ON_PAGE),
        ({"login_required": True}, FailureType.LOGIN_REQUIRED),
        ({"payment_required": True}, FailureType.PAYMENT_REQUIRED),
        ({"buttons": ()}, FailureType.PLAN_REJECTED),
        ({"action": "https://evil.example/"}, FailureType.PLAN_REJECTED),
    ],
)
def test_obstacles_of_the_page(changes: dict[str, object], failure: FailureType) -> None:
    assert obstacle(form(_NAME).model_copy(update=changes))[0] is failure


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        (field("Fax", required=True), FailureType.PROFILE_INCOMPLETE),
        (field("Frobnication", required=True), FailureType.PLAN_REJECTED),
        (field("Reciprocal link", required=True), FailureType.PLAN_REJECTED),
        (field("VAT number", required=True), FailureType.PLAN_REJECTED),
        (choice("Frobnication", "A", "B", required=True), FailureType.PLAN_REJECTED),
        (choice("Are you the owner?", "Yes", "No", kind=FieldKind.RADIO, required=True), FailureType.PLAN_REJECTED),
        (choice("Country", "Canada", "Mexico", required=True), FailureType.PLAN_REJECTED),
        (choice("Category", "Law", "Medicine", required=True), FailureType.PLAN_REJECTED),
        (field("Send me the newsletter", kind=FieldKind.CHECKBOX, required=True), FailureType.PLAN_REJECTED),
    ],
)
def test_a_required_field_is_never_guessed(asked: FormField, failure: FailureType) -> None:
    found, reason = obstacle(form(_NAME, asked), bakery(fax=""))
    assert found is failure
    assert asked.labels[0].text in reason
    assert isinstance(plan_step(form(_NAME, asked.model_copy(update={"required": False})), bakery(fax="")), PlanStep)


def test_what_the_page_has_filled_itself_may_stay() -> None:
    preset = choice("Frobnication", "A", "B", required=True, filled=True)
    assert isinstance(plan_step(form(_NAME, preset), bakery()), PlanStep)


def test_terms_are_a_policy() -> None:
    terms = field("I agree to the terms", kind=FieldKind.CHECKBOX, required=True)
    refused = plan_step(form(_NAME, terms), bakery(), accept_terms=False)
    assert isinstance(refused, Obstacle)
    assert refused.failure is FailureType.POLICY_FORBIDS
    free = plan_step(form(_NAME, terms.model_copy(update={"required": False})), bakery(), accept_terms=False)
    assert isinstance(free, PlanStep)
    assert free.decisions[-1].action is FillAction.LEAVE


def test_the_free_plan_is_chosen_and_a_dear_one_never() -> None:
    plans = choice("Listing type", "Premium ($99)", "Free", kind=FieldKind.RADIO, required=True)
    made = step_of(plans)
    assert render(made, form(_NAME, plans), bakery())[-1].text == "Free"
    dear = choice("Listing type", "Premium ($99)", "Gold ($9)", kind=FieldKind.RADIO, required=True)
    assert obstacle(form(_NAME, dear))[0] is FailureType.PLAN_REJECTED


def test_a_wizard_ends_with_its_next_button() -> None:
    more = FormButton(handle="main:next", text="Next", kind=ButtonKind.ADVANCE)
    back = FormButton(handle="main:back", text="Back", kind=ButtonKind.OTHER)
    made = plan_step(form(_NAME, buttons=(back, more)), bakery())
    assert isinstance(made, PlanStep)
    assert (made.button, made.button_kind) == ("main:next", ButtonKind.ADVANCE)


def test_an_empty_choice_that_waits_for_another_is_planned() -> None:
    parent = choice("Category", "Food", "Law", required=True)
    child = choice("Subcategory", required=True, depends_on=parent.handle)
    assert isinstance(plan_step(form(_NAME, parent, child), bakery()), PlanStep)


def plan_of(*fields: FormField) -> tuple[Plan, FormSnapshot]:
    snapshot = form(_NAME, *fields)
    return Plan(directory="d", url=SITE, steps=(step_of(*fields),)), snapshot


def test_a_refused_phone_is_written_another_way_until_there_is_none_left() -> None:
    plan, snapshot = plan_of(field("Phone"))
    seen = []
    current: Plan | None = plan
    while current is not None:
        seen.append(render(current.steps[0], snapshot, bakery())[-1].text)
        current = amend(current, snapshot, (Refusal(handle="main:Phone", message="invalid"),), bakery())
    assert seen[:3] == ["+1 512-555-0147", "(512) 555-0147", "5125550147"]
    assert len(seen) == len(set(seen))


def test_the_other_fields_stay_as_they_are() -> None:
    plan, snapshot = plan_of(field("Phone"), field("Website"))
    amended = amend(plan, snapshot, (Refusal(label="Website", message="Website is not valid"),), bakery())
    assert amended is not None
    assert [decision.variant for decision in amended.steps[0].decisions] == [0, 0, 1]


def test_a_shape_that_the_refusal_shows_is_taken() -> None:
    plan, snapshot = plan_of(field("Phone"))
    message = "Please enter the phone as 5550100123: digits only."
    amended = amend(plan, snapshot, (Refusal(handle="main:Phone", message=message),), bakery())
    assert amended is not None
    assert render(amended.steps[0], snapshot, bakery())[-1].text == "5125550147"


def test_a_refusal_that_nothing_can_change() -> None:
    plan, snapshot = plan_of(field("City"))
    assert amend(plan, snapshot, (Refusal(message="We only list Oregon"),), bakery()) is None
    assert amend(plan, snapshot, (Refusal(handle="main:City", message="unknown"),), bakery()) is None


def test_a_plan_survives_being_stored() -> None:
    plan, _ = plan_of(field("Phone"))
    assert Plan.model_validate(json.loads(plan.model_dump_json())) == plan
