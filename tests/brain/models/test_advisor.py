"""Who is asked, in which order, for how much; and that a plan goes on whatever they answer."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from brain.mapper import Meaning
from brain.models import choosing
from brain.models.advisor import Advisor, Consultation, Limits
from brain.models.prices import price
from brain.models.question import Tokens
from brain.planner import decide, plan_step
from schema.contracts.answer import Answer, AnswerKind
from schema.contracts.form import CaptchaKind, FieldKind, FieldOption, FormSnapshot
from schema.contracts.plan import FieldDecision, FillAction, Obstacle, PlanStep
from schema.contracts.profile import BusinessProfile, ProfileKey
from schema.failures import FailureType
from tests.brain.forms import bakery, choice, field, form
from tests.brain.models.opened import opened
from tests.brain.models.providers import ANTHROPIC, GOOGLE, Dialect, Provider, Request, Scripted
from tests.patience import PATIENCE_S, eventually

_ODD = form(field("Business name", required=True), field("Frobnication", required=True))
_TAGLINE = json.dumps({"f1": {"takes": "tagline", "sure": "certain"}})
_TYRES = json.dumps({"f1": {"takes": "keywords", "sure": "certain"}})
_CUT = Scripted("", status=None)


def says(dialect: Dialect, text: str) -> Scripted:
    return Scripted(dialect.said(text))


class Desk:
    """An advisor with the real Claude and Gemini, and the local providers behind them."""

    def __init__(self, advisor: Advisor, claude: Provider, gemini: Provider) -> None:
        self.advisor = advisor
        self.claude = claude
        self.gemini = gemini

    def consultation(self, profile: BusinessProfile | None = None) -> Consultation:
        return self.advisor.consultation(profile or bakery())

    async def claude_is_asked(self) -> bool:
        return bool(self.claude.requests)

    @property
    def asked(self) -> tuple[int, int]:
        return len(self.claude.requests), len(self.gemini.requests)


@contextlib.asynccontextmanager
async def desk(
    claude: Scripted | Callable[[Request], Scripted], gemini: Scripted | Callable[[Request], Scripted], **limits: Any
) -> AsyncIterator[Desk]:
    scripts = [answer if callable(answer) else lambda _, answer=answer: answer for answer in (claude, gemini)]
    async with opened(ANTHROPIC, scripts[0]) as (first, one), opened(GOOGLE, scripts[1]) as (second, two):
        yield Desk(Advisor((first, second), Limits(**limits)), one, two)


async def planned(
    consultation: Consultation, snapshot: FormSnapshot = _ODD, *decided: FieldDecision
) -> PlanStep | Obstacle:
    return await consultation.plan_step(snapshot, accept_terms=True, decided=decided)


def key_of(step: PlanStep | Obstacle) -> ProfileKey | None:
    assert isinstance(step, PlanStep), step
    return step.decisions[1].key


async def test_without_a_model_a_person_is_asked_and_with_one_there_is_a_plan() -> None:
    assert isinstance(plan_step(_ODD, bakery()), Obstacle)
    async with desk(says(ANTHROPIC, _TAGLINE), says(GOOGLE, _TYRES)) as at:
        consultation = at.consultation()
        assert key_of(await planned(consultation)) is ProfileKey.TAGLINE
        assert at.asked == (1, 0)
        assert consultation.source == ANTHROPIC.model


async def test_a_sure_mapper_asks_nobody() -> None:
    async with desk(says(ANTHROPIC, _TAGLINE), says(GOOGLE, _TYRES)) as at:
        consultation = at.consultation()
        assert isinstance(await planned(consultation, form(field("Business name"), field("Phone"))), PlanStep)
        assert (at.asked, consultation.usage, consultation.source) == ((0, 0), (), "mapper")


@pytest.mark.parametrize(
    "changes",
    [{"captcha": CaptchaKind.HCAPTCHA}, {"login_required": True}, {"payment_required": True}, {"found": False}],
)
async def test_where_something_stands_in_the_way_nobody_is_asked(changes: dict[str, object]) -> None:
    async with desk(says(ANTHROPIC, _TAGLINE), says(GOOGLE, _TYRES)) as at:
        assert isinstance(await planned(at.consultation(), _ODD.model_copy(update=changes)), Obstacle)
        assert at.asked == (0, 0)


async def test_a_form_that_no_answer_could_save_is_not_asked_about() -> None:
    abroad = form(field("Business name"), field("Frobnication")).model_copy(update={"action": "https://evil.example/"})
    async with desk(says(ANTHROPIC, _TAGLINE), _CUT) as at:
        assert isinstance(await planned(at.consultation(), abroad), Obstacle)
        assert at.asked == (0, 0)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (ANTHROPIC.overloaded, "status 529"),
        (ANTHROPIC.limited, "status 429"),
        (ANTHROPIC.broken, "status 500"),
        (_CUT, "no connection"),
        (
            Scripted("<html>502 Bad Gateway</html>", headers={"content-type": "text/html"}),
            "unreadable response (AttributeError)",
        ),
        (Scripted('{"type": "message", "content": '), "unreadable response (JSONDecodeError)"),
        (Scripted("{}"), "unreadable response (AttributeError)"),
        (Scripted(ANTHROPIC.declined), "stopped: refusal"),
        (Scripted(ANTHROPIC.cut_short(_TAGLINE)), "stopped: max_tokens"),
        (says(ANTHROPIC, '{"f1": {"takes": "password", "sure": "certain"}}'), "malformed answer"),
        (says(ANTHROPIC, "[" * 100_000), "malformed answer"),
    ],
)
async def test_the_second_takes_over_at_once_when_the_first_fails(answer: Scripted, failure: str) -> None:
    started = time.monotonic()
    async with desk(answer, says(GOOGLE, _TAGLINE)) as at:
        consultation = at.consultation()
        assert key_of(await planned(consultation)) is ProfileKey.TAGLINE
        assert at.asked == (1, 1)
        assert [(usage.model, usage.failure) for usage in consultation.usage] == [
            (ANTHROPIC.model, failure),
            (GOOGLE.model, ""),
        ]
    assert time.monotonic() - started < 30, "nobody waits for a Retry-After"


@pytest.mark.parametrize(
    "answer",
    [
        GOOGLE.overloaded,
        GOOGLE.limited,
        GOOGLE.broken,
        _CUT,
        Scripted("<html></html>"),
        Scripted("{}"),
        Scripted("[]"),
        Scripted('{"candidates": [{"content": 7}]}'),
        Scripted(GOOGLE.declined),
        Scripted(GOOGLE.cut_short(_TAGLINE)),
        says(GOOGLE, "Ignore the form."),
        says(GOOGLE, "[" * 100_000),
    ],
)
async def test_without_any_answer_the_plan_is_as_without_models(answer: Scripted) -> None:
    async with desk(_CUT, answer) as at:
        consultation = at.consultation()
        assert await planned(consultation) == plan_step(_ODD, bakery())
        assert at.asked == (1, 1)
        assert (len(consultation.usage), consultation.source) == (2, "mapper")
        assert all(usage.failure for usage in consultation.usage)


async def test_an_answer_that_comes_too_late_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Scripted(ANTHROPIC.said(_TYRES), after_s=30)
    async with desk(late, says(GOOGLE, _TAGLINE)) as at:
        consultation = at.consultation()
        # The second has its time, however slow this machine is.
        seconds = iter((0.3, PATIENCE_S))
        monkeypatch.setattr(Limits, "seconds", property(lambda _: next(seconds)))
        assert key_of(await planned(consultation)) is ProfileKey.TAGLINE
        assert [usage.failure for usage in consultation.usage] == ["timeout", ""]
        assert 200 < consultation.usage[0].duration_ms < 30_000


async def test_a_question_that_is_cut_off_is_in_the_usage() -> None:
    async with desk(Scripted(ANTHROPIC.said(_TYRES), after_s=30), _CUT) as at:
        consultation = at.consultation()
        planning = asyncio.create_task(planned(consultation))
        await eventually(at.claude_is_asked)
        planning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await planning
        assert [usage.failure for usage in consultation.usage] == ["cancelled"]


async def test_who_has_failed_is_not_asked_again_for_this_plan_and_is_for_the_next() -> None:
    further = form(*_ODD.fields, field("Gribble", required=True))
    answers = iter([_TAGLINE, _TAGLINE, _TAGLINE])
    async with desk(ANTHROPIC.overloaded, lambda _: says(GOOGLE, next(answers))) as at:
        consultation = at.consultation()
        await planned(consultation)
        await planned(consultation, further)
        assert at.asked == (1, 2)
        await planned(at.consultation())
        assert at.asked == (2, 3)


async def test_what_was_answered_is_not_asked_again() -> None:
    async with desk(says(ANTHROPIC, _TAGLINE), _CUT) as at:
        consultation = at.consultation()
        first, second = await planned(consultation), await planned(consultation)
        assert first == second
        assert at.asked == (1, 0)


async def test_what_is_decided_already_is_not_asked_about() -> None:
    async with desk(says(ANTHROPIC, _TAGLINE), _CUT) as at:
        step = await planned(at.consultation())
        assert isinstance(step, PlanStep)
        again = await planned(at.consultation(), _ODD, *step.decisions)
        assert again == step
        assert at.asked == (1, 0)


async def test_usage_adds_up() -> None:
    claude = Scripted(ANTHROPIC.said("nonsense", tokens=(2_000, 300)))
    gemini = Scripted(GOOGLE.said(_TAGLINE, tokens=(3_000, 400)))
    async with desk(claude, gemini) as at:
        consultation = at.consultation()
        await planned(consultation)
    first, second = consultation.usage
    assert (first.input_tokens, first.output_tokens) == (2_000, 300)
    assert (second.input_tokens, second.output_tokens) == (3_000, 400)
    assert first.cost_usd == pytest.approx(price(ANTHROPIC.model).of(Tokens(2_000, 300)))
    assert second.cost_usd == pytest.approx(price(GOOGLE.model).of(Tokens(3_000, 400)))
    assert {first.task, second.task} == {"choose"}


@pytest.mark.parametrize("limits", [{"usd": 0.0}, {"tokens": 1_000}])
async def test_who_is_too_dear_is_not_asked(limits: dict[str, Any]) -> None:
    async with desk(says(ANTHROPIC, _TAGLINE), says(GOOGLE, _TAGLINE), **limits) as at:
        assert isinstance(await planned(at.consultation()), Obstacle)
        assert at.asked == (0, 0)


async def test_the_cheaper_model_may_be_asked_where_the_dearer_one_may_not() -> None:
    async with desk(ANTHROPIC.overloaded, says(GOOGLE, _TAGLINE), usd=0.01) as at:
        assert isinstance(await planned(at.consultation()), Obstacle)
        assert at.asked == (1, 0)


async def test_a_budget_ends_a_long_plan() -> None:
    answer = Scripted(ANTHROPIC.said(_TAGLINE, tokens=(20_000, 2_000)))
    async with desk(answer, _CUT, usd=0.01) as at:
        consultation = at.consultation()
        for number in range(20):
            await planned(consultation, form(_ODD.fields[0], field(f"Frobnication {number}", required=True)))
        assert 2 <= at.asked[0] < 6
        assert sum(usage.cost_usd for usage in consultation.usage) <= 0.01


async def test_advice_never_makes_a_plan_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A required phone would be filled with a fax number that the profile has not."""
    monkeypatch.setattr(choosing, "UNSURE", 1.1)
    monkeypatch.setitem(choosing._SURE, "certain", 1.0)
    known = form(field("Phone", required=True))
    profile = bakery(fax="")
    plain = plan_step(known, profile)
    assert isinstance(plain, PlanStep)
    async with desk(says(ANTHROPIC, json.dumps({"f1": {"takes": "fax", "sure": "certain"}})), _CUT) as at:
        assert await planned(at.consultation(profile), known) == plain
        assert at.asked == (1, 0)


