"""Somebody presses Reset in the Web UI: every kind of it, on jobs and on directories, in every state that lasts.

A run is reset to each of its workflow tasks in turn, the first and the last among them, with the messages that came
after it and without. Whatever is pressed: no directory is clicked again, and everything ends.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from temporalio.api.batch.v1 import BatchOperationReset
from temporalio.api.common.v1 import ResetOptions
from temporalio.api.enums.v1 import ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import StartBatchOperationRequest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from schema.contracts.job import JobStatus
from schema.contracts.replay import ReplayAnswer
from schema.contracts.submission import ActionResolution, Resolution, SubmissionRef, SubmissionStatus
from schema.store import results
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.patience import PATIENCE_S
from tests.workflows.bench import Bench, reset, reset_points, working
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow

SLUGS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")

_MESSAGES = (
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
)


async def current(bench: Bench, workflow_id: str) -> WorkflowHandle[Any, Any]:
    """The run that is the workflow's latest now."""
    run_id = (await bench.client.get_workflow_handle(workflow_id).describe()).run_id
    return bench.client.get_workflow_handle(workflow_id, run_id=run_id)


async def press_every_reset(
    bench: Bench, run: WorkflowHandle[Any, Any], look: Callable[[], Awaitable[None]], *, after: int = 0
) -> None:
    """Reset the run to each of its points after the first so many, and look each time what has become of it."""
    for number, at in enumerate((await reset_points(run))[after:]):
        await reset(bench, run, at=at, without=_MESSAGES if number % 2 else ())
        async with asyncio.timeout(PATIENCE_S):
            await look()


def ends(bench: Bench, job_id: UUID, submitted: int) -> Callable[[], Awaitable[None]]:
    async def look() -> None:
        progress = await bench.job(job_id).result()
        assert (progress.status, progress.counts.submitted) == (JobStatus.COMPLETED, submitted)

    return look


def waits(bench: Bench, job_id: UUID, slug: str) -> Callable[[], Awaitable[None]]:
    async def look() -> None:
        await bench.until(job_id, slug, SubmissionStatus.UNCERTAIN)
        while (await bench.job(job_id).query(JobWorkflow.progress)).counts.uncertain != 1:
            await asyncio.sleep(0.05)

    return look


@pytest.mark.parametrize("who", ["job", "directory"])
async def test_when_all_is_done(dev: WorkflowEnvironment, pool: Pool, who: str) -> None:
    async with working(dev, pool) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await bench.run_job(job_id)
        pressed = bench.job(job_id) if who == "job" else bench.child(job_id, "beta")

        async def look() -> None:
            await bench.client.get_workflow_handle(pressed.id).result()

        await press_every_reset(bench, await current(bench, pressed.id), look)
        assert bench.directories.clicks == {"alpha": 1, "beta": 1}


