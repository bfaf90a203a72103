"""What is recorded: every workflow in every state in which it may rest or end, with scripted directories.

A scene plays, and keeps one or more histories. `LONG_LIVES` need a server that suggests continue-as-new early.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from deploy.cli.example import example_profile
from schema.contracts.submission import ActionResolution, DirectoryInput, Resolution, SubmissionRef, SubmissionStatus
from schema.store import results
from schema.store.database import Pool
from tests.factories import add_begun_job, add_job
from tests.replay import stored
from tests.workflows.bench import Bench, reset, working
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow

_SLUGS = ("alpha", "beta", "gamma", "delta")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where scenes play: a Temporal server, a ledger, and the folder for what is kept."""

    environment: WorkflowEnvironment
    pool: Pool
    folder: Path
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @contextlib.asynccontextmanager
    async def working(self, scripts: Mapping[str, Sequence[Turn]], window: int = 2) -> AsyncIterator[Bench]:
        """Workers on the task queue `recorded`, and directories that nobody has visited yet."""
        await self.pool.execute(
            """
            update directories set held_by = null, held_until = null, failures = 0, resting_until = null,
                next_slot_at = now()
            """
        )
        async with working(self.environment, self.pool, scripts, window=window, task_queue="recorded") as bench:
            yield bench
            bench.directories.go_on()

    async def keep(self, name: str, handle: WorkflowHandle[Any, Any]) -> None:
        stored.write(self.folder, name, await handle.fetch_history())

    async def job(self, slugs: Sequence[str] = _SLUGS) -> UUID:
        """A job of a business that no directory knows yet."""
        return await add_job(self.pool, slugs, profile=example_profile(next(self.numbers)))

    async def begun_job(self, slug: str) -> UUID:
        return await add_begun_job(self.pool, [slug], profile=example_profile(next(self.numbers)))


Scene = Callable[[Stage], Awaitable[None]]


async def job_completes(stage: Stage) -> None:
    async with stage.working({"beta": [Turn.REFUSE]}) as bench:
        job_id = await stage.job()
        await bench.run_job(job_id)
        await stage.keep("job-completed", bench.job(job_id))
        await stage.keep("directory-submitted", bench.child(job_id, "alpha"))
        await stage.keep("directory-refused", bench.child(job_id, "beta"))


async def job_is_paused_within_its_window(stage: Stage) -> None:
    async with stage.working({"alpha": [Turn.SLOW], "beta": [Turn.SLOW]}) as bench:
        job_id = await stage.job()
        handle = await bench.start_job(job_id)
        await bench.directories.begun("alpha")
        await bench.directories.begun("beta")
        await stage.keep("job-under-way", handle)
        await stage.keep("directory-under-way", bench.child(job_id, "alpha"))
        await handle.execute_update(JobWorkflow.pause)
        await stage.keep("job-paused", handle)
        await handle.execute_update(JobWorkflow.resume)
        bench.directories.go_on()
        await handle.result()
        await stage.keep("job-resumed", handle)


async def job_waits_for_people(stage: Stage) -> None:
    scripts = {"alpha": [Turn.CAPTCHA], "beta": [Turn.CONFIRM], "gamma": [Turn.DIE_AFTER_CLICK]}
    async with stage.working(scripts) as bench:
        job_id = await stage.job()
        handle = await bench.start_job(job_id)
        async with asyncio.timeout(60):
            while (await handle.query(JobWorkflow.progress)).counts.waiting < 3:
                await asyncio.sleep(0.1)
        await stage.keep("job-waiting", handle)
        await stage.keep("directory-waiting", bench.child(job_id, "alpha"))
        await stage.keep("directory-uncertain", bench.child(job_id, "gamma"))
        for slug, resolution in (("alpha", Resolution.GIVE_UP), ("beta", Resolution.CONFIRMED)):
            decision = ActionResolution(resolution=resolution, by="staff")
            await bench.child(job_id, slug).execute_update(DirectoryWorkflow.resolve, decision)
        await stage.keep("directory-given-up-by-person", bench.child(job_id, "alpha"))
        await stage.keep("directory-confirmed", bench.child(job_id, "beta"))
        await bench.child(job_id, "gamma").terminate()
        # What may have been sent is still a person's question, whether its workflow is there or not.
        decision = ActionResolution(resolution=Resolution.CONFIRMED, by="staff")
        await results.resolve(stage.pool, SubmissionRef(job_id=job_id, slug="gamma"), decision)
        await handle.result()
        await stage.keep("job-child-terminated", handle)


