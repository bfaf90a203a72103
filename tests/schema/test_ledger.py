"""The submission ledger on a real PostgreSQL: who may click, who may not, and what counts as proof."""

import asyncio

import asyncpg
import pytest

from deploy.cli.example import example_profile
from schema.contracts.form import ButtonKind
from schema.contracts.plan import Plan, PlanStep
from schema.contracts.submission import (
    ActionResolution,
    Evidence,
    Outcome,
    Resolution,
    SubmissionRef,
    SubmissionStatus,
)
from schema.failures import FailureType
from schema.store import actions, jobs, results, submissions, transitions
from schema.store.database import Pool
from schema.store.results import LedgerConflict
from schema.store.submissions import Submission
from tests.factories import add_begun_job, row

PLAN = Plan(
    directory="alpha",
    url="https://alpha.example/submit",
    steps=(PlanStep(fingerprint="f", decisions=(), button="0:send", button_kind=ButtonKind.SUBMIT),),
)
ACCEPTED = Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, reason="Thank you", may_be_sent=True)
UNKNOWN = Outcome(status=SubmissionStatus.UNCERTAIN, failure=FailureType.OUTCOME_UNKNOWN, reason="?", may_be_sent=True)
REFUSED = Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.REFUSED, reason="phone is invalid")


async def planned(pool: Pool, slug: str = "alpha") -> Submission:
    job_id = await add_begun_job(pool, [slug])
    await results.save_plan(pool, await row(pool, job_id, slug), PLAN)
    return await row(pool, job_id, slug)


async def again(pool: Pool, submission: Submission) -> Submission:
    return await submissions.find(pool, submission.ref)


async def test_of_many_claims_one_wins(pool: Pool) -> None:
    submission = await planned(pool)
    claims = await asyncio.gather(*(results.claim_intent(pool, submission) for _ in range(8)), return_exceptions=True)
    assert [claim for claim in claims if not isinstance(claim, BaseException)] == [1]
    assert sum(isinstance(claim, LedgerConflict) for claim in claims) == 7


async def test_a_second_job_for_the_same_business_cannot_claim(pool: Pool) -> None:
    first = await planned(pool)
    second = await planned(pool)
    assert first.ref.job_id != second.ref.job_id
    await results.claim_intent(pool, first)
    with pytest.raises(LedgerConflict, match="Another job"):
        await results.claim_intent(pool, second)
    listed = await submissions.listed_by_another_job(pool, second)
    assert listed is not None
    assert (listed.status, listed.failure) == (SubmissionStatus.SKIPPED, FailureType.ALREADY_LISTED)


async def test_a_second_order_shows_the_proof_of_the_first(pool: Pool) -> None:
    first = await planned(pool)
    attempt = await results.claim_intent(pool, first)
    proof = ACCEPTED.model_copy(update={"final_url": "https://alpha.example/thanks", "screenshot": "shot.jpg"})
    await results.record(pool, first, proof, attempt)
    listed = await submissions.listed_by_another_job(pool, await planned(pool))
    assert listed is not None
    assert (listed.evidence, listed.final_url, listed.screenshot) == (
        Evidence.TEXT,
        "https://alpha.example/thanks",
        "shot.jpg",
    )


async def test_another_business_is_not_in_the_way(pool: Pool) -> None:
    await results.claim_intent(pool, await planned(pool))
    job_id = await add_begun_job(pool, ["alpha"], profile=example_profile(7))
    other = await row(pool, job_id, "alpha")
    assert await submissions.listed_by_another_job(pool, other) is None
    assert await results.claim_intent(pool, other) == 1


async def test_success_without_evidence_is_refused_by_the_database(pool: Pool) -> None:
    submission = await planned(pool)
    attempt = await results.claim_intent(pool, submission)
    with pytest.raises(asyncpg.CheckViolationError):
        await results.record(pool, submission, ACCEPTED.model_copy(update={"evidence": Evidence.NONE}), attempt)
    assert (await again(pool, submission)).status is SubmissionStatus.SUBMITTING


async def test_success_without_a_claim_is_no_transition(pool: Pool) -> None:
    submission = await planned(pool)
    with pytest.raises(LedgerConflict):
        await results.record(pool, submission, ACCEPTED, submission.attempt)


async def test_late_proof_of_the_last_attempt_keeps_a_row_from_being_sent_again(pool: Pool) -> None:
    """The directory was asked too early and did not show it: its own word to who sent is better proof than that."""
    submission = await planned(pool)
    attempt = await results.claim_intent(pool, submission)
    await results.record(pool, submission, UNKNOWN, attempt)
    await results.record(pool, await again(pool, submission), Outcome(status=SubmissionStatus.PLANNED), attempt)
    to_be_sent_again = await again(pool, submission)
    await results.record(pool, submission, ACCEPTED, attempt)
    with pytest.raises(LedgerConflict):
        await results.claim_intent(pool, to_be_sent_again)
    found = await again(pool, submission)
    assert (found.status, found.outcome.may_be_sent) == (SubmissionStatus.SUBMITTED, True)


