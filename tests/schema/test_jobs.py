"""Jobs in the ledger: taken in whole, begun once, and closed by what the ledger says."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from schema import ids
from schema.contracts.job import JobStatus, Tier
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store import jobs, results, submissions
from schema.store.database import Pool
from schema.store.orders import make_order
from tests.factories import PROFILE, add_begun_job, add_directories, add_job, row

ACCEPTED = Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True)
FAILED = Outcome(status=SubmissionStatus.FAILED, failure=FailureType.FORM_NOT_FOUND)
SKIPPED = Outcome(status=SubmissionStatus.SKIPPED, failure=FailureType.POLICY_FORBIDS)


async def begin(pool: Pool, job_id: UUID) -> None:
    job = await jobs.find(pool, job_id)
    assert job is not None
    async with pool.acquire() as connection, connection.transaction():
        await jobs.begin(connection, job)


async def finish(pool: Pool, job_id: UUID, *, cancelled: bool = False) -> JobStatus:
    async with pool.acquire() as connection, connection.transaction():
        return await jobs.finish(connection, job_id, cancelled=cancelled)


async def end(pool: Pool, job_id: UUID, slug: str, outcome: Outcome) -> None:
    submission = await row(pool, job_id, slug)
    attempt = submission.attempt
    if outcome.may_be_sent:
        attempt = await results.claim_intent(pool, submission)
    await results.record(pool, submission, outcome, attempt)


async def events(pool: Pool, job_id: UUID) -> list[str]:
    found = await pool.fetch("select event from queue_history where job_id = $1 order by seq", job_id)
    return [event["event"] for event in found]


async def test_a_job_is_taken_in_with_its_customer_its_message_and_its_pinned_business(pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha"])
    job = await jobs.find(pool, job_id)
    assert job is not None
    assert (job.profile, job.status, job.selected) == (PROFILE, JobStatus.PENDING, False)
    stored = await pool.fetchrow("select * from jobs join customers c on c.id = customer_id")
    assert stored is not None
    assert (stored["email"], stored["business_key"]) == (PROFILE.email, ids.business_key(PROFILE))
    assert await pool.fetchval("select message ->> 'job_id' from outbox") == str(job_id)


async def test_a_job_that_cannot_be_taken_in_leaves_nothing_behind(pool: Pool) -> None:
    order = make_order(PROFILE, Tier.STARTER, None, source="test")
    message = order.message.model_copy(update={"package_size": 0})
    with pytest.raises(asyncpg.CheckViolationError):
        async with pool.acquire() as connection, connection.transaction():
            await jobs.take_in(connection, message, order.tier, order.profile, None)
    for table in ("customers", "jobs", "outbox"):
        assert await pool.fetchval(f"select count(*) from {table}") == 0


async def test_a_customer_may_order_twice(pool: Pool) -> None:
    await add_job(pool, ["alpha"])
    await add_job(pool, ["alpha"])
    assert await pool.fetchval("select count(*) from customers") == 1
    assert len(await jobs.recent(pool, 10)) == 2


@pytest.mark.parametrize(
    ("tier", "highest"), [(Tier.STARTER, 1), (Tier.GROWTH, 2), (Tier.PROFESSIONAL, 3), (Tier.ENTERPRISE, 5)]
)
async def test_a_tier_goes_to_its_active_directories_best_first(pool: Pool, tier: Tier, highest: int) -> None:
    for level in range(1, 6):
        await add_directories(pool, [f"weak-{level}"], priority_tier=level, domain_authority=10)
        await add_directories(pool, [f"strong-{level}"], priority_tier=level, domain_authority=90)
        await add_directories(pool, [f"closed-{level}"], priority_tier=level, domain_authority=99, active=False)
        await add_directories(
            pool, [f"not-us-{level}"], priority_tier=level, domain_authority=99, automation="forbidden"
        )
    job_id = await add_job(pool, tier=tier)
    await begin(pool, job_id)
    levels = range(1, highest + 1)
    expected = [f"strong-{level}" for level in levels] + [f"weak-{level}" for level in levels]
    assert [state.slug for state in await submissions.states(pool, job_id)] == expected


async def test_a_job_is_cut_at_its_package_size(pool: Pool) -> None:
    await add_directories(pool, [f"site-{number:02}" for number in range(60)])
    job_id = await add_job(pool)
    await begin(pool, job_id)
    assert len(await submissions.states(pool, job_id)) == 50


async def test_a_job_begins_once_however_often_it_is_told_to(pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha", "beta"])
    await asyncio.gather(*(begin(pool, job_id) for _ in range(4)))
    await add_directories(pool, ["gamma"], domain_authority=99)
    await begin(pool, job_id)
    assert [state.slug for state in await submissions.states(pool, job_id)] == ["alpha", "beta"]
    assert await events(pool, job_id) == ["job_started"]


async def test_a_named_directory_is_not_replaced_by_one_of_the_tier(pool: Pool) -> None:
    await add_directories(pool, ["other"], domain_authority=99)
    job_id = await add_job(pool, ["alpha"])
    await begin(pool, job_id)
    assert [state.slug for state in await submissions.states(pool, job_id)] == ["alpha"]


@pytest.mark.parametrize(
    ("outcomes", "cancelled", "status", "failure"),
    [
        ([ACCEPTED, FAILED], False, JobStatus.COMPLETED, None),
        ([SKIPPED, SKIPPED], False, JobStatus.COMPLETED, None),
        ([FAILED, FAILED], False, JobStatus.FAILED, FailureType.INTERNAL),
        ([ACCEPTED, FAILED], True, JobStatus.CANCELLED, FailureType.CANCELLED),
    ],
    ids=["one accepted", "all skipped", "all failed", "cancelled"],
)
async def test_a_job_ends_as_its_rows_say(
    pool: Pool, outcomes: list[Outcome], cancelled: bool, status: JobStatus, failure: FailureType | None
) -> None:
    slugs = ["alpha", "beta"]
    job_id = await add_begun_job(pool, slugs)
    for slug, outcome in zip(slugs, outcomes, strict=True):
        await end(pool, job_id, slug, outcome)
    assert await finish(pool, job_id, cancelled=cancelled) is status
    assert await finish(pool, job_id, cancelled=not cancelled) is status, "an ended job is not ended otherwise"
    assert await pool.fetchval("select failure from jobs where id = $1", job_id) == failure
    assert (await events(pool, job_id)).count("job_completed") == 1


async def test_a_job_without_directories_fails(pool: Pool) -> None:
    await add_directories(pool, ["alpha"])
    job_id = await add_job(pool)
    await add_directories(pool, ["alpha"], active=False)
    await begin(pool, job_id)
    assert await finish(pool, job_id) is JobStatus.FAILED


async def test_a_report_shows_every_directory_with_its_proof_best_first(pool: Pool) -> None:
    await add_directories(pool, ["alpha"], domain_authority=1)
    job_id = await add_begun_job(pool, ["alpha", "beta"])
    await add_directories(pool, ["beta"], domain_authority=2)
    proof = ACCEPTED.model_copy(update={"final_url": "https://alpha.example/thanks", "screenshot": "shot.png"})
    await end(pool, job_id, "alpha", proof)
    report = await jobs.report(pool, job_id)
    assert report is not None
    assert [result.directory for result in report.results] == ["beta", "alpha"]
    shown = report.results[1]
    assert (shown.status, shown.evidence, shown.final_url, shown.screenshot) == (
        SubmissionStatus.SUBMITTED,
        Evidence.TEXT,
        "https://alpha.example/thanks",
        "shot.png",
    )
    assert shown.seconds is not None
    assert report.results[0].seconds is None
    assert (report.counts.submitted, report.counts.pending, report.total, report.ended) == (1, 1, 2, 1)


async def test_an_unknown_job_is_none(pool: Pool) -> None:
    assert await jobs.find(pool, uuid4()) is None
    assert await jobs.report(pool, uuid4()) is None


async def test_the_newest_jobs_come_first_and_no_more_than_asked_for(pool: Pool) -> None:
    made = [await add_job(pool, ["alpha"]) for _ in range(3)]
    assert [job.job_id for job in await jobs.recent(pool, 2)] == [made[2], made[1]]