async def test_what_the_guard_refuses_of_an_optional_field_costs_no_plan() -> None:
    smuggling = FieldOption(value="https://evil.example/", label="Bakery")
    optional = field("Gribble", kind=FieldKind.SELECT, options=(smuggling, FieldOption(value="law", label="Law")))
    says_both = json.dumps(
        {"f1": {"takes": "tagline", "sure": "certain"}, "f2": {"takes": "category", "sure": "certain"}}
    )
    async with desk(says(ANTHROPIC, says_both), _CUT) as at:
        made = await planned(at.consultation(), form(*_ODD.fields, optional))
    assert key_of(made) is ProfileKey.TAGLINE
    assert isinstance(made, PlanStep)
    assert made.decisions[2].action is FillAction.LEAVE


async def test_what_the_profile_lacks_is_said_once_a_model_knows_what_is_asked() -> None:
    assert await told('{"f1": {"takes": "fax", "sure": "certain"}}') is FailureType.PROFILE_INCOMPLETE
    assert await told('{"f1": {"takes": "leave", "sure": "certain"}}') is FailureType.PLAN_REJECTED


async def told(answer: str) -> FailureType:
    async with desk(says(ANTHROPIC, answer), _CUT) as at:
        made = await planned(at.consultation(bakery(fax="")))
    assert isinstance(made, Obstacle)
    return made.failure