async def test_an_outcome_of_an_earlier_attempt_comes_too_late(pool: Pool) -> None:
    submission = await planned(pool)
    first = await results.claim_intent(pool, submission)
    await results.record(pool, submission, REFUSED, first)
    assert await results.claim_intent(pool, await again(pool, submission)) == 2
    with pytest.raises(LedgerConflict):
        await results.record(pool, submission, ACCEPTED, first)


async def test_a_refusal_frees_the_listing_and_uncertainty_keeps_it(pool: Pool) -> None:
    refused = await planned(pool)
    await results.record(pool, refused, REFUSED, await results.claim_intent(pool, refused))
    uncertain = await planned(pool)
    await results.record(pool, uncertain, UNKNOWN, await results.claim_intent(pool, uncertain))
    assert await submissions.listed_by_another_job(pool, await planned(pool)) is not None


async def test_an_ended_row_stays_as_it_is(pool: Pool) -> None:
    submission = await planned(pool)
    attempt = await results.claim_intent(pool, submission)
    await results.record(pool, submission, ACCEPTED, attempt)
    for outcome in (UNKNOWN, REFUSED, ACCEPTED, transitions.given_up(submission.outcome, FailureType.INTERNAL, "x")):
        with pytest.raises(LedgerConflict):
            await results.record(pool, submission, outcome, attempt)
    assert (await again(pool, submission)).status is SubmissionStatus.SUBMITTED


@pytest.mark.parametrize(
    ("resolution", "status", "failure"),
    [
        (Resolution.CONFIRMED, SubmissionStatus.SUBMITTED, None),
        (Resolution.GIVE_UP, SubmissionStatus.FAILED, FailureType.GIVEN_UP),
    ],
)
async def test_a_person_resolves_what_is_uncertain(
    pool: Pool, resolution: Resolution, status: SubmissionStatus, failure: FailureType | None
) -> None:
    submission = await planned(pool)
    await results.record(pool, submission, UNKNOWN, await results.claim_intent(pool, submission))
    decision = ActionResolution(resolution=resolution, by="ana")
    outcome = await results.resolve(pool, submission.ref, decision)
    assert (outcome.status, outcome.failure) == (status, failure)
    assert await results.resolve(pool, submission.ref, decision) == (await again(pool, submission)).outcome


async def test_a_person_cannot_confirm_what_another_job_has_sent(pool: Pool) -> None:
    """Their own row waits without an intent: to confirm it would give the business two listings in the books."""
    waits = Outcome(status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.CAPTCHA)
    waiting, other = await planned(pool), await planned(pool)
    await results.record(pool, waiting, waits, waiting.attempt)
    await results.claim_intent(pool, other)
    with pytest.raises(LedgerConflict, match="Another job"):
        await results.resolve(pool, waiting.ref, ActionResolution(resolution=Resolution.CONFIRMED, by="ana"))
    given_up = await results.resolve(pool, waiting.ref, ActionResolution(resolution=Resolution.GIVE_UP, by="ana"))
    assert given_up.failure is FailureType.GIVEN_UP


async def test_what_may_have_been_sent_is_not_sent_again_by_a_person(pool: Pool) -> None:
    submission = await planned(pool)
    await results.record(pool, submission, UNKNOWN, await results.claim_intent(pool, submission))
    with pytest.raises(LedgerConflict, match="twice"):
        await results.resolve(pool, submission.ref, ActionResolution(resolution=Resolution.RETRY, by="ana"))


async def test_giving_up_on_a_claimed_row_never_says_failed(pool: Pool) -> None:
    submission = await planned(pool)
    await results.claim_intent(pool, submission)
    outcome = transitions.given_up((await again(pool, submission)).outcome, FailureType.WORKFLOW_CLOSED, "closed")
    assert (outcome.status, outcome.may_be_sent) == (SubmissionStatus.UNCERTAIN, True)


async def test_counters_follow_the_rows(pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta", "gamma"])
    for slug, outcome in (("alpha", ACCEPTED), ("beta", UNKNOWN)):
        submission = await row(pool, job_id, slug)
        await results.record(pool, submission, outcome, await results.claim_intent(pool, submission))
    summary = await jobs.summary(pool, job_id)
    counts = await jobs.count(pool, job_id)
    assert summary is not None
    assert (summary.total, summary.ended, summary.waiting) == (3, 1, 1) == (counts.total, counts.ended, counts.waiting)
    assert (counts.pending, counts.settled) == (1, False)


async def test_one_open_action_per_row(pool: Pool) -> None:
    from datetime import timedelta

    submission = await planned(pool)
    await results.record(pool, submission, UNKNOWN, await results.claim_intent(pool, submission))
    for _ in range(2):
        await actions.open_for(pool, submission.id, UNKNOWN, timedelta(days=1))
    assert await pool.fetchval("select count(*) from actions where status = 'open'") == 1
    await results.expire(pool, submission.ref)
    assert await pool.fetchval("select status from actions") == "expired"
    assert (await again(pool, submission)).outcome.failure is FailureType.ACTION_EXPIRED


async def test_unknown_rows_are_named(pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    with pytest.raises(submissions.NotInLedger, match="beta"):
        await submissions.find(pool, SubmissionRef(job_id=job_id, slug="beta"))
