"""Two workers on one row: whoever slept, and whatever their clocks say, one of them clicks."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

import activities.browser.send
import activities.submission
from activities.browser.pool import BrowserPool
from schema.contracts.submission import Outcome, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from schema.store.database import Pool
from schema.store.results import Submission
from tests.activities.counter import Counter
from tests.activities.site import open_site
from tests.factories import add_begun_job


@pytest.fixture(scope="module")
async def chromium(browser_path: Path) -> AsyncIterator[BrowserPool]:
    async with BrowserPool(browser_path, 2, "https://directorybolt.example/bot") as opened:
        yield opened


@pytest.fixture
async def counter(pool: Pool, chromium: BrowserPool) -> AsyncIterator[Counter]:
    async with open_site() as site:
        job_id = await add_begun_job(pool, ["alpha"])
        await pool.execute("update directories set submission_url = $1", site.url)
        yield Counter(pool, chromium, site, SubmissionRef(job_id=job_id, slug="alpha"))


async def test_a_worker_that_slept_between_intent_and_click_does_not_click_when_it_wakes(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile the row was called uncertain, the directory was found empty, and another worker has sent the form."""
    claim = results.claim_intent

    async def fall_asleep(pool: Pool, submission: Submission) -> int:
        attempt = await claim(pool, submission)
        monkeypatch.undo()
        await asyncio.sleep(1.2)
        await counter.age_intent(activities.submission.ATTEMPT_IS_OVER.total_seconds())
        assert (await counter.submit()).status is SubmissionStatus.UNCERTAIN
        await results.record(pool, submission, Outcome(status=SubmissionStatus.PLANNED), attempt)
        assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
        monkeypatch.setattr(activities.browser.send, "_POST_LEAVES_WITHIN_S", 1)
        monkeypatch.setattr(activities.browser.send, "_PAGE_SPEAKS_WITHIN_S", 1)
        return attempt

    await counter.plan()
    monkeypatch.setattr(results, "claim_intent", fall_asleep)
    monkeypatch.setattr(activities.submission, "_SEND_LIMIT_S", 1)
    with pytest.raises(ApplicationError, match="moved on"):
        await counter.submit()
    assert len(counter.site.posts) == 1
    assert (await counter.row()).status is SubmissionStatus.SUBMITTED


@pytest.mark.parametrize("skew", [timedelta(hours=-3), timedelta(hours=3)], ids=["slow", "fast"])
async def test_a_worker_whose_clock_is_wrong_waits_as_long_as_any_other(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, skew: timedelta
) -> None:
    await counter.plan()
    await results.claim_intent(counter.pool, await counter.row())
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + skew.total_seconds())
    with pytest.raises(ApplicationError) as early:
        await counter.submit()
    delay = early.value.next_retry_delay
    assert early.value.type == FailureType.OUTCOME_UNKNOWN
    assert delay is not None
    assert timedelta(seconds=60) < delay <= activities.submission.ATTEMPT_IS_OVER
    assert counter.site.posts == []
    await counter.age_intent(delay.total_seconds() + 1)
    assert (await counter.submit()).status is SubmissionStatus.UNCERTAIN


async def test_a_clock_that_is_set_while_the_form_is_sent_may_cost_a_visit_and_no_listing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate trusts whichever clock has gone further: at worst nothing leaves, and that is known."""
    claim, now = results.claim_intent, time.time

    async def jump(*arguments: Any) -> int:
        attempt = await claim(*arguments)
        monkeypatch.setattr(time, "time", lambda: now() + 3600)
        return attempt

    await counter.plan()
    monkeypatch.setattr(results, "claim_intent", jump)
    monkeypatch.setattr(activities.browser.send, "_POST_LEAVES_WITHIN_S", 1)
    monkeypatch.setattr(activities.browser.send, "_PAGE_SPEAKS_WITHIN_S", 1)
    outcome = await counter.submit()
    assert (outcome.status, outcome.may_be_sent) == (SubmissionStatus.PLANNED, False)
    monkeypatch.undo()
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1
