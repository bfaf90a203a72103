"""JobWorkflow and DirectoryWorkflow with scripted directories, the real ledger and virtual time."""

from collections.abc import Mapping, Sequence

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from schema.contracts.job import JobStatus
from schema.contracts.submission import ActionResolution, Resolution, SubmissionStatus
from schema.failures import FailureType
from schema.store import jobs
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.workflows.bench import working
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow

SLUGS = tuple(f"site-{number:02}" for number in range(12))


@pytest.mark.parametrize(
    ("turns", "clicks", "status", "failure"),
    [
        ([Turn.ACCEPT], 1, SubmissionStatus.SUBMITTED, None),
        ([Turn.REFUSE], 1, SubmissionStatus.FAILED, FailureType.REFUSED),
        ([Turn.REFUSE_AND_AMEND, Turn.ACCEPT], 2, SubmissionStatus.SUBMITTED, None),
        ([Turn.REFUSE_AND_AMEND, Turn.BUSY, Turn.ACCEPT], 2, SubmissionStatus.SUBMITTED, None),
        ([Turn.CHANGED, Turn.ACCEPT], 1, SubmissionStatus.SUBMITTED, None),
        ([Turn.CHANGED], 0, SubmissionStatus.FAILED, FailureType.FORM_CHANGED),
        ([Turn.JAMMED, Turn.ACCEPT], 2, SubmissionStatus.SUBMITTED, None),
        ([Turn.JAMMED], 4, SubmissionStatus.FAILED, FailureType.BROWSER_FAILED),
        ([Turn.BUSY, Turn.BUSY, Turn.ACCEPT], 1, SubmissionStatus.SUBMITTED, None),
        ([Turn.BUSY], 0, SubmissionStatus.FAILED, FailureType.DIRECTORY_BUSY),
    ],
    ids=[
        "accepted",
        "refused",
        "amended",
        "amended, then busy",
        "redesigned once",
        "redesigned always",
        "jammed once",
        "jammed",
        "busy at first",
        "busy always",
    ],
)
async def test_a_directory_ends(
    skipping: WorkflowEnvironment,
    pool: Pool,
    turns: Sequence[Turn],
    clicks: int,
    status: SubmissionStatus,
    failure: FailureType | None,
) -> None:
    async with working(skipping, pool, {"alpha": turns}) as bench:
        job_id = await add_job(pool, ["alpha"])
        progress = await bench.run_job(job_id)
        submission = await row(pool, job_id, "alpha")
        assert (submission.status, submission.outcome.failure) == (status, failure)
        assert bench.directories.clicks["alpha"] == clicks
        assert progress.status is (JobStatus.FAILED if failure else JobStatus.COMPLETED)


