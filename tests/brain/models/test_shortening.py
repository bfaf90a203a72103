"""A description that is too long: sentences are chosen, none is written."""

import json

import pytest

from brain.formats import render, renderings
from brain.guard import check
from brain.mapper import Meaning
from brain.models.shortening import ShortenRequest, excerpted, shorten, too_long
from brain.planner import decide, plan_step
from schema.contracts.form import FieldKind, FormField
from schema.contracts.plan import FieldDecision, PlanStep
from schema.contracts.profile import BusinessProfile, ProfileKey
from tests.brain.forms import SITE, bakery, field, form

_SENTENCES = (
    "Rosa's Bakery has baked sourdough in Austin since 1998.",
    "Our founder once met a famous actor at an airport.",
    "We deliver cakes for weddings within 30 miles.",
    "Parking is behind the house.",
)
_PROFILE = bakery(description=" ".join(_SENTENCES), short_description="", tagline="")


def about(limit: int, label: str = "description") -> FormField:
    return field(label, kind=FieldKind.TEXTAREA, max_length=limit)


def decision(field: FormField) -> FieldDecision:
    """The field takes the key that it is called."""
    return decide(field, Meaning(field.handle, ProfileKey(field.labels[0].text), "", 0.9), accept_terms=False)


def kept(limit: int, *numbers: int) -> FieldDecision | None:
    question = shorten(_PROFILE.description, limit)
    keep = [{"sentence": f"s{number}"} for number in numbers]
    answer = question.answer.model_validate_json(json.dumps({"keep": keep}))
    return excerpted(answer, decision(about(limit)), about(limit), _PROFILE)


def test_a_model_sees_the_description_and_the_limit_and_no_page() -> None:
    request = ShortenRequest.model_validate_json(shorten(_PROFILE.description, 120).material)
    assert request.limit == 120
    assert tuple(sentence.text for sentence in request.sentences) == _SENTENCES
    assert tuple(sentence.length for sentence in request.sentences) == tuple(map(len, _SENTENCES))


def test_the_chosen_sentences_are_what_is_typed_and_the_guard_lets_them_pass() -> None:
    made = kept(105, 1, 3)
    assert made is not None
    snapshot = form(about(105))
    step = plan_step(snapshot, _PROFILE, decided=(made,))
    assert isinstance(step, PlanStep)
    values = render(step, snapshot, _PROFILE)
    assert values[0].text == f"{_SENTENCES[0]} {_SENTENCES[2]}"
    assert check(step, snapshot, values, _PROFILE, SITE) == ()


@pytest.mark.parametrize("numbers", [(), (3, 1), (1, 1), (1, 2, 3), (1, 2, 3, 4)])
def test_sentences_that_are_none_or_out_of_order_or_too_long_are_refused(numbers: tuple[int, ...]) -> None:
    assert kept(105, *numbers) is None


def test_a_refused_excerpt_gives_way_to_the_deterministic_cut() -> None:
    made = kept(105, 1, 3)
    assert made is not None
    ways = renderings(made, about(105), _PROFILE)
    assert [way.text for way in ways[1:]] == [
        way.text for way in renderings(decision(about(105)), about(105), _PROFILE)
    ]


def test_the_numbers_mean_nothing_of_another_text() -> None:
    made = kept(105, 3, 4)
    assert made is not None
    other = bakery(description="We sell tyres. " * 20, short_description="")
    texts = [way.text for way in renderings(made, about(105), other)]
    assert texts == [way.text for way in renderings(decision(about(105)), about(105), other)]


@pytest.mark.parametrize(
    ("asked", "profile", "is_too_long"),
    [
        (about(105), _PROFILE, True),
        (about(1_000), _PROFILE, False),
        (about(20), _PROFILE, False),
        (field("description", kind=FieldKind.TEXTAREA), _PROFILE, False),
        (field("city", max_length=5), _PROFILE, False),
        (about(105), _PROFILE.model_copy(update={"short_description": "x" * 60}), False),
        (about(105), _PROFILE.model_copy(update={"short_description": "Bread."}), True),
        (about(105, "short_description"), _PROFILE.model_copy(update={"short_description": "Bread."}), False),
        (about(105, "short_description"), _PROFILE, True),
        (about(105), _PROFILE.model_copy(update={"description": "one endless sentence " * 9}), False),
    ],
)
def test_it_is_only_asked_where_something_would_be_cut(
    asked: FormField, profile: BusinessProfile, is_too_long: bool
) -> None:
    assert too_long(decision(asked), asked, profile) is is_too_long
