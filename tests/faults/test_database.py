"""The database goes away at the two commits that frame the click: whatever they did unheard, nobody clicks twice."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from temporalio.exceptions import ApplicationError

import activities.submission
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from tests.activities.counter import Counter

Statement = Callable[..., Awaitable[Any]]


def commits_unheard(statement: Statement, times: int = 1) -> Statement:
    """The statement is carried out, and its connection breaks before the answer."""
    left = [None] * times

    async def break_after(*arguments: Any) -> Any:
        answer = await statement(*arguments)
        if left:
            left.pop()
            raise ConnectionResetError
        return answer

    return break_after


async def test_an_intent_that_was_committed_unheard_is_never_clicked(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await counter.plan()
    monkeypatch.setattr(results, "claim_intent", commits_unheard(results.claim_intent))
    with pytest.raises(ApplicationError) as lost:
        await counter.submit()
    assert lost.value.type == FailureType.STORE_UNAVAILABLE
    await counter.age_intent(activities.submission.ATTEMPT_IS_OVER.total_seconds())
    assert (await counter.submit()).status is SubmissionStatus.UNCERTAIN
    assert counter.site.posts == []


async def test_an_outcome_that_was_committed_unheard_stands(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    await counter.plan()
    monkeypatch.setattr(results, "record", commits_unheard(results.record))
    with pytest.raises(ApplicationError, match="moved on"):
        await counter.submit()
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1
    told = "select count(*) from queue_history where event = 'submission_complete'"
    assert await counter.pool.fetchval(told) == 1


async def test_a_record_on_a_connection_that_just_broke_is_made_on_another(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, broken = results.record, [asyncpg.InternalClientError("another operation is in progress")]

    async def stumble(*arguments: Any) -> None:
        if broken:
            raise broken.pop()
        await record(*arguments)

    await counter.plan()
    monkeypatch.setattr(results, "record", stumble)
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1


async def test_a_database_that_stays_away_after_the_click_leaves_a_doubt_and_no_second_click(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise ConnectionRefusedError

    await counter.plan()
    with monkeypatch.context() as outage:
        outage.setattr(results, "record", away)
        outage.setattr(activities.submission, "_RECORD_LIMIT_S", 1)
        with pytest.raises(ApplicationError):
            await counter.submit()
    await counter.age_intent(activities.submission.ATTEMPT_IS_OVER.total_seconds())
    assert (await counter.submit()).status is SubmissionStatus.UNCERTAIN
    assert len(counter.site.posts) == 1
