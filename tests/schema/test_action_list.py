"""`actions`: who holds one and for how long, what is listed, and whom to remind, all by the database's clock."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from deploy.cli.example import example_profile
from schema.contracts.action import Action, ActionFilter, ActionStatus
from schema.contracts.submission import ActionResolution, Outcome, Resolution, SubmissionStatus
from schema.failures import FailureType
from schema.store import actions, results, submissions
from schema.store.actions import ActionClosed
from schema.store.database import Pool
from tests.factories import add_begun_job, row
from tests.patience import eventually

HALF_AN_HOUR = timedelta(minutes=30)
FORTNIGHT = timedelta(days=14)
LOGIN = Outcome(
    status=SubmissionStatus.AWAITING_ACTION,
    failure=FailureType.LOGIN_REQUIRED,
    reason="The form is behind a login.",
    final_url="https://alpha.example/login",
    screenshot="jobs/1/alpha/shot.png",
)
UNKNOWN = Outcome(status=SubmissionStatus.UNCERTAIN, failure=FailureType.OUTCOME_UNKNOWN, reason="?", may_be_sent=True)


async def asked(
    pool: Pool, slug: str = "alpha", outcome: Outcome = LOGIN, *, patience: timedelta = FORTNIGHT, business: int = 1
) -> UUID:
    """The id of an action that has just been opened."""
    job_id = await add_begun_job(pool, [slug], profile=example_profile(business))
    submission = await row(pool, job_id, slug)
    attempt = await results.claim_intent(pool, submission) if outcome.may_be_sent else submission.attempt
    await results.record(pool, submission, outcome, attempt)
    await actions.open_for(pool, submission.id, outcome, patience)
    action_id: UUID = await pool.fetchval("select id from actions where result_id = $1", submission.id)
    return action_id


async def found(pool: Pool, action_id: UUID) -> Action:
    action = await actions.find(pool, action_id)
    assert action is not None
    return action


async def ages(pool: Pool, action_id: UUID, by: timedelta) -> None:
    """As if so much time had passed."""
    await pool.execute(
        """
        update actions set created_at = created_at - $2::interval, deadline_at = deadline_at - $2::interval,
            claimed_at = claimed_at - $2::interval, claimed_until = claimed_until - $2::interval
        where id = $1
        """,
        action_id,
        by,
    )


async def test_an_action_says_what_to_do_and_what_each_way_out_would_do(pool: Pool) -> None:
    action = await found(pool, await asked(pool))
    assert (action.kind, action.reason) == (FailureType.LOGIN_REQUIRED, "The form is behind a login.")
    assert (action.directory.page, action.screenshot) == ("https://alpha.example/login", "jobs/1/alpha/shot.png")
    assert any("account" in step for step in action.steps)
    assert [choice.resolution for choice in action.choices] == ["confirmed", "retry", "give_up"]
    assert action.workflow_id == f"job-{action.job_id}-alpha"


async def test_what_may_have_been_sent_offers_no_way_to_send_it_again(pool: Pool) -> None:
    action = await found(pool, await asked(pool, outcome=UNKNOWN))
    assert action.may_be_sent
    assert [choice.resolution for choice in action.choices] == ["confirmed", "give_up"]


async def test_of_many_who_claim_at_once_one_holds_it(pool: Pool) -> None:
    action_id = await asked(pool)
    names = [f"person-{number}" for number in range(8)]
    won = await asyncio.gather(*(actions.claim(pool, action_id, name, HALF_AN_HOUR) for name in names))
    [winner] = [name for name, has_it in zip(names, won, strict=True) if has_it]
    claim = (await found(pool, action_id)).claim
    assert claim is not None
    assert (claim.by, claim.until - claim.at) == (winner, HALF_AN_HOUR)


async def test_a_claim_is_renewed_released_taken_over_and_runs_out(pool: Pool) -> None:
    action_id = await asked(pool)
    assert await actions.claim(pool, action_id, "ana", HALF_AN_HOUR)
    await ages(pool, action_id, timedelta(minutes=20))
    assert await actions.claim(pool, action_id, "ana", HALF_AN_HOUR)
    claim = (await found(pool, action_id)).claim
    assert claim is not None
    assert timedelta(minutes=49) < claim.until - claim.at < timedelta(minutes=51)
    assert not await actions.release(pool, action_id, "ben")
    assert await actions.claim(pool, action_id, "ben", HALF_AN_HOUR, take_over=True)
    assert not await actions.claim(pool, action_id, "ana", HALF_AN_HOUR)
    assert await actions.release(pool, action_id, "ben")
    assert await actions.claim(pool, action_id, "ana", HALF_AN_HOUR)
    await ages(pool, action_id, HALF_AN_HOUR)
    assert (await found(pool, action_id)).claim is None
    assert not await actions.release(pool, action_id, "ana")
    assert await actions.claim(pool, action_id, "ben", HALF_AN_HOUR)


async def test_what_is_asked_again_keeps_its_deadline_and_its_claim(pool: Pool) -> None:
    action_id = await asked(pool)
    assert await actions.claim(pool, action_id, "ana", HALF_AN_HOUR)
    await ages(pool, action_id, timedelta(days=13))
    await pool.execute("update actions set claimed_until = now() + interval '5 minutes' where id = $1", action_id)
    before = await found(pool, action_id)
    submission = await row(pool, before.job_id, "alpha")
    captcha = LOGIN.model_copy(update={"failure": FailureType.CAPTCHA, "reason": "Now there is a captcha."})
    left_ms = await actions.open_for(pool, submission.id, captcha, FORTNIGHT)
    assert abs(left_ms - 86_400_000) < 60_000
    now = await found(pool, action_id)
    assert (now.kind, now.reason) == (FailureType.CAPTCHA, "Now there is a captcha.")
    assert (now.deadline_at, now.claim) == (before.deadline_at, before.claim)


async def test_nobody_is_asked_about_what_was_decided_while_the_question_was_on_its_way(pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    submission = await row(pool, job_id, "alpha")
    await results.record(pool, submission, LOGIN, submission.attempt)
    async with pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute("update job_results set status = 'failed' where id = $1", submission.id)
            asking = asyncio.create_task(actions.open_for(pool, submission.id, LOGIN, FORTNIGHT))
            await eventually(lambda: connection.fetchval("select exists (select from pg_locks where not granted)"))
        assert await asking == 0
    assert await pool.fetchval("select count(*) from actions") == 0


async def test_a_list_begins_with_what_is_due_first(pool: Pool) -> None:
    late = await asked(pool, "alpha", patience=timedelta(days=3))
    soon = await asked(pool, "beta", UNKNOWN, patience=timedelta(days=2), business=2)
    over = await asked(pool, "gamma", patience=timedelta(days=1), business=3)
    await ages(pool, over, timedelta(days=2))
    closed = await asked(pool, "delta", business=4)
    async with pool.acquire() as connection:
        await actions.cancel(connection, (await row(pool, (await found(pool, closed)).job_id, "delta")).id)

    async def ids(**wanted: object) -> list[UUID]:
        return [action.id for action in await actions.listed(pool, ActionFilter.model_validate(wanted))]

    assert await ids() == [over, soon, late]
    assert set(await ids(status=None)) == {late, soon, over, closed}
    assert await ids(status=ActionStatus.CANCELLED) == [closed]
    assert await ids(kind=FailureType.OUTCOME_UNKNOWN) == [soon]
    assert await ids(directory="alpha") == [late]
    assert await ids(job_id=(await found(pool, soon)).job_id) == [soon]
    assert await ids(overdue=True) == [over]
    assert await ids(limit=1) == [over]
    assert (await found(pool, over)).overdue


async def test_a_decision_about_an_action_that_was_closed_decides_nothing_about_the_next(pool: Pool) -> None:
    first = await asked(pool)
    ref = (await row(pool, (await found(pool, first)).job_id, "alpha")).ref
    retry = ActionResolution(resolution=Resolution.RETRY, by="ana", action_id=first)
    assert (await results.resolve(pool, ref, retry)).status is SubmissionStatus.PLANNED
    submission = await submissions.find(pool, ref)
    await results.record(pool, submission, LOGIN, submission.attempt)
    await actions.open_for(pool, submission.id, LOGIN, FORTNIGHT)
    with pytest.raises(ActionClosed):
        await results.resolve(pool, ref, retry.model_copy(update={"by": "ben"}))
    assert (await submissions.find(pool, ref)).status is SubmissionStatus.AWAITING_ACTION
    assert (await found(pool, first)).resolved_by == "ana"


async def test_people_are_reminded_half_way_and_a_day_before_the_deadline(pool: Pool) -> None:
    action_id = await asked(pool)

    async def due() -> list[tuple[UUID, bool]]:
        return [(reminder.action_id, reminder.last) for reminder in await actions.due_reminders(pool)]

    assert await due() == []
    for days, told in ((6.9, []), (0.2, [(action_id, False)]), (5.8, [(action_id, False)]), (0.2, [(action_id, True)])):
        await ages(pool, action_id, timedelta(days=days))
        assert await due() == told
    short = await asked(pool, "beta", patience=timedelta(hours=2), business=2)
    await ages(pool, short, timedelta(minutes=61))
    assert await due() == [(short, False), (action_id, True)]
    await ages(pool, action_id, timedelta(days=1))
    assert await due() == [(short, False)]
