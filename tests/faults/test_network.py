"""The line breaks at every byte stage of the post: a click arrives once at most, and what is unknown is called so."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import activities.browser.send
from activities.browser.pool import BrowserPool
from schema.contracts.submission import Outcome, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.factories import add_begun_job
from tests.faults.broken import BrokenSite, Stage, open_broken_site

_CONTACT = "https://directorybolt.example/bot"
_NOTHING_ARRIVED = (Stage.BEFORE_CONNECT,)


@pytest.fixture(scope="module")
async def chromium(browser_path: Path) -> AsyncIterator[BrowserPool]:
    async with BrowserPool(browser_path, 2, _CONTACT) as opened:
        yield opened


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """This directory is on this machine, and dumb: what it has not said at once it never will."""
    monkeypatch.setattr(activities.browser.send, "_POST_LEAVES_WITHIN_S", 2)
    monkeypatch.setattr(activities.browser.send, "_ANSWER_WITHIN_S", 2)
    monkeypatch.setattr(activities.browser.send, "_PAGE_SPEAKS_WITHIN_S", 1)


@pytest.fixture
async def site() -> AsyncIterator[BrokenSite]:
    async with open_broken_site() as opened:
        yield opened


@pytest.fixture
async def counter(pool: Pool, chromium: BrowserPool, site: BrokenSite) -> Counter:
    job_id = await add_begun_job(pool, ["alpha"])
    await pool.execute("update directories set submission_url = $1", site.url)
    return Counter(pool, chromium, site, SubmissionRef(job_id=job_id, slug="alpha"))


@pytest.mark.parametrize("stage", Stage)
async def test_a_post_that_is_cut_arrives_once_and_is_never_repeated(
    counter: Counter, site: BrokenSite, stage: Stage
) -> None:
    site.stage = stage
    outcome = await counter.plan_and_submit()
    if stage in _NOTHING_ARRIVED:
        assert (outcome.status, outcome.failure) == (SubmissionStatus.PLANNED, FailureType.DIRECTORY_UNREACHABLE)
        assert not outcome.may_be_sent
        assert site.arrivals == 0
        return
    if stage is Stage.MID_ANSWER:
        # Its first line said 200: that is what evidence by response means.
        assert (outcome.status, outcome.response_status) == (SubmissionStatus.SUBMITTED, 200)
    else:
        assert _is_uncertain(outcome), outcome
    assert await counter.submit() == outcome
    assert site.arrivals <= 1
    assert len(site.posts) <= 1


def _is_uncertain(outcome: Outcome) -> bool:
    return (outcome.status, outcome.failure, outcome.may_be_sent) == (
        SubmissionStatus.UNCERTAIN,
        FailureType.OUTCOME_UNKNOWN,
        True,
    )