@pytest.mark.parametrize("turn", [Turn.DIE_AFTER_CLICK, Turn.SILENT])
async def test_what_died_after_the_click_waits_for_a_person_and_is_never_clicked_again(
    skipping: WorkflowEnvironment, pool: Pool, turn: Turn
) -> None:
    async with working(skipping, pool, {"alpha": [turn]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.UNCERTAIN)
        child = bench.child(job_id, "alpha")
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await child.execute_update(
                DirectoryWorkflow.resolve, ActionResolution(resolution=Resolution.RETRY, by="ana")
            )
        assert "may already hold" in str(refused.value.cause)
        await child.execute_update(
            DirectoryWorkflow.resolve, ActionResolution(resolution=Resolution.CONFIRMED, by="ana")
        )
        progress = await bench.job(job_id).result()
        assert (progress.status, progress.counts.submitted) == (JobStatus.COMPLETED, 1)
        assert bench.directories.clicks["alpha"] == 1


async def test_a_person_sends_a_captcha_on(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"alpha": [Turn.CAPTCHA, Turn.ACCEPT]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        decision = ActionResolution(resolution=Resolution.RETRY, by="ana")
        await bench.child(job_id, "alpha").execute_update(DirectoryWorkflow.resolve, decision)
        assert (await bench.job(job_id).result()).counts.submitted == 1
        assert bench.directories.clicks["alpha"] == 1


async def test_nobody_comes(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {"alpha": [Turn.CAPTCHA]}) as bench:
        job_id = await add_job(pool, ["alpha"])
        await bench.run_job(job_id)
        assert (await row(pool, job_id, "alpha")).outcome.failure is FailureType.ACTION_EXPIRED


async def test_those_that_wait_for_a_person_leave_the_window(skipping: WorkflowEnvironment, pool: Pool) -> None:
    scripts: Mapping[str, Sequence[Turn]] = {slug: [Turn.CONFIRM] for slug in SLUGS[:6]}
    async with working(skipping, pool, scripts, window=3) as bench:
        job_id = await add_job(pool, SLUGS)
        await bench.start_job(job_id)
        progress = await bench.until_quiet(job_id)
        assert (progress.counts.submitted, progress.counts.waiting) == (6, 6)
        counts = await jobs.count(pool, job_id)
        assert (counts.submitted, counts.awaiting_action) == (6, 6)
        assert bench.directories.most_at_work <= 3


async def test_the_window_bounds_what_runs_at_once(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool, {slug: [Turn.SLOW] for slug in SLUGS}, window=4) as bench:
        handle = await bench.start_job(await add_job(pool, SLUGS))
        await bench.directories.until_at_work(4)
        assert len((await handle.query(JobWorkflow.progress)).running) == 4
        bench.directories.go_on()
        assert (await handle.result()).counts.submitted == len(SLUGS)
        assert bench.directories.most_at_work == 4


async def test_a_paused_job_starts_nothing_until_resumed(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool) as bench:
        job_id = await add_job(pool, SLUGS)
        handle = await bench.start_job(job_id, paused=True)
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update(JobWorkflow.pause)
        progress = await handle.query(JobWorkflow.progress)
        assert (progress.paused, sum(bench.directories.plans.values())) == (True, 0)
        await handle.execute_update(JobWorkflow.resume)
        assert (await handle.result()).counts.submitted == len(SLUGS)


async def test_the_same_business_is_listed_once_whoever_pays_again(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool) as bench:
        first = await bench.run_job(await add_job(pool, SLUGS[:3]))
        second = await bench.run_job(await add_job(pool, SLUGS[:3]))
        assert (first.counts.submitted, second.counts.skipped) == (3, 3)
        assert set(bench.directories.clicks.values()) == {1}


async def test_a_job_without_directories_fails(skipping: WorkflowEnvironment, pool: Pool) -> None:
    async with working(skipping, pool) as bench:
        job_id = await add_job(pool, ["alpha"])
        await pool.execute("update jobs set directory_slugs = '{}' where id = $1", job_id)
        assert (await bench.run_job(job_id)).status is JobStatus.FAILED


async def test_cancelling_closes_every_page_before_the_job_ends(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {"alpha": [Turn.HANG], "beta": [Turn.CAPTCHA]}, window=2) as bench:
        job_id = await add_job(
            pool,
            ["alpha", "beta", "gamma", "delta"],
        )
        handle = await bench.start_job(job_id)
        await bench.directories.begun("alpha")
        await bench.until(job_id, "beta", SubmissionStatus.AWAITING_ACTION)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        assert isinstance(failed.value.cause, CancelledError)
        assert "alpha" in bench.directories.closed
        assert not bench.directories.at_work
        summary = await jobs.summary(pool, job_id)
        assert summary is not None
        assert summary.status is JobStatus.CANCELLED
        for slug in ("alpha", "beta"):
            outcome = (await row(pool, job_id, slug)).outcome
            assert (outcome.status, outcome.failure) == (SubmissionStatus.SKIPPED, FailureType.CANCELLED)
            description = await bench.child(job_id, slug).describe()
            assert description.status is not None
            assert description.status.name == "CANCELED"
