"""Planning and submitting with a model: the real activities, browser, ledger and SDK against a local provider."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from brain.models.advisor import Advisor, Limits
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType
from tests.activities.counter import Counter
from tests.activities.site import FORM, Answer
from tests.brain.models.opened import opened
from tests.brain.models.providers import ANTHROPIC, Provider, Request, Scripted
from tests.factories import PROFILE

_ODD = '<label>Frobnication <input name="frob" required></label>'
_ODD_FORM = FORM.replace("<button>", f"{_ODD}<button>")


def answer(request: Request) -> Scripted:
    """As a sensible model: the odd field takes the tagline, the phone is what was refused, a link waits in the mail."""
    shown: dict[str, Any] = json.loads(ANTHROPIC.material(request))
    if "neighbours" in shown or "keys" in shown:
        said: dict[str, Any] = {
            field["alias"]: {"takes": "tagline" if "Frobnication" in str(field) else "leave", "sure": "certain"}
            for field in shown["fields"]
        }
    else:
        sentence = next((said["alias"] for said in shown["said"] if "frob" in said["text"].casefold()), "none")
        phone = next(field["alias"] for field in shown["fields"] if "Phone" in field["label"])
        refused = "invalid" in str(shown["said"]).casefold()
        said = {
            "kind": "refused" if refused else "accepted",
            "because": sentence,
            "refused": [{"field": phone, "because": sentence}] if refused else [],
        }
    return Scripted(ANTHROPIC.said(json.dumps(said)))


@pytest.fixture
async def provider(counter: Counter) -> AsyncIterator[Provider]:
    """Somebody to ask."""
    async with opened(ANTHROPIC, answer) as (model, provider):
        counter.advisor = Advisor((model,), Limits())
        yield provider


async def test_a_required_field_that_nobody_understands_is_a_persons_task(counter: Counter) -> None:
    counter.site.form = _ODD_FORM
    standing = await counter.plan()
    assert (standing.status, standing.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.PLAN_REJECTED)


async def test_a_model_understands_it_and_the_form_is_sent(counter: Counter, provider: Provider) -> None:
    counter.site.form = _ODD_FORM
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.SUBMITTED
    [post] = counter.site.posts
    assert post.fields["frob"] == PROFILE.tagline
    assert len(provider.requests) == 1
    plan = (await counter.row()).plan
    assert plan is not None
    assert (plan.source, [usage.model for usage in plan.usage]) == (ANTHROPIC.model, [ANTHROPIC.model])
    assert plan.usage[0].cost_usd > 0


async def test_what_appears_while_filling_leaves_the_models_choice_alone(counter: Counter, provider: Provider) -> None:
    counter.site.form = _ODD_FORM + (
        "<script>document.querySelector('[name=name]').oninput = (e) => { e.target.oninput = null;"
        " document.forms[0].insertAdjacentHTML('afterbegin', '<label>Fax <input name=fax></label>'); }</script>"
    )
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.SUBMITTED, outcome.reason
    assert counter.site.posts[0].fields["frob"] == PROFILE.tagline
    assert len(provider.requests) == 1


async def test_a_later_step_that_greets_by_name_tells_the_model_nothing(counter: Counter, provider: Provider) -> None:
    counter.site.form = (
        "<h1>Add your business</h1><form method=post action=/add><div id=one>"
        "<label>Business name <input name=name required></label>"
        "<label>Email <input name=email type=email required></label><button type=button id=next>Next</button></div>"
        f"<div id=two hidden><p id=hello></p><label>Phone <input name=phone></label>"
        f"<label>City <input name=city></label>{_ODD}<label id=own>x <input name=gribble></label>"
        "<button>Submit listing</button></div></form><script>next.onclick = () => {"
        " const said = document.forms[0].name.value + ' ' + document.forms[0].email.value;"
        " one.hidden = true; two.hidden = false; hello.textContent = 'Hello ' + said;"
        " own.firstChild.textContent = 'Gribble of ' + said; }</script>"
    ).replace("forms[0].name.value", "querySelector('[name=name]').value")
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.SUBMITTED, outcome.reason
    assert counter.site.posts[0].fields["frob"] == PROFILE.tagline
    [request] = provider.requests
    assert "Gribble of [business_name] [email]" in request.body.decode()
    for own in (PROFILE.business_name, PROFILE.email, PROFILE.phone, PROFILE.street):
        assert own not in request.body.decode()


@pytest.mark.usefixtures("short_patience")
async def test_a_model_never_makes_an_unclear_page_an_acceptance(counter: Counter, provider: Provider) -> None:
    counter.site.answers = [Answer(html=f"<p>Frobnikoitu.</p>{FORM}")]
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.evidence) == (SubmissionStatus.UNCERTAIN, Evidence.NONE)
    assert "It may mean accepted: Frobnikoitu." in outcome.reason
    assert len(counter.site.posts) == len(provider.requests) == 1
    details = await counter.pool.fetch("select detail from queue_history where event = 'action_required'")
    assert [usage["task"] for usage in details[0]["detail"]["usage"]] == ["read_answer"]


async def test_a_refusal_that_names_no_field_is_amended_where_a_model_sees_which(
    counter: Counter, provider: Provider
) -> None:
    counter.site.answers = [Answer(html=f"<p>The frobnicated entry is invalid.</p>{FORM}", status=422), Answer()]
    first = await counter.plan_and_submit()
    assert (first.status, first.failure) == (SubmissionStatus.PLANNED, FailureType.REFUSED)
    assert len(provider.requests) == 1
    second = await counter.submit()
    assert second.status is SubmissionStatus.SUBMITTED
    phones = [post.fields["phone"] for post in counter.site.posts]
    assert len(set(phones)) == 2


async def test_the_usage_of_a_plan_that_came_to_nothing_is_kept_too(counter: Counter, provider: Provider) -> None:
    counter.site.form = _ODD_FORM.replace("Frobnication", "Gribble")
    standing = await counter.plan()
    assert standing.status is SubmissionStatus.AWAITING_ACTION
    details = await counter.pool.fetch("select detail from queue_history where event = 'action_required'")
    assert [usage["task"] for usage in details[0]["detail"]["usage"]] == ["choose"]
    assert len(provider.requests) == 1
