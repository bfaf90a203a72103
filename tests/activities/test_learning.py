"""What one customer's submission teaches for the next: a real Chromium, the real ledger, one directory's form.

Promised: no look beforehand at a form that is known, the same outcome as with one, and never a post on a wrong plan.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from activities.browser import advance
from activities.browser.pool import BrowserPool
from brain.models.advisor import Advisor, Limits
from deploy.cli.example import example_profile
from deploy.local.parts import Piece
from schema.contracts.submission import ActionResolution, Resolution, SubmissionStatus
from schema.failures import FailureType
from schema.store import results, turns
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.customers import CAPTCHA, FAX, NEXT, TERMS, Street, through, with_field, wizard
from tests.activities.site import FORM, THANKS, Answer
from tests.brain.models.opened import opened
from tests.brain.models.providers import ANTHROPIC, Scripted
from tests.stacks import running


@pytest.fixture
async def street(counter: Counter) -> Street:
    return Street(counter)


async def test_the_second_customer_of_a_known_form_needs_no_look_beforehand(street: Street) -> None:
    assert (await street.served()).status is SubmissionStatus.SUBMITTED
    assert street.site.visits == 2
    second = await street.customer()
    planned = await second.plan()
    assert (planned.status, street.site.visits) == (SubmissionStatus.PLANNED, 2)
    assert (await second.submit()).status is SubmissionStatus.SUBMITTED
    assert street.site.visits == 3
    assert [post.fields["name"] for post in street.site.posts] == ["Bluebird Bakery 1", "Bluebird Bakery 2"]
    assert await street.counts() == [(2, 0)]


async def test_customers_who_come_before_the_first_was_confirmed_look_for_themselves(street: Street) -> None:
    both = [await street.customer(), await street.customer()]
    for customer in both:
        await customer.plan()
        await turns.leave(customer.pool, await customer.row())
    for customer in both:
        assert (await customer.submit()).status is SubmissionStatus.SUBMITTED
    assert (street.site.visits, await street.counts()) == (4, [(2, 0)])


async def test_a_profile_that_lacks_what_is_required_ends_as_it_would_have_with_a_look(street: Street) -> None:
    street.site.form = with_field(FAX)
    await street.served()
    lacking = await street.customer(fax="")
    outcome = await through(lacking)
    assert (outcome.status, outcome.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.PROFILE_INCOMPLETE)
    assert "Fax" in outcome.reason
    assert outcome.screenshot
    assert len(street.site.posts) == 1
    assert (await street.counts(), await street.changes()) == ([(1, 1)], [])


async def test_a_person_who_sends_it_on_gets_a_look_and_not_the_remembered_plan(street: Street) -> None:
    street.site.form = with_field(FAX)
    await street.served()
    lacking = await street.customer(fax="")
    await through(lacking)
    await results.resolve(street.pool, lacking.ref, ActionResolution(resolution=Resolution.RETRY, by="ana"))
    street.site.form = with_field(FAX.replace("required", ""))
    assert (await through(lacking)).status is SubmissionStatus.SUBMITTED
    assert await street.counts() == [(1, 1), (1, 0)]


async def test_a_redesign_is_noticed_planned_anew_reported_and_sent_once(street: Street) -> None:
    await street.served()
    renamed = FORM.replace('Phone <input name="phone"', 'Telephone number <input name="tel"')
    street.site.form = renamed.replace("<button>", f"{TERMS}<button>").replace(
        '<label>City <input name="city"></label>', ""
    )
    second = await street.customer()
    assert (await second.plan()).status is SubmissionStatus.PLANNED
    changed = await second.submit()
    assert (changed.status, changed.failure) == (SubmissionStatus.PLANNED, FailureType.FORM_CHANGED)
    assert (await through(second)).status is SubmissionStatus.SUBMITTED
    assert len(street.site.posts) == 2
    assert street.site.posts[1].fields["tel"]
    sentences = (
        'New: "I accept the terms of use" (required).',
        'Gone: "City".',
        '"Phone" is called "Telephone number" now.',
        "1 field is named otherwise in the page's code (main:phone → main:tel).",
    )
    assert await street.changes() == [sentences]
    told = await street.pool.fetch(
        "select detail from queue_history where job_id = $1 and event = 'plan_ready' order by seq", second.ref.job_id
    )
    assert [(row["detail"]["learned"], tuple(row["detail"]["changes"])) for row in told] == [
        (True, ()),
        (False, sentences),
    ]
    assert (await street.served()).status is SubmissionStatus.SUBMITTED
    assert street.site.visits == 2 + 3 + 1


async def test_a_captcha_that_has_appeared_is_reported_though_there_is_no_plan(street: Street) -> None:
    await street.served()
    street.site.form = with_field(CAPTCHA)
    outcome = await street.served()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA_ON_PAGE)
    assert await street.changes() == [("A captcha has appeared (recaptcha).",)]


async def test_a_form_that_has_left_its_page_is_reported(street: Street) -> None:
    await street.served()
    street.site.form = "<h1>We are moving</h1><p>Come back soon.</p>"
    outcome = await street.served()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.FAILED, FailureType.FORM_NOT_FOUND)
    assert await street.changes() == [("The form is no longer on the page.",)]


async def test_a_change_in_a_later_step_makes_another_form_of_it(street: Street) -> None:
    street.site.form = wizard("City")
    await street.served()
    assert (await street.served()).status is SubmissionStatus.SUBMITTED
    street.site.form = wizard("Website")
    assert (await street.served()).status is SubmissionStatus.SUBMITTED
    assert await street.changes() == [('"City" is called "Website" now.',)]
    before = street.site.visits
    assert (await street.served()).status is SubmissionStatus.SUBMITTED
    assert street.site.visits == before + 1
    assert [bool(post.fields["last"]) for post in street.site.posts] == [True] * 4


async def test_a_wizard_that_no_longer_goes_on_is_looked_at_before_a_person_is_asked(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.site.form = wizard("City")
    await street.served()
    street.site.form = wizard("City").replace(NEXT, "")
    monkeypatch.setattr(advance, "_PATIENCE_S", 1)
    outcome = await street.served()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.PLAN_REJECTED)
    assert "next step" in outcome.reason
    assert (street.site.visits, len(street.site.posts), await street.counts()) == (4, 1, [(1, 1)])


async def test_a_form_that_comes_back_is_still_known(street: Street) -> None:
    faces = (FORM, FORM.replace("City", "Town").replace('name="city"', 'name="town"'))
    for street.site.form in faces:
        await street.served()
    before = street.site.visits
    for street.site.form in faces:
        assert (await street.served()).status is SubmissionStatus.SUBMITTED
    assert street.site.visits == before + 2
    assert [sorted(post.fields)[0] for post in street.site.posts] == ["city", "email", "city", "email"]
    assert (await street.counts(), len(await street.changes())) == ([(2, 1), (2, 0)], 1)


async def test_terms_that_may_no_longer_be_accepted_are_not_accepted_by_a_remembered_plan(street: Street) -> None:
    street.site.form = with_field(TERMS)
    await street.served()
    await street.pool.execute("update directories set accept_terms = false")
    customer = await street.customer()
    await street.pool.execute("update directories set accept_terms = false")
    outcome = await through(customer)
    assert (outcome.status, outcome.failure) == (SubmissionStatus.FAILED, FailureType.POLICY_FORBIDS)
    assert len(street.site.posts) == 1


async def test_a_plan_for_another_address_is_not_used(street: Street) -> None:
    await street.served()
    customer = await street.customer()
    await street.pool.execute("update directories set submission_url = submission_url || '#add'")
    await customer.plan()
    plan = (await customer.row()).plan
    assert plan is not None
    assert not plan.learned


async def test_a_worker_that_dies_after_keeping_a_remembered_plan_costs_a_look(street: Street) -> None:
    await street.served()
    second = await street.customer()
    await second.plan()
    assert (await through(second)).status is SubmissionStatus.SUBMITTED
    assert (street.site.visits, len(street.site.posts)) == (4, 2)


async def test_how_a_refused_value_was_amended_is_known_the_next_time(street: Street) -> None:
    refusal = FORM.replace(
        '<input name="phone" type="tel">', '<input name="phone" type="tel" aria-invalid="true"> Phone is invalid.'
    )
    street.site.answers = [Answer(f'<p class="error">Please correct: Phone is invalid.</p>{refusal}'), Answer(THANKS)]
    assert (await street.served()).status is SubmissionStatus.SUBMITTED
    assert (await street.served()).status is SubmissionStatus.SUBMITTED
    first, accepted, second = (post.fields["phone"] for post in street.site.posts)
    assert first != accepted
    assert second == accepted
    assert await street.counts() == [(2, 0)]


async def test_what_a_model_chose_is_remembered_under_its_name_and_no_model_is_asked_again(street: Street) -> None:
    street.site.form = with_field('<label>Frobnication <input name="frob" required></label>')
    said = ANTHROPIC.said(json.dumps({"f1": {"takes": "tagline", "sure": "certain"}}))
    async with opened(ANTHROPIC, lambda _: Scripted(said)) as (model, provider):
        street.first = replace(street.first, advisor=Advisor((model,), Limits()))
        outcomes = [await street.served() for _ in range(2)]
        assert [outcome.status for outcome in outcomes] == [SubmissionStatus.SUBMITTED] * 2
        assert len(provider.requests) == 1
    assert [post.fields["frob"] for post in street.site.posts] == [example_profile().tagline] * 2
    assert await street.pool.fetchval("select source from form_mappings") == ANTHROPIC.model
    assert (street.site.visits, await street.counts()) == (3, [(2, 0)])


async def test_nothing_of_a_customer_is_in_what_is_remembered(street: Street) -> None:
    street.site.form = (
        wizard("City")
        + "<script>document.querySelector('[name=name]').onchange = (e) => "
        + ("document.querySelector('#two label').firstChild.textContent = `E-mail of ${e.target.value} `;</script>")
    )
    own = {
        "business_name": "Zyxwoven Quillery",
        "legal_name": "Zyxwoven Holdings",
        "contact_first_name": "Zyxanthe",
        "contact_last_name": "Zyxberg",
        "email": "zyx@zyxwoven.example",
        "website": "https://zyxwoven.example",
        "street": "9 Zyxgate",
        "tagline": "Zyx to the hilt",
        "description": "Zyxwoven quills, cut by hand.",
        "short_description": "Zyx quills",
        "city": "Zyxford",
        "keywords": ("zyxquill",),
    }
    assert (await street.served(**own)).status is SubmissionStatus.SUBMITTED
    assert await street.counts() == []
    for number, form in enumerate((FORM, FORM, with_field(FAX))):
        street.site.form = form
        outcome = await street.served(**own | {"street": f"{number} Zyxgate"})
        assert outcome.status is SubmissionStatus.SUBMITTED
    assert len(await street.changes()) == 1
    kept = "select to_jsonb(m)::text from form_mappings m union all select to_jsonb(c)::text from form_changes c"
    rows = [row[0] for row in await street.pool.fetch(kept)]
    assert rows
    assert [row for row in rows if "zyx" in row.casefold() or "5550147" in row] == []


@pytest.fixture
async def sandbox(test_folder: Path) -> AsyncIterator[str]:
    async with running(test_folder / "sandbox", Piece.SANDBOX) as stack:
        yield stack.environment.values["SANDBOX_URL"]


async def test_the_sandboxs_redesign_between_two_customers(
    pool: Pool, chromium: BrowserPool, street: Street, sandbox: str
) -> None:
    """The site wears its old face for the first visit after a reset, and a new one from the second on."""
    form = f"{sandbox}/fresh-paint-pages/submit"

    async def customer() -> Counter:
        made = await street.customer()
        await pool.execute("update directories set submission_url = $1", form)
        return made

    async def forget() -> None:
        async with httpx.AsyncClient() as client:
            (await client.post(f"{sandbox}/_reset")).raise_for_status()

    first = await customer()
    await first.plan()
    await forget()
    assert (await first.submit()).status is SubmissionStatus.SUBMITTED
    second = await customer()
    assert (await second.plan()).status is SubmissionStatus.PLANNED
    assert (await second.submit()).failure is FailureType.FORM_CHANGED
    assert (await through(second)).status is SubmissionStatus.SUBMITTED
    async with httpx.AsyncClient() as client:
        books = (await client.get(f"{sandbox}/_books", params={"site": "fresh-paint-pages"})).text.splitlines()
    assert len(books) == 2
    [changes] = await street.changes()
    for sentence in (
        '"Business name" is called "Company name" now.',
        '"Phone" is called "Telephone number" now.',
        '"ZIP code" is called "ZIP" now.',
        "2 fields are named otherwise in the page's code "
        "(main:postal_code → main:postalCode, main:business_name → main:businessName).",
    ):
        assert sentence in changes
    assert not [sentence for sentence in changes if sentence.startswith(("New", "Gone"))]
    assert (await through(await customer())).status is SubmissionStatus.SUBMITTED
    assert await street.counts() == [(1, 1), (2, 0)]
