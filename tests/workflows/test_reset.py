"""Somebody presses Reset in the Web UI, or sends the job twice: nothing is clicked again, and nothing hangs."""

import asyncio

import pytest
from temporalio.testing import WorkflowEnvironment

from schema.contracts.job import JobStatus
from schema.contracts.submission import ActionResolution, Resolution, SubmissionStatus
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.workflows.bench import reset, working
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow

SLUGS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")


@pytest.mark.parametrize("last", [False, True], ids=["first task", "last task"])
async def test_a_finished_job_is_reset(dev: WorkflowEnvironment, pool: Pool, last: bool) -> None:
    async with working(dev, pool) as bench:
        job_id = await add_job(pool, SLUGS)
        await bench.run_job(job_id)
        await reset(bench, bench.job(job_id), last=last)
        async with asyncio.timeout(30):
            progress = await bench.job(job_id).result()
        assert (progress.status, progress.counts.submitted) == (JobStatus.COMPLETED, len(SLUGS))
        assert set(bench.directories.clicks.values()) == {1}


@pytest.mark.parametrize("last", [False, True], ids=["first task", "last task"])
async def test_a_job_is_reset_while_children_are_under_way(dev: WorkflowEnvironment, pool: Pool, last: bool) -> None:
    async with working(dev, pool, {"beta": [Turn.SLOW], "delta": [Turn.SLOW]}, window=2) as bench:
        job_id = await add_job(pool, SLUGS)
        await bench.start_job(job_id)
        await bench.directories.begun("delta")
        await reset(bench, bench.job(job_id), last=last)
        bench.directories.go_on()
        async with asyncio.timeout(60):
            progress = await bench.job(job_id).result()
        assert (progress.status, progress.counts.submitted) == (JobStatus.COMPLETED, len(SLUGS))
        assert set(bench.directories.clicks.values()) == {1}


async def test_a_job_is_reset_while_a_child_waits_for_a_person(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"beta": [Turn.CONFIRM]}) as bench:
        job_id = await add_job(pool, SLUGS)
        await bench.start_job(job_id)
        await bench.until_settled(job_id)
        await reset(bench, bench.job(job_id))
        await bench.child(job_id, "beta").execute_update(
            DirectoryWorkflow.resolve, ActionResolution(resolution=Resolution.CONFIRMED, by="ana")
        )
        async with asyncio.timeout(30):
            assert (await bench.job(job_id).result()).counts.submitted == len(SLUGS)
        assert set(bench.directories.clicks.values()) == {1}


@pytest.mark.parametrize("last", [False, True], ids=["first task", "last task"])
async def test_a_finished_child_is_reset(dev: WorkflowEnvironment, pool: Pool, last: bool) -> None:
    async with working(dev, pool) as bench:
        job_id = await add_job(pool, SLUGS)
        await bench.run_job(job_id)
        child = bench.child(job_id, "beta")
        await reset(bench, child, last=last)
        async with asyncio.timeout(30):
            assert (await child.result()).status is SubmissionStatus.SUBMITTED
        assert bench.directories.clicks["beta"] == 1


async def test_a_child_that_waits_for_a_person_is_reset(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.SILENT]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.start_job(job_id)
        await bench.until_settled(job_id)
        await reset(bench, bench.child(job_id, "alpha"))
        await bench.until(job_id, "alpha", SubmissionStatus.UNCERTAIN)
        await bench.child(job_id, "alpha").execute_update(
            DirectoryWorkflow.resolve, ActionResolution(resolution=Resolution.GIVE_UP, by="ana")
        )
        async with asyncio.timeout(60):
            assert (await bench.job(job_id).result()).counts.failed == 1
        assert bench.directories.clicks["alpha"] == 1


async def test_a_terminated_child_does_not_hold_up_the_job(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        await bench.child(job_id, "alpha").terminate()
        async with asyncio.timeout(30):
            progress = await bench.job(job_id).result()
        assert (progress.counts.failed, progress.counts.submitted) == (1, 1)
        assert (await row(pool, job_id, "alpha")).outcome.failure == "workflow_closed"


async def test_a_child_terminated_while_its_job_was_reset_does_not_hold_it_up(
    dev: WorkflowEnvironment, pool: Pool
) -> None:
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        await handle.terminate()
        await bench.child(job_id, "alpha").terminate()
        await reset(bench, bench.job(job_id))
        async with asyncio.timeout(30):
            progress = await bench.job(job_id).result()
        assert (progress.counts.failed, progress.counts.submitted) == (1, 1)
