"""Looking up what became of a submission, with a real Chromium, the real ledger and directories of every character.

What is promised: proof is the business itself and no namesake, absence is believed only where it must be, and a look
never sends anything.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

import activities.reconciling
from activities.browser.pool import BrowserPool
from activities.reconciling import Reconciling
from activities.submission import ATTEMPT_IS_OVER
from schema.contracts.submission import ActionResolution, Evidence, Resolution, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.site import HANG_UP, Answer, open_site
from tests.factories import PROFILE, add_begun_job
from tests.schema.clerk import made

NAME = PROFILE.business_name
NOTHING = f"<h1>Search</h1><input name=q value='{NAME}'><p>Sorry, no listings match.</p>"
RESULT = f"<h1>Search</h1><ul><li><a href='/listing/7'>{NAME}</a></li></ul>"
LISTING = f"<h1>{NAME}</h1><dl><dt>Phone</dt><dd>{PROFILE.phone}</dd></dl>"
LEADS_ELSEWHERE = "<script>location = `http://localhost:${location.port}/other`</script>"
FOUND = {"/search": Answer(RESULT), "/listing/7": Answer(LISTING)}


class Desk(Counter):
    """A counter whose only submission is uncertain: it was sent, and nothing is known of it."""

    async def offers(self, **lookup: Any) -> None:
        """The directory describes its own means; addresses are given as paths below it."""
        await self.pool.execute("update directories set lookup = $1", {"appears_within_s": 0} | lookup)

    async def row_is(self, **changes: Any) -> None:
        columns = ", ".join(f"{name} = ${at}" for at, name in enumerate(changes, start=1))
        await self.pool.execute(f"update job_results set {columns}", *changes.values())

    async def offers_search(self, **more: Any) -> None:
        url = f"{self.site.url}search?q={{business_name}}"
        await self.offers(search={"url": url, "nothing_found": "no listings match"}, **more)

    async def aged(self) -> None:
        """Nobody can be clicking any more."""
        await self.age_intent(ATTEMPT_IS_OVER.total_seconds() + 1)


def check(desk: Desk) -> dict[str, Any]:
    url = f"{desk.site.url}known?name={{business_name}}&phone={{phone}}"
    return {"duplicate_check": {"url": url, "known": '"known":true', "unknown": '"known":false'}}


@pytest.fixture
async def desk(pool: Pool, chromium: BrowserPool) -> AsyncIterator[Desk]:
    async with open_site() as site:
        job_id = await add_begun_job(pool, ["alpha"])
        await pool.execute("update directories set submission_url = $1, interval_ms = 0", site.url)
        desk = Desk(pool, chromium, site, SubmissionRef(job_id=job_id, slug="alpha"))
        await results.save_plan(pool, await desk.row(), made())
        attempt = await results.claim_intent(pool, await desk.row())
        unknown = (await desk.row()).outcome.model_copy(
            update={"status": SubmissionStatus.UNCERTAIN, "failure": FailureType.OUTCOME_UNKNOWN}
        )
        await results.record(pool, await desk.row(), unknown, attempt)
        yield desk
        assert site.posts == [], "a look sends nothing"


async def test_what_the_search_leads_to_is_proof(desk: Desk) -> None:
    await desk.offers_search()
    desk.site.pages = FOUND
    sighting = await desk.look_up()
    assert (sighting.standing.status, sighting.standing.evidence) == (SubmissionStatus.SUBMITTED, Evidence.LISTING)
    outcome = (await desk.row()).outcome
    assert outcome.final_url == f"{desk.site.url}listing/7"
    assert outcome.reason == "Found published on the directory."
    assert desk.drawer.kept[outcome.screenshot].startswith(b"\x89PNG")
    assert outcome.may_be_sent, "nobody else may send it now"


async def test_absence_is_believed_where_the_directory_publishes_at_once(desk: Desk) -> None:
    await desk.offers_search(absence_is_proof=True, listing=f"{desk.site.url}biz/{{business_slug}}")
    desk.site.pages = {"/search": Answer(NOTHING)}
    await desk.row_is(response_status=502)
    await desk.aged()
    sighting = await desk.look_up()
    assert sighting.standing.status is SubmissionStatus.PLANNED
    row = await desk.row()
    assert (row.outcome.may_be_sent, row.intent_age) == (False, None)
    assert await results.claim_intent(desk.pool, row) == 2, "and it is sent again"


async def test_while_an_attempt_may_still_be_under_way_absence_proves_nothing(desk: Desk) -> None:
    await desk.offers_search(absence_is_proof=True, appears_within_s=3600)
    desk.site.pages = {"/search": Answer(NOTHING)}
    sighting = await desk.look_up()
    assert (sighting.standing.status, sighting.again) == (SubmissionStatus.UNCERTAIN, True)
    assert 3600 < sighting.again_in_s <= ATTEMPT_IS_OVER.total_seconds() + 3600
    await desk.aged()
    still_early = await desk.look_up()
    assert (still_early.standing.status, 0 < still_early.again_in_s < 3600) == (SubmissionStatus.UNCERTAIN, True)


@pytest.mark.parametrize(
    ("promise", "page", "row"),
    [
        (False, Answer(NOTHING), {}),
        (True, Answer(NOTHING), {"attempt": 3}),
        (True, Answer(NOTHING), {"response_status": 200}),
        (True, Answer(NOTHING + "<script>fetch('/find', {method: 'POST', body: '{}'})</script>"), {}),
        (True, Answer(NOTHING, 403), {}),
    ],
    ids=["moderated", "often enough", "answered", "asks by post", "forbidden"],
)
async def test_other_absence_is_left_to_a_person(desk: Desk, promise: bool, page: Answer, row: dict[str, Any]) -> None:
    await desk.offers_search(absence_is_proof=promise)
    await desk.row_is(**({"attempt": 1} | row))
    desk.site.pages = {"/search": page}
    await desk.aged()
    before = (await desk.row()).outcome
    sighting = await desk.look_up()
    assert (sighting.standing, sighting.again) == (before.standing, True)
    assert (await desk.row()).outcome == before


@pytest.mark.parametrize(
    "pages",
    [
        {"/search": Answer(RESULT), "/listing/7": Answer(LISTING.replace(PROFILE.phone, "+1 212 555 0199"))},
        {"/search": Answer(RESULT.replace("/listing/7", "/echo?tel=%2B15125550147")), "/echo": Answer(LISTING)},
        {
            "/search": Answer(RESULT),
            "/listing/7": Answer(f"<h1>{NAME}</h1><p>Listed! Success!</p><p hidden>{PROFILE.phone}</p>"),
        },
        {"/search": Answer(RESULT.replace("/listing/7", "http://localhost.example/7"))},
        {"/search": Answer(RESULT), "/listing/7": Answer(LEADS_ELSEWHERE), "/other": Answer(LISTING)},
    ],
    ids=["a namesake", "an echo", "hidden words", "another site's link", "leads elsewhere"],
)
async def test_what_only_looks_like_the_listing_is_none(desk: Desk, pages: dict[str, Answer]) -> None:
    await desk.offers_search()
    desk.site.pages = pages
    sighting = await desk.look_up()
    assert (sighting.standing.status, sighting.again) == (SubmissionStatus.UNCERTAIN, True)
    assert desk.drawer.kept == {}


async def test_of_two_namesakes_the_one_in_our_city_is_looked_at(desk: Desk) -> None:
    await desk.offers_search()
    results_page = (
        f"<ul><li><a href='/1'>{NAME}</a> Boston</li><li><a href='/listing/7'>{NAME}</a> {PROFILE.city}</li></ul>"
    )
    desk.site.pages = {"/search": Answer(results_page), "/listing/7": Answer(LISTING)}
    assert (await desk.look_up()).standing.status is SubmissionStatus.SUBMITTED
    assert "/1" not in desk.site.queries, "one result is followed, and no more"


async def test_results_that_a_script_fetches_are_waited_for(desk: Desk) -> None:
    await desk.offers_search()
    script = f"fetch('/find' + location.search).then(() => document.body.innerHTML = `{RESULT}`)"
    desk.site.pages = {
        "/search": Answer(f"<p>{NAME}</p><script>{script}</script>"),
        "/find": Answer("", after_s=0.4),
        "/listing/7": Answer(LISTING),
    }
    assert (await desk.look_up()).standing.status is SubmissionStatus.SUBMITTED


@pytest.mark.parametrize("page", [Answer("", 503), HANG_UP], ids=["503", "hangs up"])
async def test_a_search_that_is_down_tells_nothing_and_the_directory_rests(desk: Desk, page: Answer) -> None:
    await desk.offers_search(absence_is_proof=True)
    desk.site.pages = {"/search": page}
    await desk.aged()
    before = (await desk.row()).outcome
    sighting = await desk.look_up()
    assert (sighting.standing, sighting.again) == (before.standing, True)
    assert (await desk.row()).outcome == before
    assert await desk.pool.fetchval("select failures from directories") == 1


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ('{"known":true}', SubmissionStatus.SUBMITTED),
        ('{"known":false}', SubmissionStatus.PLANNED),
        ('{"known":true,"was":{"known":false}}', SubmissionStatus.UNCERTAIN),
        ("{}", SubmissionStatus.UNCERTAIN),
    ],
)
async def test_a_duplicate_check_is_the_directorys_word(desk: Desk, answer: str, status: SubmissionStatus) -> None:
    await desk.offers(**check(desk), absence_is_proof=True)
    desk.site.pages = {"/known": Answer(answer)}
    await desk.aged()
    standing = (await desk.look_up()).standing
    assert standing.status is status
    assert standing.evidence is (Evidence.TEXT if status is SubmissionStatus.SUBMITTED else Evidence.NONE)


async def test_absence_needs_every_means_to_agree(desk: Desk) -> None:
    await desk.offers_search(**check(desk), absence_is_proof=True)
    desk.site.pages = {"/known": Answer('{"known":false}'), "/search": Answer("<h1>Search</h1>")}
    await desk.aged()
    assert (await desk.look_up()).standing.status is SubmissionStatus.UNCERTAIN


async def test_a_directory_that_takes_for_ever_is_not_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities.reconciling, "_LIMIT_S", 1.0)
    await desk.offers_search()
    desk.site.pages = {"/search": Answer(RESULT, after_s=30)}
    assert (await desk.look_up()).again
    held_by, failures = await desk.pool.fetchrow("select held_by, failures from directories") or (0, 0)
    assert (held_by, failures) == (None, 1)


async def test_what_waits_for_a_confirmation_ends_when_it_is_published(desk: Desk) -> None:
    await desk.row_is(status="awaiting_action", failure="confirmation_needed")
    await desk.offers_search(**check(desk), absence_is_proof=True)
    await desk.aged()
    for known in ("true", "false"):
        desk.site.pages = {"/known": Answer(f'{{"known":{known}}}'), "/search": Answer(NOTHING)}
        waiting = await desk.look_up()
        assert (waiting.standing.status, waiting.again) == (SubmissionStatus.AWAITING_ACTION, True)
    desk.site.pages |= FOUND
    assert (await desk.look_up()).standing.evidence is Evidence.LISTING


async def test_the_page_that_the_post_was_sent_on_to_is_the_listing_where_the_directory_says_so(desk: Desk) -> None:
    await desk.offers(listing="{final_url}")
    await desk.row_is(final_url=f"{desk.site.url}listing/7", response_status=200)
    desk.site.pages = {"/listing/7": Answer(f"<h1>{NAME}</h1>")}
    assert (await desk.look_up()).standing.status is SubmissionStatus.UNCERTAIN, "it was not sent on"
    await desk.row_is(response_status=303)
    assert (await desk.look_up()).standing.evidence is Evidence.LISTING


async def test_a_listing_is_found_where_directories_put_it(desk: Desk) -> None:
    await desk.offers(listing=f"{desk.site.url}biz/{{city}}/{{business_slug}}")
    desk.site.pages = {"/biz/": Answer(LISTING)}
    assert (await desk.look_up()).standing.evidence is Evidence.LISTING
    assert desk.site.queries[0] == f"/biz/{PROFILE.city}/{NAME.lower().replace(' ', '-')}"


async def test_a_search_that_is_closed_to_robots_is_not_asked(desk: Desk) -> None:
    await desk.offers_search()
    desk.site.robots = Answer("\nUser-agent: *\nDisallow: /search\n")
    desk.site.pages = FOUND
    assert (await desk.look_up()).standing.status is SubmissionStatus.UNCERTAIN
    assert desk.site.queries == []


async def test_a_person_who_was_faster_is_right(desk: Desk) -> None:
    await desk.offers_search()
    desk.site.pages = FOUND

    async def decide() -> None:
        gone = ActionResolution(resolution=Resolution.GIVE_UP, by="Ada")
        await results.resolve(desk.pool, desk.ref, gone)

    desk.drawer.trouble = decide
    sighting = await desk.look_up()
    assert (sighting.standing.status, sighting.standing.failure) == (SubmissionStatus.FAILED, FailureType.GIVEN_UP)
    assert not sighting.again


@pytest.mark.parametrize("change", [{"status": "failed"}, {"status": "awaiting_action", "intent_at": None}])
async def test_where_nothing_is_open_nothing_is_asked(desk: Desk, change: dict[str, Any]) -> None:
    await desk.offers_search()
    await desk.row_is(**change)
    assert not (await desk.look_up()).again
    assert desk.site.queries == []


async def test_without_the_directorys_turn_nothing_is_asked(desk: Desk) -> None:
    await desk.offers_search()
    desk.site.pages = FOUND
    reconciling = Reconciling(desk.pool, desk.browser, desk.drawer, desk.robots)
    sighting = await ActivityEnvironment().run(reconciling.look_up, desk.ref)
    assert (sighting.standing, sighting.again) == ((await desk.row()).outcome.standing, True)
    assert desk.site.queries == []


async def test_means_that_this_build_cannot_read_are_none(desk: Desk) -> None:
    await desk.offers(telepathy="yes")
    assert not (await desk.look_up()).again
