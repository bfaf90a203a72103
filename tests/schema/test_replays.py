"""What the ledger lets an operator try again: nothing that may be at the directory, and each thing once."""

import asyncio
from uuid import UUID

import pytest

from schema.contracts.job import JobStatus
from schema.contracts.replay import JobReplay, ReplayAnswer, ReplaySelection, RetryRequest, VisibleWork
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store import jobs, replays, results, submissions
from schema.store.database import Pool
from schema.store.results import LedgerConflict
from tests.factories import add_begun_job, row
from tests.schema.clerk import ACCEPTED, REFUSED, UNKNOWN, made

UNREACHABLE = Outcome(status=SubmissionStatus.FAILED, failure=FailureType.DIRECTORY_UNREACHABLE, reason="no answer")
FORBIDDEN = Outcome(status=SubmissionStatus.SKIPPED, failure=FailureType.POLICY_FORBIDS)
LISTED = Outcome(status=SubmissionStatus.SKIPPED, failure=FailureType.ALREADY_LISTED, evidence=Evidence.TEXT)
CAPTCHA = Outcome(status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.CAPTCHA)
EXPIRED = Outcome(status=SubmissionStatus.FAILED, failure=FailureType.ACTION_EXPIRED, may_be_sent=True)


async def end(pool: Pool, job_id: UUID, slug: str, *outcomes: Outcome) -> None:
    submission = await row(pool, job_id, slug)
    if submission.status is SubmissionStatus.PENDING:
        await results.save_plan(pool, submission, made(directory=slug))
    attempt = await results.claim_intent(pool, submission) if outcomes[0].may_be_sent else submission.attempt
    for outcome in outcomes:
        await results.record(pool, submission, outcome, attempt)


async def finish(pool: Pool, job_id: UUID, *, cancelled: bool = False) -> JobStatus:
    async with pool.acquire() as connection, connection.transaction():
        return await jobs.finish(connection, job_id, cancelled=cancelled)


async def reopen(pool: Pool, job_id: UUID, *slugs: str) -> list[ReplayAnswer]:
    report = await replays.reopen(pool, job_id, RetryRequest(slugs=slugs, by="ana", reason="mended"))
    assert tuple(retry.slug for retry in report.directories) == slugs
    return [retry.answer for retry in report.directories]


async def requests(pool: Pool, job_id: UUID) -> int:
    query = "select count(*) from queue_history where job_id = $1 and event = 'replay_requested'"
    return int(await pool.fetchval(query, job_id))


@pytest.mark.parametrize(
    ("outcomes", "answer"),
    [
        ((UNREACHABLE,), ReplayAnswer.ACCEPTED),
        ((FORBIDDEN,), ReplayAnswer.ACCEPTED),
        ((LISTED,), ReplayAnswer.ALREADY_LISTED),
        ((CAPTCHA,), ReplayAnswer.WAITS_FOR_PERSON),
        ((ACCEPTED,), ReplayAnswer.ALREADY_SUBMITTED),
        ((UNKNOWN,), ReplayAnswer.WAITS_FOR_PERSON),
        ((UNKNOWN, EXPIRED), ReplayAnswer.MAY_BE_SENT),
        ((), ReplayAnswer.UNDER_WAY),
    ],
)
async def test_only_what_cannot_be_at_the_directory_is_reopened(
    pool: Pool, outcomes: tuple[Outcome, ...], answer: ReplayAnswer
) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta"])
    if outcomes:
        await end(pool, job_id, "alpha", *outcomes)
    before = await row(pool, job_id, "alpha")
    preview = await replays.preview(pool, ReplaySelection(slug="alpha"))
    assert [(count.answer, count.directories) for count in preview.counts] == [(answer, 1)]
    assert await reopen(pool, job_id, "alpha", "stranger") == [answer, ReplayAnswer.NOT_IN_JOB]
    after = await row(pool, job_id, "alpha")
    if answer is ReplayAnswer.ACCEPTED:
        assert preview.jobs == (JobReplay(job_id=job_id, slugs=("alpha",)),)
        assert after.outcome == Outcome(status=SubmissionStatus.PENDING)
        assert (after.plan, after.attempt) == (None, before.attempt)
    else:
        assert (preview.jobs, after.outcome) == ((), before.outcome)
    assert await requests(pool, job_id) == (1 if answer is ReplayAnswer.ACCEPTED else 0)


@pytest.mark.parametrize("clicked", [False, True], ids=["had not clicked", "had clicked"])
async def test_a_worker_of_before_that_comes_back_can_neither_plan_claim_nor_record(pool: Pool, clicked: bool) -> None:
    """It was cut off all the while, from Temporal and not from the database."""
    job_id = await add_begun_job(pool, ["alpha"])
    await results.save_plan(pool, await row(pool, job_id, "alpha"), made())
    held = await row(pool, job_id, "alpha")
    attempt = await results.claim_intent(pool, held) if clicked else held.attempt
    await results.record(pool, held, REFUSED if clicked else UNREACHABLE, attempt)
    assert await reopen(pool, job_id, "alpha") == [ReplayAnswer.ACCEPTED]
    for late in (
        results.save_plan(pool, held, made()),
        results.claim_intent(pool, held),
        results.record(pool, held, CAPTCHA, attempt),
    ):
        with pytest.raises(LedgerConflict):
            await late
    assert (await row(pool, job_id, "alpha")).outcome == Outcome(status=SubmissionStatus.PENDING)


