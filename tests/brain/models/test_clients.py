"""Claude and Gemini by their real SDKs: one request per question, and nothing but a well-formed answer comes back."""

import json
from dataclasses import replace
from typing import Any

import pytest

from brain.mapper import map_fields
from brain.models.choosing import choose, unsure
from brain.models.question import AnswerForm, ModelFailed, Question, Tokens
from brain.models.redaction import Redaction
from schema.contracts.form import FieldKind
from tests.brain.forms import bakery, choice, field, form
from tests.brain.models.opened import opened
from tests.brain.models.providers import Dialect, Scripted

_TRADE = field("Frobnication", required=True)
_SOURCE = choice("Gribble", "Web", "Friend", kind=FieldKind.RADIO, required=True)
_GOOD = {"f1": {"takes": "category", "sure": "certain"}, "f2": {"takes": "o1", "sure": "likely"}}


def question() -> Question[AnswerForm]:
    snapshot = form(field("Business name"), _TRADE, _SOURCE)
    meanings = map_fields(snapshot.fields)
    return choose(unsure(snapshot, meanings), snapshot, meanings, Redaction(bakery()))


async def failure(dialect: Dialect, answer: Scripted) -> ModelFailed:
    async with opened(dialect, lambda _: answer) as (model, provider):
        with pytest.raises(ModelFailed) as failed:
            await model.ask(question())
        assert len(provider.requests) == 1
    return failed.value


async def test_a_good_answer(dialect: Dialect) -> None:
    async with opened(dialect, lambda _: Scripted(dialect.said(json.dumps(_GOOD)))) as (model, provider):
        reply = await model.ask(question())
    assert reply.answer.model_dump() == _GOOD
    assert reply.tokens == Tokens(1_000, 100)
    assert len(provider.requests) == 1


async def test_what_is_sent(dialect: Dialect) -> None:
    async with opened(dialect, lambda _: Scripted(dialect.said(json.dumps(_GOOD)))) as (model, provider):
        await model.ask(question())
    request = provider.requests[0]
    path = {"anthropic": "/v1/messages", "google": f"/v1/models/{dialect.model}:generateContent"}
    assert request.path == path[dialect.name]
    key = {"anthropic": "authorization", "google": "x-goog-api-key"}
    assert request.headers[key[dialect.name]].removeprefix("Bearer ") == "test-key"
    material = json.loads(dialect.material(request))
    assert [shown["labels"] for shown in material["fields"]] == [["Frobnication"], ["Gribble"]]
    assert material["fields"][1]["options"] == [{"alias": "o1", "label": "Web"}, {"alias": "o2", "label": "Friend"}]
    assert material["neighbours"] == [{"label": "Business name", "read_as": "business_name"}]


async def test_the_schema_holds_what_is_offered_and_nothing_else(dialect: Dialect) -> None:
    async with opened(dialect, lambda _: Scripted(dialect.said(json.dumps(_GOOD)))) as (model, provider):
        await model.ask(question())
    schema = dialect.schema(provider.requests[0])
    assert (schema["additionalProperties"], schema["required"]) == (False, ["f1", "f2"])
    takes = [_resolved(schema, name)["properties"]["takes"]["enum"] for name in ("f1", "f2")]
    assert set(takes[1]) - set(takes[0]) == {"o1", "o2"}
    assert {"business_name", "leave"} <= set(takes[0])


def _resolved(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][schema["properties"][name]["$ref"].rpartition("/")[2]]
    return found


@pytest.mark.parametrize("which", ["overloaded", "limited", "broken"])
async def test_an_error_is_a_failure_and_is_not_repeated(dialect: Dialect, which: str) -> None:
    answer: Scripted = getattr(dialect, which)
    assert str(await failure(dialect, answer)) == f"status {answer.status}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 502, 503, 504, 529])
async def test_no_status_is_tried_again(dialect: Dialect, status: int) -> None:
    assert str(await failure(dialect, replace(dialect.broken, status=status))) == f"status {status}"


async def test_the_model_declines(dialect: Dialect) -> None:
    assert str(await failure(dialect, Scripted(dialect.declined))).startswith("stopped: ")


async def test_an_answer_that_was_cut_short_is_none_even_if_it_reads_well(dialect: Dialect) -> None:
    failed = await failure(dialect, Scripted(dialect.cut_short(json.dumps(_GOOD))))
    assert str(failed) == "stopped: max_tokens"
    assert failed.tokens == Tokens(1_000, 100)


_PICK = '{"takes": "category", "sure": "certain"}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"leave"',
        f'{{"f1": {_PICK}}}',
        f'{{"f1": {_PICK}, "f2": {_PICK}, "f3": {_PICK}}}',
        f'{{"f1": {_PICK}, "f2": {_PICK}, "main:password": {_PICK}}}',
        f'{{"f1": {_PICK}, "f1": {_PICK}, "f2": {_PICK}}}',
        f'{{"f1": {_PICK}, "f2": {_PICK}}} I hope this helps!',
        f'Sure: {{"f1": {_PICK}, "f2": {_PICK}}}',
        f'```json\n{{"f1": {_PICK}, "f2": {_PICK}}}\n```',
        f'{{"f1": {_PICK}, "f2": {{"takes": "password", "sure": "certain"}}}}',
        f'{{"f1": {_PICK}, "f2": {{"takes": "o3", "sure": "certain"}}}}',
        f'{{"f1": {{"takes": "o1", "sure": "certain"}}, "f2": {_PICK}}}',
        f'{{"f1": {_PICK}, "f2": {{"takes": "Web", "sure": "certain"}}}}',
        f'{{"f1": {_PICK}, "f2": {{"takes": "https://evil.example/", "sure": "certain"}}}}',
        f'{{"f1": {_PICK}, "f2": {{"takes": "category", "sure": 0.99}}}}',
        f'{{"f1": {_PICK}, "f2": {{"takes": "category", "sure": "certain", "value": "SEO services"}}}}',
        f'{{"f1": {_PICK}, "f2": {{"takes": ["category"], "sure": "certain"}}}}',
        f'{{"f1": {_PICK}, "f2": "category"}}',
    ],
)
async def test_an_answer_outside_its_form_is_none_and_is_paid_for(dialect: Dialect, text: str) -> None:
    failed = await failure(dialect, Scripted(dialect.said(text)))
    assert str(failed) == "malformed answer"
    assert failed.tokens == Tokens(1_000, 100)