@pytest.mark.parametrize("who", ["job", "directory"])
async def test_while_a_person_is_waited_for(dev: WorkflowEnvironment, pool: Pool, who: str) -> None:
    async with working(dev, pool, {"beta": [Turn.SILENT]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        handle = await bench.start_job(job_id)
        await waits(bench, job_id, "beta")()
        pressed = handle if who == "job" else bench.child(job_id, "beta")
        await press_every_reset(bench, await current(bench, pressed.id), waits(bench, job_id, "beta"))
        decision = ActionResolution(resolution=Resolution.CONFIRMED, by="ana")
        await bench.child(job_id, "beta").execute_update(DirectoryWorkflow.resolve, decision)
        async with asyncio.timeout(PATIENCE_S):
            await ends(bench, job_id, 2)()
        assert bench.directories.clicks == {"alpha": 1, "beta": 1}


@pytest.mark.parametrize("who", ["job", "directory"])
async def test_while_a_page_is_open(dev: WorkflowEnvironment, pool: Pool, who: str) -> None:
    async with working(dev, pool, {"beta": [Turn.SLOW]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        handle = await bench.start_job(job_id)
        await bench.directories.begun("beta")
        pressed = handle if who == "job" else bench.child(job_id, "beta")

        async def look() -> None:
            await bench.client.get_workflow_handle(pressed.id).query("progress" if who == "job" else "outcome")

        await press_every_reset(bench, await current(bench, pressed.id), look)
        bench.directories.go_on()
        async with asyncio.timeout(PATIENCE_S):
            await ends(bench, job_id, 2)()
        assert bench.directories.clicks == {"alpha": 1, "beta": 1}


async def test_after_a_replay(dev: WorkflowEnvironment, pool: Pool) -> None:
    """The run that failed, the run that replayed, and the directory's first workflow and its second."""
    async with working(dev, pool, {"beta": [Turn.REFUSE, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await bench.run_job(job_id)
        first = await current(bench, bench.job(job_id).id)
        assert await bench.replay(job_id, "beta") == {"beta": ReplayAnswer.ACCEPTED}
        await ends(bench, job_id, 2)()
        second = await current(bench, bench.job(job_id).id)
        for run in (second, first):
            await press_every_reset(bench, run, ends(bench, job_id, 2))
        for replays in (0, 1):
            child = bench.child(job_id, "beta", replays)

            async def look(workflow_id: str = child.id) -> None:
                await bench.client.get_workflow_handle(workflow_id).result()

            await press_every_reset(bench, await current(bench, child.id), look)
        assert bench.directories.clicks == {"alpha": 1, "beta": 2}


async def test_while_a_replay_is_under_way(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"beta": [Turn.REFUSE, Turn.SLOW]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await bench.run_job(job_id)
        first = await current(bench, bench.job(job_id).id)
        await bench.replay(job_id, "beta")
        await bench.directories.begun("beta")
        second = await current(bench, bench.job(job_id).id)
        children = [await current(bench, bench.child(job_id, "beta", replays).id) for replays in (0, 1)]

        async def look() -> None:
            await asyncio.sleep(0.1)

        for run in (*children, second, first):
            await press_every_reset(bench, run, look)
        bench.directories.go_on()
        async with asyncio.timeout(PATIENCE_S):
            await ends(bench, job_id, 2)()
        assert bench.directories.clicks == {"alpha": 1, "beta": 2}


async def test_what_ended_while_its_job_was_terminated_is_heard_of(dev: WorkflowEnvironment, pool: Pool) -> None:
    """The server tells a reset job of children that ended since, but not of those that ended while it was closed."""
    async with working(dev, pool, {"beta": [Turn.SLOW]}, window=2) as bench:
        job_id = await add_job(pool, ["alpha", "beta", "gamma"])
        handle = await bench.start_job(job_id)
        await bench.directories.begun("beta")
        await bench.child(job_id, "alpha").result()
        run = await current(bench, handle.id)
        await run.terminate()
        bench.directories.go_on()
        await bench.child(job_id, "beta").result()
        await press_every_reset(bench, run, ends(bench, job_id, 3), after=2)
        assert bench.directories.clicks == {"alpha": 1, "beta": 1, "gamma": 1}


async def test_all_that_a_build_has_done(dev: WorkflowEnvironment, pool: Pool) -> None:
    """As `temporal workflow reset --query … --type BuildId`: jobs and directories at once."""
    async with working(dev, pool, {"beta": [Turn.REFUSE]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await bench.run_job(job_id)
        before = {handle.id: (await handle.describe()).run_id for handle in of(bench, job_id)}
        # Who resets so takes what the server lists, and the list follows a moment later.
        query = f"WorkflowId STARTS_WITH 'job-{job_id}' AND ExecutionStatus = 'Completed'"
        async with asyncio.timeout(PATIENCE_S):
            while (await bench.client.count_workflows(query)).count < len(before):
                await asyncio.sleep(0.05)
        await bench.client.workflow_service.start_batch_operation(
            StartBatchOperationRequest(
                namespace=bench.client.namespace,
                job_id=f"reset-{job_id}",
                reason="test",
                visibility_query=query,
                reset_operation=BatchOperationReset(options=ResetOptions(build_id="only")),
            )
        )
        async with asyncio.timeout(PATIENCE_S):
            for handle in of(bench, job_id):
                while (await handle.describe()).run_id == before[handle.id]:
                    await asyncio.sleep(0.1)
                await bench.client.get_workflow_handle(handle.id).result()
        assert bench.directories.clicks == {"alpha": 1, "beta": 1}


def of(bench: Bench, job_id: UUID) -> tuple[WorkflowHandle[Any, Any], ...]:
    return bench.job(job_id), bench.child(job_id, "alpha"), bench.child(job_id, "beta")


@pytest.mark.parametrize("last", [False, True], ids=["first task", "last task"])
async def test_a_job_is_reset_while_children_are_under_way(dev: WorkflowEnvironment, pool: Pool, last: bool) -> None:
    async with working(dev, pool, {"beta": [Turn.SLOW], "delta": [Turn.SLOW]}, window=2) as bench:
        job_id = await add_job(pool, SLUGS)
        await bench.start_job(job_id)
        await bench.directories.begun("delta")
        await reset(bench, bench.job(job_id), last=last)
        bench.directories.go_on()
        async with asyncio.timeout(PATIENCE_S):
            progress = await bench.job(job_id).result()
        assert (progress.status, progress.counts.submitted) == (JobStatus.COMPLETED, len(SLUGS))
        assert set(bench.directories.clicks.values()) == {1}


async def test_a_terminated_child_does_not_hold_up_the_job(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        await bench.child(job_id, "alpha").terminate()
        async with asyncio.timeout(PATIENCE_S):
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
        async with asyncio.timeout(PATIENCE_S):
            progress = await bench.job(job_id).result()
        assert (progress.counts.failed, progress.counts.submitted) == (1, 1)


async def test_what_may_have_been_sent_is_waited_for_though_its_workflow_was_terminated(
    dev: WorkflowEnvironment, pool: Pool
) -> None:
    async with working(dev, pool, {"alpha": [Turn.SILENT]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.UNCERTAIN)
        await bench.child(job_id, "alpha").terminate()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(handle.result(), 1)
        decision = ActionResolution(resolution=Resolution.CONFIRMED, by="ana")
        await results.resolve(pool, SubmissionRef(job_id=job_id, slug="alpha"), decision)
        async with asyncio.timeout(PATIENCE_S):
            await ends(bench, job_id, 2)()
