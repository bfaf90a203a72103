"""Two workers on one row: whoever slept, and whatever their clocks say, one of them clicks."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

import activities.submission
from schema.contracts.submission import Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from schema.store.database import Pool
from schema.store.submissions import Submission
from tests.activities.counter import Counter, expect_silence


async def test_a_worker_that_slept_between_intent_and_click_does_not_click_when_it_wakes(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile the row was called uncertain, the directory was found empty, and another worker has sent the form."""
    claim = results.claim_intent

    async def fall_asleep(pool: Pool, submission: Submission) -> int:
        attempt = await claim(pool, submission)
        awake.undo()
        await asyncio.sleep(1.2)
        await counter.age_intent(activities.submission.ATTEMPT_IS_OVER.total_seconds())
        assert (await counter.submit()).status is SubmissionStatus.UNCERTAIN
        await results.record(pool, submission, Outcome(status=SubmissionStatus.PLANNED), attempt)
        assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
        expect_silence(monkeypatch)
        return attempt

    await counter.plan()
    with pytest.MonkeyPatch.context() as awake:
        awake.setattr(results, "claim_intent", fall_asleep)
        awake.setattr(activities.submission, "_SEND_LIMIT_S", 1)
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


async def test_a_clock_that_is_set_while_the_form_is_sent_may_cost_a_visit_and_no_listing(counter: Counter) -> None:
    """The gate trusts whichever clock has gone further: at worst nothing leaves, and that is known."""
    claim, now = results.claim_intent, time.time

    async def jump(*arguments: Any) -> int:
        attempt = await claim(*arguments)
        monkeypatch.setattr(time, "time", lambda: now() + 3600)
        return attempt

    await counter.plan()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(results, "claim_intent", jump)
        expect_silence(monkeypatch)
        outcome = await counter.submit()
    assert (outcome.status, outcome.may_be_sent) == (SubmissionStatus.PLANNED, False)
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1
