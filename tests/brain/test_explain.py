"""What people are told of a form is what the mapper, the formats and the guard really think of it."""

from brain.explain import FieldAccount, explain
from brain.planner import plan_step
from schema.contracts.form import FormField
from schema.contracts.plan import PlanStep
from tests.brain.forms import field, form
from tests.factories import PROFILE

NAME = field("Business name", required=True)


def account(*fields: FormField) -> dict[str, FieldAccount]:
    return {row.field: row for row in explain(form(*fields), PROFILE).fields}


def test_every_visible_field_is_told_of_in_the_forms_order() -> None:
    hidden = field("Leave this empty", visible=False)
    rows = explain(form(NAME, hidden, field("Phone"), field("Frobnication")), PROFILE).fields
    assert [(row.field, row.takes) for row in rows] == [
        ("Business name", "business_name"),
        ("Phone", "phone"),
        ("Frobnication", ""),
    ]
    assert all(row.why for row in rows)


def test_it_says_what_the_plan_says() -> None:
    snapshot = form(NAME, field("Phone"), field("E-mail"), field("City"))
    step = plan_step(snapshot, PROFILE)
    assert isinstance(step, PlanStep)
    told = [(row.handle, row.confidence, row.why) for row in explain(snapshot, PROFILE).fields]
    assert told == [(made.handle, made.confidence, made.why) for made in step.decisions]
