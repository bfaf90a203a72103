"""Turns and looks as a workflow waits for them: no place of the window is held, and nobody is asked without need."""

import asyncio
from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from deploy.cli.example import example_profile
from schema.contracts.job import JobStatus
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.store import results
from schema.store.database import Pool
from tests.factories import add_directories, add_job, row
from tests.patience import PATIENCE_S
from tests.workflows.bench import working
from tests.workflows.scripted import Seen, Turn
from workflows.directory import DirectoryWorkflow
from workflows.policies import SUBMIT


async def break_down(pool: Pool, slug: str) -> None:
    """As after three failed visits."""
    await pool.execute(
        "update directories set failures = 3, resting_until = now() + interval '5 minutes' where slug = $1", slug
    )


async def test_a_directory_that_is_out_of_order_holds_up_nothing_but_itself(
    skipping: WorkflowEnvironment, pool: Pool
) -> None:
    slugs = ["alpha", "beta", "gamma"]
    async with working(skipping, pool, window=1) as bench:
        job_id = await add_job(pool, slugs)
        await break_down(pool, "alpha")
        handle = await bench.start_job(job_id)
        for slug in slugs[1:]:
            await bench.until(job_id, slug, SubmissionStatus.SUBMITTED)
        assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.PENDING
        await pool.execute("update directories set resting_until = null")
        progress = await handle.result()
        assert (progress.status, progress.counts.submitted) == (JobStatus.COMPLETED, 3)


async def test_a_directory_that_stays_dead_is_given_up_without_a_visit(
    skipping: WorkflowEnvironment, pool: Pool
) -> None:
    async with working(skipping, pool) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await break_down(pool, "alpha")
        progress = await bench.run_job(job_id)
        assert (progress.counts.failed, progress.counts.submitted) == (1, 1)
        assert (await row(pool, job_id, "alpha")).outcome.failure == "directory_unreachable"
        assert bench.directories.plans["alpha"] == bench.directories.clicks["alpha"] == 0


async def test_no_directory_pays_for_our_databases_bad_day(skipping: WorkflowEnvironment, pool: Pool) -> None:
    """Visits have few retries, and every one of them may meet an outage."""
    outages = SUBMIT["retry_policy"].maximum_attempts + 1
    async with working(skipping, pool, {"alpha": [*[Turn.OUTAGE] * outages, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        assert (await bench.run_job(job_id)).counts.submitted == 1
        assert bench.directories.clicks["alpha"] == 1


async def test_a_given_up_directory_gives_its_turn_back(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"alpha": [Turn.CHANGED]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.run_job(job_id)
        assert await pool.fetchval("select held_by from directories") is None


async def test_what_the_directory_publishes_needs_no_person(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.SILENT]}) as bench:
        bench.directories.seen["alpha"] = Seen.LISTED
        job_id = await add_job(pool, ["alpha"])
        assert (await bench.run_job(job_id)).counts.submitted == 1
        assert (await row(pool, job_id, "alpha")).outcome.evidence is Evidence.LISTING
        assert await pool.fetchval("select count(*) from actions") == 0


async def test_proof_of_absence_sends_once_more(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"alpha": [Turn.SILENT, Turn.ACCEPT]}) as bench:
        bench.directories.seen["alpha"] = Seen.ABSENT
        job_id = await add_job(pool, ["alpha"])
        assert (await bench.run_job(job_id)).counts.submitted == 1
        assert bench.directories.clicks["alpha"] == 2


async def test_a_listing_that_appears_while_a_person_is_asked_settles_the_matter(
    skipping: WorkflowEnvironment, pool: Pool
) -> None:
    async with working(skipping, pool, {"alpha": [Turn.CONFIRM]}) as bench:
        bench.directories.seen["alpha"] = Seen.NOT_YET
        job_id = await add_job(pool, ["alpha"])
        handle = await bench.start_job(job_id)
        await bench.until_asked(job_id, 1)
        assert bench.directories.looks["alpha"] == 1
        bench.directories.seen["alpha"] = Seen.LISTED
        assert (await handle.result()).counts.submitted == 1
        assert bench.directories.looks["alpha"] == 2
        assert await pool.fetchval("select status from actions") == "cancelled"


async def test_it_is_looked_again_when_what_was_sent_must_be_there(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"alpha": [Turn.SILENT]}) as bench:
        bench.directories.seen["alpha"] = Seen.TOO_EARLY
        job_id = await add_job(pool, ["alpha"])
        handle = await bench.start_job(job_id)
        await bench.until_asked(job_id, 1)
        bench.directories.seen["alpha"] = Seen.LISTED
        assert (await handle.result()).counts.submitted == 1
        job = await handle.describe()
        assert job.close_time is not None
        assert timedelta(minutes=2) <= job.close_time - job.start_time < timedelta(minutes=10)


async def test_a_row_that_a_late_attempt_moved_on_does_not_wait_for_a_person(
    dev: WorkflowEnvironment, pool: Pool
) -> None:
    async with working(dev, pool, {"alpha": [Turn.SILENT]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        handle = await bench.start_job(job_id)
        await bench.until_asked(job_id, 1)
        late = Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True)
        submission = await row(pool, job_id, "alpha")
        await results.record(pool, submission, late, submission.attempt)
        await bench.child(job_id, "alpha").signal(DirectoryWorkflow.row_moved)
        async with asyncio.timeout(PATIENCE_S):
            assert (await handle.result()).counts.submitted == 1


async def test_jobs_never_meet_at_one_directory(dev: WorkflowEnvironment, pool: Pool) -> None:
    await add_directories(pool, ["alpha"])
    job_ids = [await add_job(pool, profile=example_profile(number)) for number in range(6)]
    async with working(dev, pool) as bench:
        bench.directories.visit_s = 0.01
        done = await asyncio.gather(*map(bench.run_job, job_ids))
        assert [progress.counts.submitted for progress in done] == [1] * 6
        assert bench.directories.most_visitors["alpha"] == 1


async def test_two_orders_of_one_business_are_one_listing(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool) as bench:
        job_ids = [await add_job(pool, ["alpha"]) for _ in range(2)]
        done = await asyncio.gather(*map(bench.run_job, job_ids))
        assert sorted(progress.counts.submitted for progress in done) == [0, 1]
        assert sorted(progress.counts.skipped for progress in done) == [0, 1]
