"""The worker's heartbeat: what it is at while it is at it, and what it has done."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from deploy.runtime import pulse as module
from deploy.runtime.pulse import Pulse
from schema.contracts.submission import Standing, SubmissionRef, SubmissionStatus
from schema.contracts.worker import WorkerBeat, WorkerReport, WorkerStatus
from schema.store import workers
from schema.store.database import Pool
from tests.patience import PATIENCE_S, eventually

REF = SubmissionRef(job_id=uuid.uuid4(), slug="alpha")


@workflow.defn
class _Visit:
    @workflow.run
    async def run(self, ref: SubmissionRef) -> None:
        once = RetryPolicy(maximum_attempts=2, initial_interval=timedelta(milliseconds=1))
        for name in ("plan_submission", "submit"):
            await workflow.execute_activity(
                name, ref, start_to_close_timeout=timedelta(seconds=60), retry_policy=once, result_type=Standing
            )


class _Directory:
    """Planning fails the first time; submitting goes on until told to."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.reached = asyncio.Event()

    @activity.defn
    async def plan_submission(self, _: SubmissionRef) -> Standing:
        if activity.info().attempt == 1:
            raise ApplicationError("not now")
        return Standing(status=SubmissionStatus.SUBMITTED)

    @activity.defn
    async def submit(self, _: SubmissionRef) -> Standing:
        self.reached.set()
        await self.go_on.wait()
        return Standing(status=SubmissionStatus.SUBMITTED)


async def only(pool: Pool) -> WorkerReport:
    (found,) = await workers.reports(pool)
    return found


async def test_a_worker_tells_what_it_is_at_and_what_it_has_done(
    skipping: WorkflowEnvironment, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_EVERY_S", 0.05)
    pulse, directory, queue = Pulse(), _Directory(), f"test-{uuid.uuid4()}"
    async with pulse.beating(pool):
        await eventually(lambda: workers.reports(pool))
        assert (await only(pool)).status is WorkerStatus.STARTING
        assert not await workers.any_alive(pool)
        async with Worker(
            skipping.client,
            task_queue=queue,
            workflows=[_Visit],
            activities=[directory.plan_submission, directory.submit],
            workflow_runner=UnsandboxedWorkflowRunner(),
            interceptors=[pulse],
        ):
            await pulse.tell(pool, WorkerStatus.RUNNING)
            assert await workers.any_alive(pool)
            handle = await skipping.client.start_workflow(_Visit.run, REF, id=f"job-{queue}", task_queue=queue)
            await directory.reached.wait()
            async with asyncio.timeout(PATIENCE_S):
                while not (told := await only(pool)).work:
                    await asyncio.sleep(0.01)
            assert told.work == (handle.id,)
            assert (told.done, told.failed, told.submissions) == (1, 1, 0)
            directory.go_on.set()
            await handle.result()
            await pulse.tell(pool, WorkerStatus.DRAINING)
            told = await only(pool)
            assert (told.status, told.work, told.done, told.submissions) == (WorkerStatus.DRAINING, (), 2, 1)
    told = await only(pool)
    assert (told.status, told.stale) == (WorkerStatus.STOPPED, False)


async def test_a_beat_that_takes_long_does_not_overtake_what_is_told_after_it(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    written: list[WorkerStatus] = []

    async def beat(_: Pool, worker: WorkerBeat) -> None:
        if not begun.is_set():
            begun.set()
            await go_on.wait()
        written.append(worker.status)

    monkeypatch.setattr(workers, "beat", beat)
    pulse = Pulse()
    first = asyncio.create_task(pulse.tell(pool))
    await begun.wait()
    second = asyncio.create_task(pulse.tell(pool, WorkerStatus.RUNNING))
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(first, second)
    assert written == [WorkerStatus.STARTING, WorkerStatus.RUNNING]


async def test_a_worker_that_was_taken_for_lost_is_back_with_its_next_beat(pool: Pool) -> None:
    pulse = Pulse()
    await pulse.tell(pool, WorkerStatus.RUNNING)
    await pool.execute("update worker_heartbeats set beat_at = now() - interval '3 minutes'")
    assert await workers.mark_lost(pool) == (pulse.beat.worker_id,)
    assert ((await only(pool)).status, (await only(pool)).stale) == (WorkerStatus.LOST, True)
    await pulse.tell(pool)
    assert ((await only(pool)).status, (await only(pool)).stale) == (WorkerStatus.RUNNING, False)


async def test_a_beat_that_cannot_be_written_stops_nothing(pool: Pool) -> None:
    await pool.execute("drop view stale_workers")
    await pool.execute("drop table worker_heartbeats")
    async with Pulse().beating(pool):
        await asyncio.sleep(0.1)
