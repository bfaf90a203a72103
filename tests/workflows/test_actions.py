"""What a person is asked to do is on their list exactly as long as it waits for them."""

from uuid import UUID

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from schema.contracts.submission import ActionResolution, Resolution, SubmissionStatus
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.workflows.bench import working
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow


async def listed(pool: Pool, job_id: UUID) -> dict[str, list[str]]:
    """The states of every directory's actions, oldest first."""
    rows = await pool.fetch(
        """
        select d.slug, array_agg(a.status order by a.created_at) as states
        from actions a join job_results r on r.id = a.result_id join directories d on d.id = r.directory_id
        where r.job_id = $1 group by d.slug
        """,
        job_id,
    )
    return {found["slug"]: found["states"] for found in rows}


async def test_an_action_is_asked_for_once_each_time_it_is_needed(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"alpha": [Turn.CAPTCHA, Turn.CAPTCHA, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.start_job(job_id)
        for states in (["open"], ["resolved", "open"]):
            await bench.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
            await bench.until_asked(job_id)
            assert await listed(pool, job_id) == {"alpha": states}
            decision = ActionResolution(resolution=Resolution.RETRY, by="ana")
            await bench.child(job_id, "alpha").execute_update(DirectoryWorkflow.resolve, decision)
        await bench.job(job_id).result()
        assert await listed(pool, job_id) == {"alpha": ["resolved", "resolved"]}


async def test_an_action_that_nobody_took_is_expired(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.run_job(job_id)
        assert await listed(pool, job_id) == {"alpha": ["expired"]}


async def test_a_cancelled_job_asks_nobody_for_what_will_not_be_sent(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA], "beta": [Turn.SILENT]}) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        handle = await bench.start_job(job_id)
        await bench.until_asked(job_id, 2)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.SKIPPED
        # Whether beta holds the business is a question that no cancellation answers.
        assert (await row(pool, job_id, "beta")).status is SubmissionStatus.UNCERTAIN
        assert await listed(pool, job_id) == {"alpha": ["cancelled"], "beta": ["open"]}


async def test_a_terminated_directory_asks_nobody(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        handle = await bench.start_job(job_id)
        await bench.until_asked(job_id)
        await bench.child(job_id, "alpha").terminate()
        await handle.result()
        assert await listed(pool, job_id) == {"alpha": ["cancelled"]}
