"""The scenes of directories that wait: for a turn, for a closed breaker, for a listing to be found, for a person."""

import asyncio
from datetime import timedelta

from temporalio.client import WorkflowHandle

from schema.contracts.job import JobProgress
from schema.contracts.submission import (
    ActionResolution,
    DirectoryInput,
    DirectoryState,
    Evidence,
    Outcome,
    Resolution,
    SubmissionRef,
    SubmissionStatus,
)
from schema.store import results, submissions
from tests.replay.scenes import Scene, Stage
from tests.workflows.bench import Bench
from tests.workflows.scripted import Seen, Turn
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow

_OPEN_BREAKER = "update directories set failures = 3, resting_until = now() + $2::interval where slug = $1"
_HOUR = timedelta(hours=1)


async def _until_parked(job: WorkflowHandle[JobWorkflow, JobProgress], slug: str) -> None:
    """Wait until the job has heard that the directory left its place in the window."""
    async with asyncio.timeout(30):
        while slug in (await job.query(JobWorkflow.progress)).running:
            await asyncio.sleep(0.1)


async def breaker_parks_a_directory(stage: Stage) -> None:
    async with stage.working({}, window=1) as bench:
        job_id = await stage.job(["alpha", "beta"])
        await stage.pool.execute(_OPEN_BREAKER, "alpha", _HOUR)
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "beta", SubmissionStatus.SUBMITTED)
        await _until_parked(handle, "alpha")
        await stage.keep("directory-parked-by-breaker", bench.child(job_id, "alpha"))
        await stage.keep("job-with-parked-directory", handle)
        await handle.terminate()
        await bench.child(job_id, "alpha").terminate()


async def breaker_lets_a_probe_through(stage: Stage) -> None:
    async with stage.working({"alpha": [Turn.BUSY, Turn.ACCEPT]}) as bench:
        job_id = await stage.job(["alpha"])
        await stage.pool.execute(_OPEN_BREAKER, "alpha", timedelta(seconds=1))
        handle = await bench.start_job(job_id)
        async with asyncio.timeout(30):
            while not bench.directories.plans["alpha"]:
                await asyncio.sleep(0.1)
        await bench.until(job_id, "alpha", SubmissionStatus.PLANNED)
        await stage.keep("directory-probed-in-vain", bench.child(job_id, "alpha"))
        await handle.terminate()
        await bench.child(job_id, "alpha").terminate()


async def directory_is_given_up(stage: Stage) -> None:
    async with stage.working({}) as bench:
        job_id = await stage.begun_job("alpha")
        await stage.pool.execute(_OPEN_BREAKER, "alpha", _HOUR)
        handle = await _alone(bench, DirectoryInput(job_id=job_id, slug="alpha", directory_patience_s=0))
        await handle.result()
        await stage.keep("directory-out-of-order", handle)


async def directory_waits_for_its_turn(stage: Stage) -> None:
    async with stage.working({}) as bench:
        job_id = await stage.begun_job("alpha")
        await stage.pool.execute("update directories set next_slot_at = now() + interval '1 hour'")
        handle = await _alone(bench, DirectoryInput(job_id=job_id, slug="alpha"))
        await asyncio.sleep(2)
        await stage.keep("directory-waiting-for-turn", handle)
        await handle.terminate()


async def listing_is_looked_up(stage: Stage) -> None:
    turns = {slug: [Turn.SILENT, Turn.ACCEPT] for slug in ("alpha", "beta", "gamma", "delta")}
    async with stage.working(turns, window=4) as bench:
        bench.directories.seen.update(alpha=Seen.LISTED, beta=Seen.ABSENT, gamma=Seen.NOT_YET, delta=Seen.TOO_EARLY)
        job_id = await stage.job()
        handle = await bench.start_job(job_id)
        for slug in ("alpha", "beta"):
            await bench.until(job_id, slug, SubmissionStatus.SUBMITTED)
        for slug in ("gamma", "delta"):
            await bench.until(job_id, slug, SubmissionStatus.UNCERTAIN)
        await bench.until_asked(job_id, 2)
        names = {
            "alpha": "found",
            "beta": "absent-and-sent-again",
            "gamma": "not-found-yet",
            "delta": "looked-too-early",
        }
        for slug, name in names.items():
            await stage.keep(f"directory-{name}", bench.child(job_id, slug))
        # The late attempt of a worker that was thought dead.
        late = await submissions.find(stage.pool, SubmissionRef(job_id=job_id, slug="gamma"))
        accepted = Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True)
        await results.record(stage.pool, late, accepted, late.attempt)
        await bench.child(job_id, "gamma").signal(DirectoryWorkflow.row_moved)
        await bench.child(job_id, "gamma").result()
        await stage.keep("directory-row-moved", bench.child(job_id, "gamma"))
        await bench.child(job_id, "delta").terminate()
        await handle.terminate()


async def captcha_is_attended(stage: Stage) -> None:
    async with stage.working({"alpha": [Turn.CAPTCHA, Turn.SLOW]}) as bench:
        job_id = await stage.job(["alpha"])
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        decision = ActionResolution(resolution=Resolution.ATTEND, by="staff")
        await bench.child(job_id, "alpha").execute_update(DirectoryWorkflow.resolve, decision)
        await bench.directories.begun("alpha")
        await stage.keep("directory-attended", bench.child(job_id, "alpha"))
        bench.directories.go_on()
        await handle.result()
        await stage.keep("directory-attended-and-sent", bench.child(job_id, "alpha"))


async def _alone(bench: Bench, directory: DirectoryInput) -> WorkflowHandle[DirectoryWorkflow, DirectoryState]:
    """A directory's workflow without a job's."""
    return await bench.client.start_workflow(
        DirectoryWorkflow.run,
        directory,
        id=bench.child(directory.job_id, directory.slug).id,
        task_queue=bench.task_queue,
    )


SCENES: tuple[Scene, ...] = (
    breaker_parks_a_directory,
    breaker_lets_a_probe_through,
    directory_is_given_up,
    directory_waits_for_its_turn,
    listing_is_looked_up,
    captcha_is_attended,
)