async def test_a_job_is_in_progress_again_and_its_counters_are_right(pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta"])
    await end(pool, job_id, "alpha", UNREACHABLE)
    await end(pool, job_id, "beta", ACCEPTED)
    assert await finish(pool, job_id) is JobStatus.COMPLETED
    assert await reopen(pool, job_id, "alpha", "beta") == [ReplayAnswer.ACCEPTED, ReplayAnswer.ALREADY_SUBMITTED]
    summary = await jobs.summary(pool, job_id)
    assert summary is not None
    assert (summary.status, summary.total, summary.ended, summary.waiting) == (JobStatus.IN_PROGRESS, 2, 1, 0)
    # Whoever takes the job for ended is told otherwise.
    assert await finish(pool, job_id) is JobStatus.IN_PROGRESS
    await end(pool, job_id, "alpha", CAPTCHA)
    assert await finish(pool, job_id) is JobStatus.IN_PROGRESS
    event = await pool.fetchrow("select * from queue_history where event = 'replay_requested'")
    assert event is not None
    before = {"status": "failed", "failure": "directory_unreachable", "attempt": 0, "replays": 0}
    assert (event["job_id"], event["directory"]) == (job_id, "alpha")
    assert event["detail"] == {"by": "ana", "reason": "mended", "before": before}


async def test_what_was_asked_for_already_is_no_error_and_changes_nothing(pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    await end(pool, job_id, "alpha", UNREACHABLE)
    assert await reopen(pool, job_id, "alpha") == [ReplayAnswer.ACCEPTED]
    assert await reopen(pool, job_id, "alpha") == [ReplayAnswer.ALREADY_REQUESTED]
    await end(pool, job_id, "alpha", UNREACHABLE)
    assert await reopen(pool, job_id, "alpha") == [ReplayAnswer.ACCEPTED]
    assert [state.replays for state in await submissions.states(pool, job_id)] == [2]
    assert await requests(pool, job_id) == 2


async def test_of_two_operators_at_once_one_is_second(pool: Pool) -> None:
    slugs = tuple(f"site-{number:02}" for number in range(20))
    job_id = await add_begun_job(pool, slugs)
    for slug in slugs:
        await end(pool, job_id, slug, UNREACHABLE)
    answers = await asyncio.gather(reopen(pool, job_id, *slugs), reopen(pool, job_id, *reversed(slugs)))
    both = [{one, other} for one, other in zip(answers[0], reversed(answers[1]), strict=True)]
    assert both == [{ReplayAnswer.ACCEPTED, ReplayAnswer.ALREADY_REQUESTED}] * len(slugs)
    assert await requests(pool, job_id) == len(slugs)


async def test_a_cancelled_job_stays_as_it_is(pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    await end(pool, job_id, "alpha", UNREACHABLE)
    assert await finish(pool, job_id, cancelled=True) is JobStatus.CANCELLED
    assert await reopen(pool, job_id, "alpha") == [ReplayAnswer.JOB_CANCELLED]


async def test_a_directory_that_may_no_longer_be_submitted_to_is_not_tried(pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta"])
    for slug, change in (("alpha", "active = false"), ("beta", "automation = 'forbidden'")):
        await end(pool, job_id, slug, UNREACHABLE)
        await pool.execute(f"update directories set {change} where slug = $1", slug)
    assert await reopen(pool, job_id, "alpha", "beta") == [ReplayAnswer.POLICY_FORBIDS] * 2


async def test_every_selector_narrows_and_they_all_must_hold(pool: Pool) -> None:
    first, second = [await add_begun_job(pool, ["alpha", "beta"]) for _ in range(2)]
    for job_id, slug, outcome in (
        (first, "alpha", UNREACHABLE),
        (first, "beta", FORBIDDEN),
        (second, "alpha", REFUSED),
        (second, "beta", UNREACHABLE),
    ):
        await end(pool, job_id, slug, outcome)
    long_ago = "update job_results set finished_at = now() - interval '3 days' where job_id = $1"
    await pool.execute(long_ago, first)
    yesterday = await pool.fetchval("select now() - interval '1 day'")

    async def selected(**selection: object) -> set[tuple[UUID, str]]:
        preview = await replays.preview(pool, ReplaySelection.model_validate(selection))
        found = {(job.job_id, slug) for job in preview.jobs for slug in job.slugs}
        assert len(found) == sum(count.directories for count in preview.counts)
        return found

    everything = {(job_id, slug) for job_id in (first, second) for slug in ("alpha", "beta")}
    assert await selected() == everything
    assert await selected(job_id=first) == {(first, "alpha"), (first, "beta")}
    assert await selected(slug="beta") == {(first, "beta"), (second, "beta")}
    assert await selected(outcome="skipped") == {(first, "beta")}
    assert await selected(failure="directory_unreachable") == {(first, "alpha"), (second, "beta")}
    assert await selected(since=yesterday) == {(second, "alpha"), (second, "beta")}
    assert await selected(until=yesterday) == {(first, "alpha"), (first, "beta")}
    seen = (VisibleWork(job_id=first, slug="beta"), VisibleWork(job_id=second))
    assert await selected(visible=seen) == everything - {(first, "alpha")}
    assert await selected(visible=()) == set()
    assert await selected(visible=seen, slug="beta", outcome="failed") == {(second, "beta")}
