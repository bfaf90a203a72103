"""What people are told of a form is what the mapper, the formats and the guard really think of it."""

from brain.explain import FieldAccount, explain, shown
from brain.planner import plan_step
from schema.contracts.form import FieldKind, FieldOption, FormField
from schema.contracts.plan import FieldValue, FillAction, PlanStep
from tests.brain.forms import bakery, choice, field, form
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


def test_a_value_is_shown_as_a_person_sees_it() -> None:
    profile = bakery()
    country = field(
        "Country",
        kind=FieldKind.SELECT,
        options=(FieldOption(value="de", label="Germany"), FieldOption(value="us", label="United States")),
    )
    rows = explain(
        form(country, field("Logo", kind=FieldKind.FILE), field("I agree to the terms", kind=FieldKind.CHECKBOX)),
        profile,
    ).fields
    assert [row.value for row in rows] == ["United States", "image/png, 0.1 KB", "✓"]
    assert [row.takes for row in rows] == ["country", "logo", "check"]


def test_an_uploads_address_is_shown_and_several_choices_side_by_side() -> None:
    upload = field("Photos", kind=FieldKind.FILE)
    pictures = "https://a.example/1.png\ndata:image/jpeg;base64,QUJD"
    found = shown(FieldValue(handle=upload.handle, action=FillAction.UPLOAD, text=pictures), upload)
    assert found == "https://a.example/1.png; image/jpeg, 0.0 KB"
    pay = choice("Payment", "Cash", "Visa", kind=FieldKind.MULTISELECT)
    assert shown(FieldValue(handle=pay.handle, action=FillAction.SELECT, text="Cash\nVisa"), pay) == "Cash; Visa"
    assert shown(None, pay) == ""


def test_the_runners_up_and_what_speaks_for_each_are_told() -> None:
    rows = account(NAME, field("Contact"), field("Frobnication"))
    contact = rows["Contact"]
    shares = [meaning.confidence for meaning in contact.meanings]
    assert len(shares) > 1
    assert shares == sorted(shares, reverse=True)
    assert any(clue.what == 'label for "contact"' for clue in contact.words)
    named = {meaning.meaning for meaning in contact.meanings}
    assert {clue.meaning for clue in contact.model} <= named
    assert rows["Frobnication"].words == ()


def test_the_guards_findings_are_all_told() -> None:
    snapshot = form(NAME, field("Frobnication", required=True), action="https://elsewhere.example/add")
    assert {finding.rule for finding in explain(snapshot, PROFILE).findings} == {"posts_home", "required_covered"}
    assert explain(form(NAME), PROFILE).findings == ()


def test_it_says_what_the_plan_says() -> None:
    snapshot = form(NAME, field("Phone"), field("E-mail"), field("City"))
    step = plan_step(snapshot, PROFILE)
    assert isinstance(step, PlanStep)
    told = [(row.handle, row.confidence, row.why) for row in explain(snapshot, PROFILE).fields]
    assert told == [(made.handle, made.confidence, made.why) for made in step.decisions]
