"""What has changed on a form, in sentences; and that a changed fingerprint never goes without one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.drift import drift, seen
from brain.reader.fingerprint import fingerprint
from schema.contracts.form import (
    CaptchaKind,
    FieldKind,
    FieldOption,
    FormField,
    FormSnapshot,
    Label,
    LabelSource,
)
from schema.contracts.mapping import SeenStep
from tests.brain.forms import choice, field, form
from tests.examples import EVERY

_NAME = field("Business name", required=True)
_PHONE = field("Phone", kind=FieldKind.TEL)
_CATEGORY = choice("Category", "Bakery", "Bar", "Florist")
_PLAIN = (_NAME, _PHONE, _CATEGORY)


def step(*fields: FormField, **rest: Any) -> SeenStep:
    """A step as it would be remembered, under its real fingerprint."""
    return seen(printed(form(*fields, **rest)))


def printed(snapshot: FormSnapshot) -> FormSnapshot:
    walls = (snapshot.login_required, snapshot.payment_required)
    made = fingerprint(snapshot.url, snapshot.action, snapshot.fields, snapshot.captcha, *walls)
    return snapshot.model_copy(update={"fingerprint": made if snapshot.found else ""})


def told(*now: FormField, **rest: Any) -> tuple[str, ...]:
    """What is said of a form that was `_PLAIN` before."""
    return drift([(step(*_PLAIN),)], (step(*now, **rest),))


def like(known: FormField, **changes: Any) -> FormField:
    return known.model_copy(update=changes)


@pytest.mark.parametrize(
    ("now", "sentences"),
    [
        ((*_PLAIN, field("Fax")), ['New: "Fax".']),
        ((*_PLAIN, field("Fax", required=True)), ['New: "Fax" (required).']),
        ((_NAME, _CATEGORY), ['Gone: "Phone".']),
        ((_NAME, like(_PHONE, required=True), _CATEGORY), ['"Phone" is required now.']),
        ((like(_NAME, required=False), _PHONE, _CATEGORY), ['"Business name" is not required any more.']),
        (
            (_NAME, field("Telephone", handle="main:Phone", kind=FieldKind.TEL), _CATEGORY),
            ['"Phone" is called "Telephone" now.'],
        ),
        (
            (_NAME, field("Phone", handle="main:tel", name="tel", kind=FieldKind.TEL), _CATEGORY),
            ["1 field is named otherwise in the page's code (main:Phone → main:tel)."],
        ),
        (
            (_NAME, _PHONE, choice("Category", "Bakery", "Bar", "Florist", "Spa")),
            ['"Category" offers 4 choices instead of 3 (new: Spa).'],
        ),
        (
            (_NAME, _PHONE, choice("Category", "Bakery", "Bar", "Spa")),
            ['"Category" offers 3 choices, others than before (new: Spa; gone: Florist).'],
        ),
        (
            (_NAME, _PHONE, choice("Category", *(f"Trade {n}" for n in range(90)))),
            ['"Category" offers 90 choices instead of 3.'],
        ),
        (
            (_NAME, like(_PHONE, section="Billing"), _CATEGORY),
            ['"Phone" stands under "Billing" now, under no heading before.'],
        ),
        (
            (_NAME, like(_PHONE, autocomplete="fax tel"), _CATEGORY),
            ['"Phone" has the browser complete fax tel now, nothing before.'],
        ),
        ((_NAME, _PHONE, field("Category")), ['"Category" is a text field now, not a select field.']),
        (
            (
                _NAME,
                like(_PHONE, labels=(*_PHONE.labels, Label(text="512…", source=LabelSource.PLACEHOLDER))),
                _CATEGORY,
            ),
            ['"Phone" is described in other words now.'],
        ),
    ],
)
def test_what_is_other_about_the_fields(now: tuple[FormField, ...], sentences: list[str]) -> None:
    assert list(told(*now)) == sentences


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"captcha": CaptchaKind.HCAPTCHA}, "A captcha has appeared (hcaptcha)."),
        ({"login_required": True}, "It asks for a login."),
        ({"payment_required": True}, "It asks for money."),
        ({"action": "https://directory.example/v2/add"}, "It posts to /v2/add instead of /add."),
        (
            {"action": "https://forms.example/add"},
            "It posts to forms.example/add instead of /add.",
        ),
        ({"found": False, "fields": ()}, "The form is no longer on the page."),
    ],
)
def test_what_is_other_about_the_form(changes: dict[str, Any], sentence: str) -> None:
    assert told(*_PLAIN, **changes) == (sentence,)


def test_what_has_gone_is_said_as_well() -> None:
    walled = step(*_PLAIN, captcha=CaptchaKind.HCAPTCHA, login_required=True, payment_required=True)
    assert drift([(walled,)], (step(*_PLAIN),)) == (
        "The captcha is gone.",
        "It asks for no login any more.",
        "It asks for no money any more.",
    )
    other = step(*_PLAIN, captcha=CaptchaKind.TURNSTILE, login_required=True, payment_required=True)
    assert drift([(walled,)], (other,)) == ("The captcha is another one (turnstile instead of hcaptcha).",)


def test_a_field_put_in_between_does_not_make_all_others_new() -> None:
    """Names that count fields shift with every one; what a field is called tells which it is."""
    before = tuple(field(label, handle=f"main:f{n}", name=f"f{n}") for n, label in enumerate(("Name", "Phone", "City")))
    now = tuple(
        field(label, handle=f"main:f{n}", name=f"f{n}") for n, label in enumerate(("Name", "Fax", "Phone", "City"))
    )
    said = drift([(step(*before),)], (step(*now),))
    assert said[0] == 'New: "Fax".'
    assert said[1:] == ("2 fields are named otherwise in the page's code (main:f1 → main:f2, main:f2 → main:f3).",)


def test_a_field_is_known_again_by_what_it_takes_under_another_name_and_label() -> None:
    now = (field("Company", handle="main:c", required=True), field("Telephone", handle="main:t", kind=FieldKind.TEL))
    said = told(*now, choice("Category", "Bakery", "Bar", "Florist"))
    assert '"Business name" is called "Company" now.' in said
    assert '"Phone" is called "Telephone" now.' in said
    assert not [sentence for sentence in said if sentence.startswith(("New", "Gone"))]


def test_steps_are_counted_and_their_fields_are_compared_wherever_they_stand() -> None:
    said = drift([(step(*_PLAIN),)], (step(_NAME, _CATEGORY), step(_PHONE)))
    assert said == ("The form has 2 steps instead of 1.",)


def test_a_visit_that_was_stopped_says_nothing_of_the_steps_it_did_not_see() -> None:
    whole = (step(_NAME), step(_PHONE))
    assert drift([whole], (step(_NAME),), whole=False) == ()
    assert drift([whole], (step(_NAME, _CATEGORY),), whole=False) == ('New: "Category".',)


def test_a_face_that_is_known_is_no_change_even_if_it_is_not_the_latest() -> None:
    old, new = (step(_NAME),), (step(*_PLAIN),)
    assert drift([new, old], old) == ()
    assert drift([], old) == ()


def test_of_a_relaunch_with_hundreds_of_fields_the_sentences_stay_readable() -> None:
    before = tuple(field(f"Question {n}", handle=f"main:q{n}", name=f"q{n}") for n in range(200))
    said = drift([(step(*before),)], (step(_NAME),))
    assert len(said) == 40
    assert said[-1] == "And 162 changes more."
    assert all(len(sentence) < 500 for sentence in said)


_LABELS = st.sampled_from(["Business name", "Phone", "City", "Fax", "Category", "Über uns", "電話番号"])
_FIELDS = st.builds(
    lambda label, name, kind, required, options, section, autocomplete: field(
        label,
        handle=f"main:{name}",
        name=name,
        kind=kind,
        required=required,
        section=section,
        autocomplete=autocomplete,
        options=tuple(FieldOption(value=text, label=text) for text in options) if kind is FieldKind.SELECT else (),
    ),
    _LABELS,
    st.sampled_from(["a", "b", "c", "d", "e"]),
    st.sampled_from([FieldKind.TEXT, FieldKind.SELECT, FieldKind.CHECKBOX]),
    st.booleans(),
    st.lists(_LABELS, max_size=4, unique=True),
    st.sampled_from(["", "Contact", "Billing"]),
    st.sampled_from(["", "tel", "organization"]),
)
_FORMS = st.builds(
    lambda fields, action, captcha: step(*fields, action=action, captcha=captcha),
    st.lists(_FIELDS, max_size=5, unique_by=lambda made: made.handle),
    st.sampled_from(["https://directory.example/add", "https://directory.example/new", ""]),
    st.sampled_from([CaptchaKind.NONE, CaptchaKind.IMAGE]),
)


@EVERY
@given(_FORMS, _FORMS)
def test_every_changed_fingerprint_has_a_sentence_that_says_what_and_every_other_has_none(
    before: SeenStep, now: SeenStep
) -> None:
    said = drift([(before,)], (now,))
    assert bool(said) == (before.fingerprint != now.fingerprint)
    assert "The form has changed in a way that none of its fields shows." not in said