_OWN = bakery(
    business_name="Zyxwoven Quillery",
    legal_name="Zyxwoven Holdings",
    contact_first_name="Zyxanthe",
    contact_middle_name="Zyxim",
    contact_last_name="Zyxberg",
    email="zyx@zyxwoven.example",
    phone="+1 512 555 9911",
    website="https://www.zyxwoven.example/",
    street="9 Zyxgate",
    city="Zyxford",
    postal_code="ZX9 9ZX",
    tagline="Zyx to the hilt",
    description="Zyxwoven quills, cut by hand. We send zyxquills everywhere.",
    short_description="Zyx quills",
    category="Zyxmonger",
    subcategories=("Zyxwright",),
    keywords=("zyxquill",),
    facebook="https://www.facebook.com/zyxwoven",
    instagram="https://www.instagram.com/zyxwoven",
)


async def test_no_request_holds_anything_of_the_customer() -> None:
    """Even where the page repeats what was typed: in a greeting, an option, a complaint, the page after the click."""
    echo = (
        "Welcome Zyxanthe Zyxim Zyxberg of Zyxwoven Quillery, 9 Zyxgate, Zyxford (zyx@zyxwoven.example, 512-555-9911)"
    )
    snapshot = form(
        field(f"Gribble {echo}", required=True, help=echo, placeholder="zyxwoven.example", section=echo),
        choice("Frobnication", "Zyxford", echo, "Zyxmonger", kind=FieldKind.RADIO, required=True),
        field("Phone", error="+1 512 555 9911 is wrong"),
        field("Zyxwoven Quillery's e-mail", kind=FieldKind.EMAIL),
    )
    after = snapshot.model_copy(update={"page_text": f"{echo}. You wrote: Zyx to the hilt."})
    async with desk(ANTHROPIC.overloaded, ANTHROPIC.overloaded) as at:
        await planned(at.consultation(_OWN), snapshot)
        await at.consultation(_OWN).read_answer(Answer(kind=AnswerKind.UNCLEAR), snapshot, after, 200)
        assert at.asked == (2, 2)
        for request in (*at.claude.requests, *at.gemini.requests):
            headers = {name: value for name, value in request.headers.items() if name != "host"}
            sent = f"{request.path} {headers} {request.body.decode()}".casefold()
            assert "zyx" not in sent
            assert "9911" not in sent


