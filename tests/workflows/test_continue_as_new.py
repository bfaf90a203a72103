"""A job whose history grows too long goes on in a new run: nothing is lost, and nothing is clicked again.

The server is the real one, told to suggest it after some tens of events instead of thousands.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from schema import ids
from schema.contracts.job import JobProgress, JobStatus
from schema.contracts.submission import ActionResolution, DirectoryState, Resolution, SubmissionStatus
from schema.failures import FailureType
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.patience import PATIENCE_S
from tests.stacks import short_histories
from tests.workflows.bench import Bench, reset, working
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow

SLUGS = tuple(f"site-{number:02}" for number in range(12))
WAITING = SLUGS[1:3]
EVENTS = 50
"""More than a run needs to meet twelve children again, and much less than the whole job."""


@pytest.fixture(scope="module")
async def impatient(test_folder: Path) -> AsyncIterator[WorkflowEnvironment]:
    async with short_histories(test_folder / "short", EVENTS) as environment:
        values = environment.values
        client = await Client.connect(
            values["TEMPORAL_ADDRESS"], namespace=values["TEMPORAL_NAMESPACE"], data_converter=pydantic_data_converter
        )
        yield WorkflowEnvironment.from_client(client)


async def until_runs(bench: Bench, workflow_id: str, number: int) -> None:
    """Wait until the server lists so many runs of the workflow: the list follows a moment later."""
    async with asyncio.timeout(PATIENCE_S):
        while (await bench.client.count_workflows(f"WorkflowId = '{workflow_id}'")).count < number:
            await asyncio.sleep(0.1)


async def fill_history(handle: WorkflowHandle[JobWorkflow, JobProgress]) -> None:
    """Words about a directory that is not the job's: each is four events and changes nothing."""
    for _ in range(EVENTS // 4):
        await handle.signal(
            JobWorkflow.directory_settled, DirectoryState(slug="stranger", status=SubmissionStatus.FAILED)
        )
        await handle.query(JobWorkflow.progress)


async def test_a_job_survives_several_continue_as_news(impatient: WorkflowEnvironment, pool: Pool) -> None:
    scripts = {slug: [Turn.CONFIRM] for slug in WAITING}
    async with working(impatient, pool, scripts, window=3) as bench:
        job_id = await add_job(pool, SLUGS)
        await bench.start_job(job_id)
        await bench.until_settled(job_id)
        for slug in WAITING:
            await bench.until(job_id, slug, SubmissionStatus.AWAITING_ACTION)
        # Looks into the ledger come ever more rarely: the third run must not have to wait for them.
        await until_runs(bench, ids.job_workflow_id(job_id), 2)
        await fill_history(bench.job(job_id))
        await until_runs(bench, ids.job_workflow_id(job_id), 3)
        for slug, decision in zip(WAITING, (Resolution.CONFIRMED, Resolution.GIVE_UP), strict=True):
            await bench.child(job_id, slug).execute_update(
                DirectoryWorkflow.resolve, ActionResolution(resolution=decision, by="ana")
            )
        async with asyncio.timeout(PATIENCE_S):
            progress = await bench.job(job_id).result()
        assert (progress.status, progress.counts.submitted, progress.counts.failed) == (JobStatus.COMPLETED, 11, 1)
        assert bench.directories.clicks == dict.fromkeys(SLUGS, 1)


async def test_a_paused_job_is_still_paused_in_its_next_run(impatient: WorkflowEnvironment, pool: Pool) -> None:
    async with working(impatient, pool, window=2) as bench:
        job_id = await add_job(pool, SLUGS)
        handle = await bench.start_job(job_id, paused=True)
        await fill_history(handle)
        await until_runs(bench, handle.id, 2)
        job = bench.job(job_id)
        assert (await job.query(JobWorkflow.progress)).paused
        await job.execute_update(JobWorkflow.resume)
        assert (await job.result()).counts.submitted == len(SLUGS)
        assert bench.directories.clicks == dict.fromkeys(SLUGS, 1)


async def test_a_job_that_only_waits_continues_as_new_too(impatient: WorkflowEnvironment, pool: Pool) -> None:
    """Its looks into the ledger alone, over the weeks that people take, would fill a history."""
    async with working(impatient, pool, {"alpha": [Turn.CAPTCHA, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        await fill_history(handle)
        await until_runs(bench, handle.id, 2)
        await bench.child(job_id, "alpha").execute_update(
            DirectoryWorkflow.resolve, ActionResolution(resolution=Resolution.RETRY, by="ana")
        )
        async with asyncio.timeout(PATIENCE_S):
            assert (await bench.job(job_id).result()).counts.submitted == 1


async def test_cancelling_reaches_children_that_an_earlier_run_started(
    impatient: WorkflowEnvironment, pool: Pool
) -> None:
    async with working(impatient, pool, {"alpha": [Turn.HANG], "beta": [Turn.CAPTCHA]}, window=2) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        handle = await bench.start_job(job_id)
        await bench.directories.begun("alpha")
        await bench.until(job_id, "beta", SubmissionStatus.AWAITING_ACTION)
        await fill_history(handle)
        await until_runs(bench, handle.id, 2)
        job = bench.job(job_id)
        await job.cancel()
        with pytest.raises(WorkflowFailureError):
            async with asyncio.timeout(PATIENCE_S):
                await job.result()
        assert "alpha" in bench.directories.closed
        for slug in ("alpha", "beta"):
            assert (await row(pool, job_id, slug)).outcome.failure is FailureType.CANCELLED


@pytest.mark.parametrize("which", [0, 1], ids=["LastContinuedAsNew", "LastWorkflowTask"])
async def test_a_replay_goes_on_in_the_next_run_and_through_resets(
    impatient: WorkflowEnvironment, pool: Pool, which: int
) -> None:
    """Asked for in one run, under way in the next, and then the former or the latter is reset.

    The former, the server (1.32) mostly refuses to: the latter has met a child that was started already. It says so,
    as an internal error, and nothing has happened.
    """
    async with working(impatient, pool, {"alpha": [Turn.REFUSE, Turn.SLOW], "beta": [Turn.CONFIRM]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "beta", SubmissionStatus.AWAITING_ACTION)
        await bench.until(job_id, "alpha", SubmissionStatus.FAILED)
        await bench.replay(job_id, "alpha")
        await bench.directories.begun("alpha")
        await fill_history(handle)
        await until_runs(bench, handle.id, 2)
        runs = [handle.first_execution_run_id, (await bench.job(job_id).describe()).run_id]
        with contextlib.suppress(RPCError) if which == 0 else contextlib.nullcontext():
            await reset(bench, bench.client.get_workflow_handle(handle.id, run_id=runs[which]), last=True)
        bench.directories.go_on()
        decision = ActionResolution(resolution=Resolution.CONFIRMED, by="ana")
        await bench.child(job_id, "beta").execute_update(DirectoryWorkflow.resolve, decision)
        async with asyncio.timeout(PATIENCE_S):
            progress = await bench.job(job_id).result()
        assert (progress.status, progress.counts.submitted) == (JobStatus.COMPLETED, 2)
        assert bench.directories.clicks == {"alpha": 2, "beta": 1}
