"""Looking up what became of a submission, with a real Chromium, the real ledger and directories of every character.

What is promised: proof is the business itself and no namesake, absence is believed only where it must be, and a look
never sends anything.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from activities.browser.pool import BrowserPool
from activities.submission import ATTEMPT_IS_OVER
from schema.contracts.submission import Evidence, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.site import Answer, open_site
from tests.factories import PROFILE, add_begun_job
from tests.schema.clerk import made

NAME = PROFILE.business_name
SILENCE = "<p>post.php 2.1</p>"
NOTHING = f"<h1>Search</h1><input name=q value='{NAME}'><p>Sorry, no listings match.</p>"
RESULT = f"<h1>Search</h1><ul><li><a href='/listing/7'>{NAME}</a></li></ul>"
LISTING = f"<h1>{NAME}</h1><dl><dt>Phone</dt><dd>{PROFILE.phone}</dd></dl>"


@pytest.fixture(scope="module")
async def chromium(browser_path: Path) -> AsyncIterator[BrowserPool]:
    async with BrowserPool(browser_path, 2, "https://directorybolt.example/bot") as opened:
        yield opened


class Desk(Counter):
    """A counter whose only submission is uncertain: it was sent, and nothing is known of it."""

    async def offers(self, **lookup: Any) -> None:
        """The directory describes its own means; addresses are given as paths below it."""
        await self.pool.execute("update directories set lookup = $1", {"appears_within_s": 0} | lookup)

    async def offers_search(self, **more: Any) -> None:
        url = f"{self.site.url}search?q={{business_name}}"
        await self.offers(search={"url": url, "nothing_found": "no listings match"}, **more)

    async def aged(self) -> None:
        """Nobody can be clicking any more."""
        await self.age_intent(ATTEMPT_IS_OVER.total_seconds() + 1)


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
    desk.site.pages = {"/search": Answer(RESULT), "/listing/7": Answer(LISTING)}
    sighting = await desk.look_up()
    assert (sighting.standing.status, sighting.standing.evidence) == (SubmissionStatus.SUBMITTED, Evidence.LISTING)
    outcome = (await desk.row()).outcome
    assert outcome.final_url == f"{desk.site.url}listing/7"
    assert outcome.reason == "Found published on the directory."
    assert desk.drawer.kept[outcome.screenshot].startswith(b"\x89PNG")
    assert outcome.may_be_sent, "nobody else may send it now"


async def test_absence_is_believed_where_the_directory_publishes_at_once(desk: Desk) -> None:
    await desk.offers_search(absence_is_proof=True)
    desk.site.pages = {"/search": Answer(NOTHING)}
    early = await desk.look_up()
    assert (early.standing.status, early.again) == (SubmissionStatus.UNCERTAIN, True)
    assert 0 < early.again_in_s <= ATTEMPT_IS_OVER.total_seconds() + 1
    await desk.aged()
    sighting = await desk.look_up()
    assert sighting.standing.status is SubmissionStatus.PLANNED
    row = await desk.row()
    assert not row.outcome.may_be_sent
    assert row.intent_age is None
