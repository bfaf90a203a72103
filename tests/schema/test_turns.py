"""Turns at a directory: one visitor at a time, no faster than it allows, in a fair order, and a dead one left alone."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from deploy.cli.example import example_profile
from schema.contracts.job import Tier
from schema.contracts.submission import Outcome, SubmissionRef, SubmissionStatus, Turn, WaitsFor
from schema.failures import FailureType
from schema.store import jobs, results, submissions, turns
from schema.store.database import Pool
from schema.store.submissions import Submission
from tests.factories import add_directories, add_job, row

SLUG = "alpha"


@pytest.fixture
def pool(still: Pool) -> Pool:
    """Only `later` lets time pass."""
    return still


async def customer(pool: Pool, number: int, tier: Tier = Tier.STARTER) -> SubmissionRef:
    """One more job that wants to be listed at the directory."""
    job_id = await add_job(pool, tier=tier, profile=example_profile(number))
    job = await jobs.find(pool, job_id)
    assert job is not None
    async with pool.acquire() as connection, connection.transaction():
        await jobs.begin(connection, job)
    return SubmissionRef(job_id=job_id, slug=SLUG)


async def customers(pool: Pool, number: int, **directory: object) -> list[SubmissionRef]:
    await add_directories(pool, [SLUG], **directory)
    return [await customer(pool, index) for index in range(number)]


async def of(pool: Pool, ref: SubmissionRef) -> Submission:
    return await row(pool, ref.job_id, ref.slug)


async def leave(pool: Pool, ref: SubmissionRef, *, well: bool = True) -> None:
    await turns.leave(pool, await of(pool, ref), well=well)


async def later(pool: Pool, **by: float) -> None:
    """Let time pass: everything that is written down of it moves into the past."""
    await pool.execute(
        """
        update directories set next_slot_at = next_slot_at - $1::interval, held_until = held_until - $1::interval,
            resting_until = resting_until - $1::interval
        """,
        timedelta(**by),
    )
    await pool.execute(
        "update job_results set queued_at = queued_at - $1::interval, expected_at = expected_at - $1::interval",
        timedelta(**by),
    )


def waiting(turn: Turn) -> WaitsFor:
    assert not turn.granted
    assert turn.wait_ms >= 250
    assert turn.waits_for is not None
    return turn.waits_for


async def test_of_fifty_who_come_at_once_one_is_let_in(pool: Pool) -> None:
    refs = await customers(pool, 50)
    asked = await asyncio.gather(*(turns.take(pool, ref) for ref in refs))
    assert sum(turn.granted for turn in asked) == 1
    assert {waiting(turn) for turn in asked if not turn.granted} == {WaitsFor.LINE}


async def test_a_turn_that_is_held_is_granted_again_to_whoever_holds_it(pool: Pool) -> None:
    [first, second] = await customers(pool, 2, interval_ms=60_000)
    assert [(await turns.take(pool, first)).granted for _ in range(3)] == [True] * 3
    assert not (await turns.take(pool, second)).granted


async def test_a_worker_that_died_loses_its_turn_by_time(pool: Pool) -> None:
    [first, second] = await customers(pool, 2)
    await turns.take(pool, first)
    lost = await of(pool, first)
    await later(pool, minutes=10)
    assert (await turns.take(pool, second)).granted
    assert not await turns.hold(pool, lost), "what comes back from the dead must not visit"
    await turns.leave(pool, lost)
    assert await turns.hold(pool, await of(pool, second)), "nor end another's turn"


async def test_turns_are_an_interval_apart(pool: Pool) -> None:
    [first, second, third] = await customers(pool, 3, interval_ms=60_000)
    await turns.take(pool, first)
    await leave(pool, first)
    soon = await turns.take(pool, second)
    await later(pool, seconds=1)
    then = await turns.take(pool, third)
    assert waiting(soon) is waiting(then) is WaitsFor.INTERVAL
    assert (soon.wait_ms, then.wait_ms) == (60_000, 119_000)
    await later(pool, seconds=61)
    assert (await turns.take(pool, second)).granted


async def test_a_directory_that_nobody_visited_owes_no_turns(pool: Pool) -> None:
    [first, second] = await customers(pool, 2, interval_ms=60_000)
    await later(pool, hours=1)
    assert (await turns.take(pool, first)).granted
    await leave(pool, first)
    assert not (await turns.take(pool, second)).granted


async def test_who_has_waited_longest_goes_first(pool: Pool) -> None:
    [first, second, third] = await customers(pool, 3)
    await turns.take(pool, first)
    await turns.take(pool, second)
    await later(pool, seconds=5)
    await leave(pool, first)
    assert waiting(await turns.take(pool, third)) is WaitsFor.LINE
    assert (await turns.take(pool, second)).granted


async def test_who_does_not_come_back_holds_nobody_up(pool: Pool) -> None:
    [first, second, third] = await customers(pool, 3)
    await turns.take(pool, first)
    await turns.take(pool, second)
    await leave(pool, first)
    await later(pool, minutes=2)
    assert (await turns.take(pool, third)).granted


async def test_a_higher_tier_goes_first_but_not_for_ever(pool: Pool) -> None:
    [holder, starter] = await customers(pool, 2)
    await turns.take(pool, holder)
    await turns.take(pool, starter)
    enterprise = await customer(pool, 7, Tier.ENTERPRISE)
    await turns.take(pool, enterprise)
    await leave(pool, holder)
    await later(pool, seconds=3)
    assert not (await turns.take(pool, starter)).granted
    await pool.execute(
        "update job_results set queued_at = queued_at - interval '16 minutes' where job_id = $1", starter.job_id
    )
    assert not (await turns.take(pool, enterprise)).granted
    assert (await turns.take(pool, starter)).granted


async def test_the_daily_cap_counts_what_was_sent(pool: Pool) -> None:
    refs = await customers(pool, 3, daily_cap=2)
    for ref in refs[:2]:
        assert (await turns.take(pool, ref)).granted
        await results.claim_intent(pool, await of(pool, ref))
        await leave(pool, ref)
    last = await turns.take(pool, refs[2])
    assert waiting(last) is WaitsFor.DAILY_CAP
    assert last.wait_ms == 12 * 3600 * 1000
    await pool.execute("update directories set sent_on = sent_on - 1")
    assert (await turns.take(pool, refs[2])).granted


async def test_what_is_to_be_sent_again_waits_for_another_turn(pool: Pool) -> None:
    """Though the worker died right after it had written down the refusal, and its activity is tried again."""
    (first,) = await customers(pool, 1, daily_cap=1)
    assert (await turns.take(pool, first)).granted
    attempt = await results.claim_intent(pool, await of(pool, first))
    refused = Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.REFUSED)
    await results.record(pool, await of(pool, first), refused, attempt)
    assert not await turns.hold(pool, await of(pool, first))
    assert waiting(await turns.take(pool, first)) is WaitsFor.DAILY_CAP


async def test_visits_that_send_nothing_do_not_count_for_the_cap(pool: Pool) -> None:
    refs = await customers(pool, 3, daily_cap=1)
    for ref in refs:
        assert (await turns.take(pool, ref)).granted
        await leave(pool, ref)


async def test_a_directory_rests_as_long_as_it_asks(pool: Pool) -> None:
    [first, second] = await customers(pool, 2)
    await turns.take(pool, first)
    await turns.failed(pool, await of(pool, first), timedelta(minutes=7))
    turn = await turns.take(pool, second)
    assert waiting(turn) is WaitsFor.REST
    assert turn.wait_ms == 7 * 60 * 1000


async def test_a_dead_directory_costs_three_failures_and_then_one_probe_a_rest(pool: Pool) -> None:
    refs = await customers(pool, 20)
    failures = 0
    for _ in range(10):
        for ref in refs:
            if (await turns.take(pool, ref)).granted:
                failures += 1
                await turns.failed(pool, await of(pool, ref))
        await later(pool, seconds=4)
    assert failures == 3
    assert {waiting(await turns.take(pool, ref)) for ref in refs} == {WaitsFor.BREAKER}
    await later(pool, minutes=5)
    asked = await asyncio.gather(*(turns.take(pool, ref) for ref in refs))
    assert sum(turn.granted for turn in asked) == 1


async def test_a_probe_that_is_answered_closes_the_breaker(pool: Pool) -> None:
    [first, second] = await customers(pool, 2)
    for _ in range(3):
        await later(pool, minutes=10)
        assert (await turns.take(pool, first)).granted
        await turns.failed(pool, await of(pool, first))
    await later(pool, minutes=10)
    await turns.take(pool, first)
    await leave(pool, first)
    assert (await turns.take(pool, second)).granted
    await turns.failed(pool, await of(pool, second))
    assert waiting(await turns.take(pool, first)) is WaitsFor.REST, "one new failure is no open breaker"


@pytest.mark.parametrize(
    ("failures", "rest"), [(1, 1), (2, 3), (3, 300), (4, 600), (5, 1200), (9, 19_200), (60, 21_600)]
)
async def test_each_probe_in_vain_makes_the_rest_longer(pool: Pool, failures: int, rest: int) -> None:
    assert await pool.fetchval("select rest_after($1)", failures) == timedelta(seconds=rest)


async def test_a_failed_visit_says_why_on_the_row_and_changes_no_state(pool: Pool) -> None:
    [ref] = await customers(pool, 1)
    await turns.note_failure(pool, await of(pool, ref), FailureType.DIRECTORY_UNREACHABLE, "It hung up.")
    outcome = (await of(pool, ref)).outcome
    assert (outcome.status, outcome.failure) == (SubmissionStatus.PENDING, FailureType.DIRECTORY_UNREACHABLE)
    ended = Outcome(status=SubmissionStatus.FAILED, failure=FailureType.FORM_NOT_FOUND, reason="Gone.")
    await results.record(pool, await of(pool, ref), ended, 0)
    await turns.note_failure(pool, await of(pool, ref), FailureType.DIRECTORY_UNREACHABLE, "It hung up.")
    assert (await of(pool, ref)).outcome.failure is FailureType.FORM_NOT_FOUND


async def test_a_row_that_is_not_there_has_no_turn(pool: Pool) -> None:
    with pytest.raises(submissions.NotInLedger):
        await turns.take(pool, SubmissionRef(job_id=UUID(int=1), slug="nowhere"))


async def test_the_database_refuses_a_cap_of_nothing(pool: Pool) -> None:
    await add_directories(pool, [SLUG])
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("update directories set daily_cap = 0")