def described(snapshot: FormSnapshot) -> FieldDecision:
    """The last field takes the description, whatever the mapper makes of it."""
    last = snapshot.fields[-1]
    return decide(last, Meaning(last.handle, ProfileKey.DESCRIPTION, "", 0.9), accept_terms=False)


async def test_a_description_is_shortened_with_nothing_of_the_page() -> None:
    description = "We bake bread. We sell cakes to all of Austin. Parking is behind the house. Come and see us."
    snapshot = form(
        field("Business name"), field("Description", kind=FieldKind.TEXTAREA, max_length=60, help="Gribble")
    )
    profile = bakery(description=description, short_description="")
    answer = json.dumps({"keep": [{"sentence": "s1"}, {"sentence": "s2"}]})
    async with desk(says(ANTHROPIC, answer), _CUT) as at:
        consultation = at.consultation(profile)
        made = await planned(consultation, snapshot, described(snapshot))
        assert isinstance(made, PlanStep)
        assert made.decisions[1].excerpt is not None
        assert made.decisions[1].excerpt.sentences == (0, 1)
        assert [usage.task for usage in consultation.usage] == ["shorten"]
        body = at.claude.requests[0].body.decode()
        assert "We sell cakes" in body
        assert "Gribble" not in body
        assert "directory.example" not in body


async def test_a_useless_excerpt_leaves_the_deterministic_cut() -> None:
    description = "We bake bread. We sell cakes to all of Austin. Parking is behind the house. Come and see us."
    snapshot = form(field("Business name"), field("Description", kind=FieldKind.TEXTAREA, max_length=60))
    profile = bakery(description=description, short_description="")
    too_much = json.dumps({"keep": [{"sentence": f"s{number}"} for number in (1, 2, 3, 4)]})
    async with desk(says(ANTHROPIC, too_much), says(GOOGLE, too_much)) as at:
        consultation = at.consultation(profile)
        known = described(snapshot)
        assert await planned(consultation, snapshot, known) == plan_step(snapshot, profile, decided=(known,))
        assert [usage.failure for usage in consultation.usage] == ["unusable answer"] * 2


async def test_the_page_after_the_click_is_read_by_whoever_answers() -> None:
    before = form(field("Business name"))
    after = before.model_copy(update={"page_text": "Frobnikoi linkki postissasi."})
    answer = json.dumps({"kind": "confirmation_needed", "because": "s1", "refused": []})
    unclear = Answer(kind=AnswerKind.UNCLEAR)
    async with desk(ANTHROPIC.limited, says(GOOGLE, answer)) as at:
        consultation = at.consultation()
        made = await consultation.read_answer(unclear, before, after, 200)
        assert (made.kind, made.quote) == (AnswerKind.CONFIRMATION_NEEDED, "Frobnikoi linkki postissasi.")
        assert [usage.task for usage in consultation.usage] == ["read_answer"] * 2
        settled = Answer(kind=AnswerKind.ACCEPTED)
        assert await at.consultation().read_answer(settled, before, after, 200) == settled
        assert at.asked == (1, 1)
