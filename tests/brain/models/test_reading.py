"""What a model may add to the reading of the page after the click, and what it may not."""

import json
from typing import Any

import pytest

from brain.answer import judge
from brain.models.reading import PageReading, ReadRequest, read_page, reading, weighed, worth_reading
from brain.models.redaction import Redaction
from schema.contracts.answer import Answer, AnswerKind, Refusal
from schema.contracts.form import FormSnapshot
from schema.contracts.submission import Evidence
from tests.brain.forms import bakery, field, form

_BEFORE = form(field("Business name"), field("Ort"), field("Phone"))
_UNCLEAR = Answer(kind=AnswerKind.UNCLEAR, quote="Gribble.")
_BY_HANDLE = Refusal(handle="main:Ort", label="Ort", message="Frobnicate it.")
_REFUSED = Answer(
    kind=AnswerKind.REFUSED, evidence=Evidence.TEXT, confidence=0.8, refusals=(Refusal(message="Invalid."),)
)


def after(text: str, *, there: bool = True) -> FormSnapshot:
    if there:
        return _BEFORE.model_copy(update={"page_text": text})
    return form(found=False, page_text=text).model_copy(update={"fields": (), "buttons": ()})


def read(answer: dict[str, Any], page: FormSnapshot) -> PageReading | None:
    question = read_page(_BEFORE, page, 200, Redaction(bakery()))
    return reading(question.answer.model_validate_json(json.dumps(answer)), _BEFORE, page)


def test_a_model_sees_what_is_new_without_the_customer() -> None:
    page = after("Gribble, Rosa Marin! We wrote to rosa@rosasbakery.example.")
    request = ReadRequest.model_validate_json(read_page(_BEFORE, page, 200, Redaction(bakery())).material)
    assert [said.text for said in request.said] == ["Gribble, [contact_name]!", "We wrote to [email]."]
    assert [shown.label for shown in request.fields] == ["Business name", "Ort", "Phone"]


def test_the_page_is_quoted_by_its_sentences() -> None:
    page = after("Frobnicate it. Gribble.")
    made = read({"kind": "refused", "because": "s2", "refused": [{"field": "f2", "because": "s1"}]}, page)
    assert made == PageReading(kind=AnswerKind.REFUSED, quote="Gribble.", refusals=(_BY_HANDLE,))


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "accepted", "because": "s1", "refused": [{"field": "f1", "because": "s1"}]},
        {"kind": "refused", "because": "s1", "refused": [{"field": "f1", "because": "s1"}] * 2},
    ],
)
def test_an_answer_that_contradicts_itself_is_none(answer: dict[str, Any]) -> None:
    assert read(answer, after("Gribble.")) is None


@pytest.mark.parametrize("kind", list(AnswerKind))
@pytest.mark.parametrize("status", [None, 200, 302, 404, 500])
@pytest.mark.parametrize("said", list(AnswerKind))
def test_the_deterministic_reading_stands(kind: AnswerKind, status: int | None, said: AnswerKind) -> None:
    """Nothing becomes accepted or refused or anything that is clicked again; no evidence comes out of a model."""
    answer = Answer(kind=kind, evidence=Evidence.TEXT, quote="Its own words.", confidence=0.6, refusals=(_BY_HANDLE,))
    other = Refusal(handle="main:Phone", message="No.")
    made = weighed(answer, PageReading(kind=said, quote="Gribble.", refusals=(other,)), status)
    confirmed = kind is AnswerKind.UNCLEAR and said is AnswerKind.CONFIRMATION_NEEDED and status in (200, 302)
    assert made.kind is (AnswerKind.CONFIRMATION_NEEDED if confirmed else kind)
    assert (made.evidence, made.refusals) == (answer.evidence, answer.refusals)
    if kind is not AnswerKind.UNCLEAR:
        assert made == answer


def test_an_unclear_page_becomes_a_word_for_a_person() -> None:
    made = weighed(_UNCLEAR, PageReading(kind=AnswerKind.ACCEPTED, quote="All frobnicated."), 200)
    assert (made.kind, made.evidence) == (AnswerKind.UNCLEAR, Evidence.NONE)
    assert made.quote == "It may mean accepted: All frobnicated."


@pytest.mark.parametrize("kind", [AnswerKind.UNCLEAR, AnswerKind.ACCEPTED])
def test_a_reading_without_the_pages_words_says_nothing(kind: AnswerKind) -> None:
    assert weighed(_UNCLEAR, PageReading(kind=kind), 200) == _UNCLEAR


def test_a_refusal_without_fields_learns_which_are_meant() -> None:
    made = weighed(_REFUSED, PageReading(kind=AnswerKind.REFUSED, refusals=(_BY_HANDLE,)), 422)
    assert made.refusals == (_BY_HANDLE, *_REFUSED.refusals)
    assert (made.kind, made.evidence, made.confidence) == (AnswerKind.REFUSED, Evidence.TEXT, 0.8)


@pytest.mark.parametrize(
    ("answer", "status", "is_worth_it"),
    [
        (_UNCLEAR, 200, True),
        (_UNCLEAR, None, True),
        (_UNCLEAR, 503, False),
        (_REFUSED, 422, True),
        (_REFUSED.model_copy(update={"refusals": (_BY_HANDLE,)}), 422, False),
        (Answer(kind=AnswerKind.ACCEPTED, evidence=Evidence.RESPONSE), 200, False),
        (Answer(kind=AnswerKind.CAPTCHA), 200, False),
    ],
)
def test_it_is_only_asked_where_it_could_add_something(answer: Answer, status: int | None, is_worth_it: bool) -> None:
    assert worth_reading(answer, status) is is_worth_it


def test_a_page_of_another_language_stays_unclear_without_and_waits_for_a_confirmation_with_a_model() -> None:
    page = after("Frobnikoi linkki postissasi.", there=True)
    answer = judge(_BEFORE, page, 200)
    assert answer.kind is AnswerKind.UNCLEAR
    made = read({"kind": "confirmation_needed", "because": "s1", "refused": []}, page)
    assert made is not None
    assert weighed(answer, made, 200).kind is AnswerKind.CONFIRMATION_NEEDED
