"""A cancellation is heard whenever it comes: the job ends as cancelled, and nothing of it goes on or waits."""

import asyncio
import random
from uuid import UUID

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from deploy.cli.example import example_profile
from schema.contracts.job import JobStatus
from schema.contracts.submission import SubmissionStatus
from schema.store import jobs
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.patience import PATIENCE_S
from tests.workflows.bench import Bench, working
from tests.workflows.scripted import Turn

SLUGS = ("alpha", "beta", "gamma", "delta", "epsilon")


async def until_told_to_stop(bench: Bench, job_id: UUID, slug: str) -> None:
    """Wait until the directory's workflow has asked its activity to stop."""
    async with asyncio.timeout(PATIENCE_S):
        while EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED not in [
            event.event_type async for event in bench.child(job_id, slug).fetch_history_events()
        ]:
            await asyncio.sleep(0.05)


async def test_a_cancellation_that_an_activity_did_not_hear_is_heard_after_it(
    dev: WorkflowEnvironment, pool: Pool
) -> None:
    async with working(dev, pool, {"alpha": [Turn.DEAF]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        handle = await bench.start_job(job_id)
        await bench.directories.begun("alpha")
        await handle.cancel()
        await until_told_to_stop(bench, job_id, "alpha")
        bench.directories.go_on()
        with pytest.raises(WorkflowFailureError):
            await asyncio.wait_for(handle.result(), PATIENCE_S)
        # It was sent: whether it is listed is still a question, whoever cancelled.
        assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.AWAITING_ACTION


async def test_a_job_may_be_cancelled_at_any_moment(dev: WorkflowEnvironment, pool: Pool) -> None:
    scripts = {"beta": [Turn.CAPTCHA] * 100, "delta": [Turn.CONFIRM]}
    dice = random.Random(7)
    async with working(dev, pool, scripts, window=2) as bench:
        endings = [cancelled(bench, pool, number, dice.uniform(0, 2.5)) for number in range(16)]
        await asyncio.gather(*endings)


async def cancelled(bench: Bench, pool: Pool, number: int, after_s: float) -> None:
    """Start a job of a business of its own, cancel it after so many seconds, and look what is left."""
    job_id = await add_job(pool, SLUGS, profile=example_profile(number))
    handle = await bench.start_job(job_id)
    await asyncio.sleep(after_s)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await asyncio.wait_for(handle.result(), PATIENCE_S)
    summary = await jobs.summary(pool, job_id)
    assert summary is not None
    counts = await jobs.count(pool, job_id)
    assert summary.status is JobStatus.CANCELLED, f"cancelled after {after_s:.2f} s"
    assert counts.pending == counts.planned == counts.submitting == counts.uncertain == 0
