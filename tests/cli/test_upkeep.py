"""`directorybolt workers` and `directorybolt upkeep run`: what people and programs are shown."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.upkeep import Upkeep
from deploy.local.stack import Stack
from deploy.runtime.pulse import Pulse
from deploy.runtime.worker import workflow_runner
from schema import ids
from schema.contracts.worker import WorkerBeat, WorkerStatus
from schema.store import workers
from schema.store.database import Pool
from tests.cli.conftest import Command
from tests.factories import add_begun_job
from workflows.upkeep import UpkeepWorkflow


async def test_workers_are_listed_with_what_they_are_at(command: Command, pool: Pool) -> None:
    ran = command("workers")
    assert (ran.code, ran.out) == (0, "")
    assert "directorybolt worker" in ran.err
    assert command("workers", "--json").json == []
    beat = WorkerBeat(
        worker_id=uuid.uuid4(),
        host="box[/]",
        pid=7,
        status=WorkerStatus.RUNNING,
        work=("job-1-alpha",),
        done=12,
        failed=3,
        submissions=5,
    )
    await workers.beat(pool, beat)
    await workers.beat(pool, beat.model_copy(update={"worker_id": uuid.uuid4(), "status": WorkerStatus.STOPPED}))
    living, gone = command("workers", "--json").json
    assert (living["worker_id"], living["work"], living["stale"]) == (str(beat.worker_id), ["job-1-alpha"], False)
    assert (living["done"], living["failed"], living["submissions"]) == (12, 3, 5)
    assert gone["status"] == "stopped"
    await pool.execute("update worker_heartbeats set beat_at = now() - interval '3 minutes' where status = 'running'")
    table = command("workers").out
    for word in ("box[/]:7", "running silent", "stopped", "job-1-alpha"):
        assert word in table


async def test_upkeep_without_a_worker_says_so(command: Command) -> None:
    assert command("upkeep", "run").failed(1, "No worker runs", "directorybolt worker")


def test_an_unknown_task_is_named_with_those_there_are(nowhere: Command) -> None:
    assert nowhere("upkeep", "run", "--task", "dusting").failed(2, "--task", "dusting", "outbox", "artifacts")


async def test_a_server_that_is_not_there_is_named(command: Command, pool: Pool) -> None:
    await Pulse().tell(pool, WorkerStatus.RUNNING)
    assert command("upkeep", "run", TEMPORAL_ADDRESS="127.0.0.1:9").failed(1, "127.0.0.1:9", "TEMPORAL_ADDRESS")


@contextlib.asynccontextmanager
async def housekeeping(environment: WorkflowEnvironment, pool: Pool) -> AsyncIterator[str]:
    """A worker that can do two of the tasks; its task queue."""
    queue = f"test-{uuid.uuid4()}"
    upkeep = Upkeep(pool, environment.client, queue)
    await Pulse().tell(pool, WorkerStatus.RUNNING)
    async with Worker(
        environment.client,
        task_queue=queue,
        workflows=[UpkeepWorkflow],
        activities=[upkeep.settle_submissions, upkeep.mark_lost_workers],
        workflow_runner=workflow_runner(),
    ):
        yield queue


async def test_a_pass_is_run_now_and_its_report_shown(
    command: Command, pool: Pool, dev: WorkflowEnvironment, temporal: Stack
) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    await pool.execute("update jobs set status = 'completed'")
    await pool.execute("alter table jobs disable trigger user")
    await pool.execute("alter table job_results disable trigger user")
    await pool.execute("update jobs set updated_at = now() - interval '1 hour'")
    await pool.execute("update job_results set updated_at = now() - interval '1 hour'")
    lost = WorkerBeat(worker_id=uuid.uuid4(), host="box", pid=1, status=WorkerStatus.RUNNING)
    await workers.beat(pool, lost)
    await pool.execute("update worker_heartbeats set beat_at = now() - interval '1 hour'")
    child = ids.directory_workflow_id(job_id, "alpha")
    names = ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE")
    known = {name: temporal.environment.values[name] for name in names}
    tasks = ("--task", "submissions", "--task", "workers")
    async with housekeeping(dev, pool) as queue:
        known["TEMPORAL_TASK_QUEUE"] = queue
        ran = await asyncio.to_thread(command, "upkeep", "run", *tasks, "--dry-run", "--json", **known)
        assert ran.code == 0
        assert ran.json["dry_run"]
        assert [finding["subjects"] for finding in ran.json["findings"]] == [[child], [str(lost.worker_id)]]
        assert await pool.fetchval("select count(*) from worker_heartbeats where status = 'lost'") == 0
        table = (await asyncio.to_thread(command, "upkeep", "run", *tasks, **known)).out
        for word in (child, "marked as lost", "look at it"):
            assert word in " ".join(table.split())
        assert await pool.fetchval("select count(*) from worker_heartbeats where status = 'lost'") == 1
        await pool.execute("update job_results set status = 'skipped'")
        well = await asyncio.to_thread(command, "upkeep", "run", *tasks, **known)
        assert (well.code, well.out) == (0, "")
        assert "All is well" in well.err
