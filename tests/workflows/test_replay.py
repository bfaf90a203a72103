"""An operator has failed directories tried again: by fresh children, in running jobs and in those that have ended."""

import asyncio
from uuid import UUID

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from schema.contracts.job import JobStatus
from schema.contracts.replay import ReplayAnswer
from schema.contracts.submission import ActionResolution, Resolution, SubmissionStatus
from schema.store import jobs
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.patience import PATIENCE_S
from tests.workflows.bench import working
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow

SLUGS = ("alpha", "beta", "gamma")


async def until_failed(pool: Pool, job_id: UUID, slug: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await pool.fetchval(
            """
            select count(*) from job_results r join directories d on d.id = r.directory_id
            where r.job_id = $1 and d.slug = $2 and r.status = 'failed'
            """,
            job_id,
            slug,
        ):
            await asyncio.sleep(0.02)


async def test_a_job_that_has_ended_runs_once_more_for_what_failed(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"beta": [Turn.REFUSE, Turn.REFUSE, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, SLUGS)
        assert (await bench.run_job(job_id)).counts.failed == 1
        for replays, clicks, status in ((1, 2, SubmissionStatus.FAILED), (2, 3, SubmissionStatus.SUBMITTED)):
            assert await bench.replay(job_id, "beta") == {"beta": ReplayAnswer.ACCEPTED}
            async with asyncio.timeout(PATIENCE_S):
                progress = await bench.job(job_id).result()
            assert (progress.status, progress.counts.ended) == (JobStatus.COMPLETED, len(SLUGS))
            assert (await row(pool, job_id, "beta")).status is status
            assert (await bench.child(job_id, "beta", replays).result()).replays == replays
            assert bench.directories.clicks == {"alpha": 1, "beta": clicks, "gamma": 1}
        assert await bench.replay(job_id, "beta") == {"beta": ReplayAnswer.ALREADY_SUBMITTED}
        async with asyncio.timeout(PATIENCE_S):
            await bench.job(job_id).result()
        assert bench.directories.clicks["beta"] == 3


async def test_a_running_job_takes_a_replay_on_within_its_window(skipping: WorkflowEnvironment, pool: Pool) -> None:
    """What waits for a person goes on waiting, and what is asked for twice is done once."""
    scripts = {"alpha": [Turn.REFUSE, Turn.CAPTCHA], "beta": [Turn.REFUSE, Turn.ACCEPT], "gamma": [Turn.CONFIRM]}
    async with working(skipping, pool, scripts, window=1) as bench:
        job_id = await add_job(pool, SLUGS)
        await bench.start_job(job_id)
        await bench.until(job_id, "gamma", SubmissionStatus.AWAITING_ACTION)
        # Otherwise the second may come when what the first asked for has been done.
        await bench.job(job_id).execute_update(JobWorkflow.pause)
        first, second = await asyncio.gather(*(bench.replay(job_id, *SLUGS) for _ in range(2)))
        await bench.job(job_id).execute_update(JobWorkflow.resume)
        assert first["gamma"] is second["gamma"] is ReplayAnswer.WAITS_FOR_PERSON
        for slug in ("alpha", "beta"):
            assert {first[slug], second[slug]} == {ReplayAnswer.ACCEPTED, ReplayAnswer.ALREADY_REQUESTED}
        await bench.until_quiet(job_id)
        for slug, replays, resolution in (("alpha", 1, Resolution.GIVE_UP), ("gamma", 0, Resolution.CONFIRMED)):
            decision = ActionResolution(resolution=resolution, by="ana")
            await bench.child(job_id, slug, replays).execute_update(DirectoryWorkflow.resolve, decision)
        async with asyncio.timeout(PATIENCE_S):
            assert (await bench.job(job_id).result()).counts.submitted == 2
        assert bench.directories.clicks == {"alpha": 1, "beta": 2, "gamma": 1}
        assert bench.directories.most_at_work == 1


async def test_a_paused_job_starts_no_replay_until_it_is_resumed(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"alpha": [Turn.REFUSE, Turn.ACCEPT], "beta": [Turn.CONFIRM]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "beta", SubmissionStatus.AWAITING_ACTION)
        await until_failed(pool, job_id, "alpha")
        await handle.execute_update(JobWorkflow.pause)
        assert await bench.replay(job_id, "alpha") == {"alpha": ReplayAnswer.ACCEPTED}
        assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.PENDING
        assert bench.directories.plans["alpha"] == 1
        await handle.execute_update(JobWorkflow.resume)
        decision = ActionResolution(resolution=Resolution.CONFIRMED, by="ana")
        await bench.child(job_id, "beta").execute_update(DirectoryWorkflow.resolve, decision)
        async with asyncio.timeout(PATIENCE_S):
            assert (await handle.result()).counts.submitted == 2


async def test_a_replay_may_come_at_any_moment_of_a_jobs_end(dev: WorkflowEnvironment, pool: Pool) -> None:
    """Whichever run of the job hears of it, the job ends with everything tried, and never as if nothing was asked."""
    number = 8
    scripts = {f"site-{index}": [Turn.REFUSE, Turn.ACCEPT] for index in range(number)}
    async with working(dev, pool, scripts) as bench:

        async def one(index: int) -> None:
            slug = f"site-{index}"
            job_id = await add_job(pool, [slug])
            await bench.start_job(job_id)
            await until_failed(pool, job_id, slug)
            await asyncio.sleep(index * 0.02)
            assert await bench.replay(job_id, slug) == {slug: ReplayAnswer.ACCEPTED}
            async with asyncio.timeout(PATIENCE_S):
                assert (await bench.job(job_id).result()).counts.submitted == 1
            summary = await jobs.summary(pool, job_id)
            assert summary is not None
            assert summary.status is JobStatus.COMPLETED

        await asyncio.gather(*map(one, range(number)))
        assert bench.directories.clicks == dict.fromkeys(scripts, 2)


async def test_a_cancelled_job_ends_its_replays_too(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.REFUSE, Turn.HANG], "beta": [Turn.REFUSE]}, window=1) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await bench.run_job(job_id)
        await bench.replay(job_id, "alpha", "beta")
        await bench.directories.begun("alpha")
        await bench.job(job_id).cancel()
        with pytest.raises(WorkflowFailureError):
            async with asyncio.timeout(PATIENCE_S):
                await bench.job(job_id).result()
        assert not bench.directories.at_work
        for slug in ("alpha", "beta"):
            assert (await row(pool, job_id, slug)).outcome.failure == "cancelled"
        summary = await jobs.summary(pool, job_id)
        assert summary is not None
        assert (summary.status, summary.ended) == (JobStatus.CANCELLED, 2)


async def test_a_replay_whose_child_is_terminated_can_be_asked_for_again(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.REFUSE, Turn.CAPTCHA, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.run_job(job_id)
        await bench.replay(job_id, "alpha")
        await bench.until_asked(job_id)
        await bench.child(job_id, "alpha", 1).terminate()
        async with asyncio.timeout(PATIENCE_S):
            assert (await bench.job(job_id).result()).status is JobStatus.FAILED
        assert (await row(pool, job_id, "alpha")).outcome.failure == "workflow_closed"
        assert await bench.replay(job_id, "alpha") == {"alpha": ReplayAnswer.ACCEPTED}
        async with asyncio.timeout(PATIENCE_S):
            assert (await bench.job(job_id).result()).counts.submitted == 1
        assert bench.directories.clicks == {"alpha": 2}