async def job_is_cancelled(stage: Stage) -> None:
    async with stage.working({"alpha": [Turn.HANG], "beta": [Turn.CAPTCHA]}) as bench:
        job_id = await stage.job()
        handle = await bench.start_job(job_id)
        await bench.directories.begun("alpha")
        await bench.until(job_id, "beta", SubmissionStatus.AWAITING_ACTION)
        await handle.cancel()
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
        await stage.keep("job-cancelled", handle)
        await stage.keep("directory-cancelled", bench.child(job_id, "alpha"))
        await stage.keep("directory-cancelled-while-waiting", bench.child(job_id, "beta"))


async def job_is_reset(stage: Stage) -> None:
    async with stage.working({"beta": [Turn.SLOW]}) as bench:
        job_id = await stage.job()
        await bench.start_job(job_id)
        await bench.directories.begun("beta")
        await reset(bench, bench.job(job_id))
        bench.directories.go_on()
        await bench.job(job_id).result()
        await stage.keep("job-reset", bench.job(job_id))


async def job_is_replayed(stage: Stage) -> None:
    """In a run of its own, since the job had ended; and then the run is reset."""
    async with stage.working({"alpha": [Turn.REFUSE, Turn.SLOW], "beta": [Turn.REFUSE]}) as bench:
        job_id = await stage.job(["alpha", "beta"])
        await bench.run_job(job_id)
        await bench.replay(job_id, "alpha")
        await bench.directories.begun("alpha")
        await stage.keep("job-replaying", bench.job(job_id))
        await bench.replay(job_id, "beta")
        await reset(bench, bench.job(job_id), last=True)
        bench.directories.go_on()
        await bench.job(job_id).result()
        await stage.keep("job-replayed-and-reset", bench.job(job_id))
        await stage.keep("directory-replayed", bench.child(job_id, "alpha", 1))


async def directory_is_tried_again(stage: Stage) -> None:
    scripts = {
        "alpha": [Turn.CAPTCHA, Turn.ACCEPT],
        "beta": [Turn.REFUSE_AND_AMEND, Turn.ACCEPT],
        "gamma": [Turn.CHANGED, Turn.ACCEPT],
        "delta": [Turn.BUSY, Turn.ACCEPT],
    }
    async with stage.working(scripts) as bench:
        job_id = await stage.job()
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        decision = ActionResolution(resolution=Resolution.RETRY, by="staff")
        await bench.child(job_id, "alpha").execute_update(DirectoryWorkflow.resolve, decision)
        await handle.result()
        names = {"alpha": "sent-on-by-person", "beta": "amended", "gamma": "redesigned", "delta": "busy-at-first"}
        for slug, name in names.items():
            await stage.keep(f"directory-{name}", bench.child(job_id, slug))


async def directory_has_an_interval(stage: Stage) -> None:
    async with stage.working({}) as bench:
        job_id = await stage.job(["alpha"])
        await stage.pool.execute("update directories set next_slot_at = now() + interval '2 seconds'")
        await bench.run_job(job_id)
        await stage.keep("directory-slept", bench.child(job_id, "alpha"))


async def nobody_comes(stage: Stage) -> None:
    async with stage.working({"alpha": [Turn.CAPTCHA]}) as bench:
        job_id = await stage.begun_job("alpha")
        handle = await bench.client.start_workflow(
            DirectoryWorkflow.run,
            DirectoryInput(job_id=job_id, slug="alpha", action_deadline_s=1),
            id=bench.child(job_id, "alpha").id,
            task_queue=bench.task_queue,
        )
        await handle.result()
        await stage.keep("directory-expired", handle)


async def job_continues_as_new(stage: Stage) -> None:
    async with stage.working({"alpha": [Turn.CONFIRM], "beta": [Turn.SLOW]}) as bench:
        job_id = await stage.job([*_SLUGS, *(f"site-{number}" for number in range(8))])
        handle = await bench.start_job(job_id)
        first = bench.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        await bench.directories.begun("beta")
        async with asyncio.timeout(60):
            while (await bench.job(job_id).describe()).run_id == handle.first_execution_run_id:
                await asyncio.sleep(0.1)
        await stage.keep("job-continued", first)
        bench.directories.go_on()
        await bench.until_settled(job_id)
        decision = ActionResolution(resolution=Resolution.CONFIRMED, by="staff")
        await bench.child(job_id, "alpha").execute_update(DirectoryWorkflow.resolve, decision)
        await bench.job(job_id).result()
        await stage.keep("job-last-run", bench.job(job_id))


SCENES: tuple[Scene, ...] = (
    job_completes,
    job_is_paused_within_its_window,
    job_waits_for_people,
    job_is_cancelled,
    job_is_reset,
    job_is_replayed,
    directory_is_tried_again,
    directory_has_an_interval,
    nobody_comes,
)
LONG_LIVES: tuple[Scene, ...] = (job_continues_as_new,)
