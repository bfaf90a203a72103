"""A page's process crashes, while its browser lives on: before the click that costs a visit, after it an answer."""

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

import activities.submission
from activities.browser.fill import Filled
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType
from tests.activities.counter import Counter, browser_processes
from tests.processes import is_page, kill


async def crash(*_: object) -> None:
    """What an out-of-memory killer does to the largest page."""
    kill(filter(is_page, browser_processes()))


async def test_a_page_that_crashes_before_the_click_is_visited_again(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = activities.submission._fill

    async def crash_and_fill(*arguments: Any) -> Filled:
        await crash()
        return await fill(*arguments)

    await counter.plan()
    with monkeypatch.context() as fragile:
        fragile.setattr(activities.submission, "_fill", crash_and_fill)
        with pytest.raises(ApplicationError) as failed:
            await counter.submit()
    assert (failed.value.type, failed.value.non_retryable) == (FailureType.BROWSER_FAILED, False)
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1


@pytest.mark.usefixtures("short_patience")
async def test_a_page_that_crashes_after_the_click_claims_no_more_than_it_heard(counter: Counter) -> None:
    await counter.plan()
    counter.site.on_post = crash
    outcome = await counter.submit()
    assert (outcome.status, outcome.may_be_sent) == (SubmissionStatus.UNCERTAIN, True)
    assert await counter.submit() == outcome
    assert len(counter.site.posts) == 1
