"""An operator has failed directories tried again: by fresh children, in running jobs and in those that have ended."""

import asyncio

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from api.gateway import UpdateRefused
from schema.contracts.job import JobStatus
from schema.contracts.replay import ReplayAnswer
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType
from schema.store import jobs
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.workflows.bench import working
from tests.workflows.scripted import Turn
from workflows.job import JobWorkflow

SLUGS = ("alpha", "beta", "gamma")


async def test_a_job_that_has_ended_runs_once_more_for_what_failed(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"beta": [Turn.REFUSE, Turn.REFUSE, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, SLUGS)
        assert (await bench.run_job(job_id)).counts.failed == 1
        for replays, clicks, status in ((1, 2, SubmissionStatus.FAILED), (2, 3, SubmissionStatus.SUBMITTED)):
            assert await bench.replay(job_id, "beta") == {"beta": ReplayAnswer.ACCEPTED}
            async with asyncio.timeout(30):
                progress = await bench.job(job_id).result()
            assert (progress.status, progress.counts.ended) == (JobStatus.COMPLETED, len(SLUGS))
            assert (await row(pool, job_id, "beta")).status is status
            assert (await bench.child(job_id, "beta", replays).result()).replays == replays
            assert bench.directories.clicks == {"alpha": 1, "beta": clicks, "gamma": 1}
        assert await bench.replay(job_id, "beta") == {"beta": ReplayAnswer.ALREADY_SUBMITTED}
        async with asyncio.timeout(30):
            await bench.job(job_id).result()
        assert bench.directories.clicks["beta"] == 3
