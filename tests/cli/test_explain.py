"""`directorybolt jobs explain` on a mess made for real: real Temporal, real ledger, scripted directories."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from deploy.runtime.settings import Settings
from schema import ids
from schema.contracts.job import JobInput
from schema.contracts.worker import WorkerBeat, WorkerStatus
from schema.store import workers
from schema.store.database import Pool
from tests.cli.conftest import Command
from tests.factories import add_directories, add_job
from tests.patience import PATIENCE_S, eventually
from tests.serving import NOWHERE
from tests.workflows.bench import Bench, working
from tests.workflows.scripted import Turn

SCRIPTS = {
    "accepts": [Turn.ACCEPT],
    "refuses": [Turn.REFUSE],
    "captcha": [Turn.CAPTCHA],
    "hangs": [Turn.HANG],
    "unlucky": [Turn.HANG],
}


@pytest.fixture
def explaining(command: Command, settings: Settings) -> Command:
    """The command with this test's database and Temporal."""
    command.environment["TEMPORAL_ADDRESS"] = settings.temporal_address
    command.environment["TEMPORAL_NAMESPACE"] = settings.temporal_namespace
    return command


async def words(command: Command, job_id: UUID, *more: str) -> dict[str, tuple[str, str]]:
    """Why and what next, by directory; the job's own under an empty name."""
    # In a thread: the worker runs in this loop, and a query of the command is answered by it.
    ran = await asyncio.to_thread(command, "jobs", "explain", str(job_id), "--json", *more)
    assert ran.code == 0, ran
    said: Any = ran.json
    found = {one["facts"]["directory"]: (one["why"], one["next"]) for one in said["directories"]}
    return {**found, "": (said["why"], said["next"])}


async def made_a_mess(bench: Bench, pool: Pool) -> UUID:
    """Six directories, five of them started, and each in a state of its own."""
    await add_directories(pool, ["dead"])
    await pool.execute("update directories set failures = 3, resting_until = now() + $1", timedelta(minutes=20))
    job_id = await add_job(pool, ["accepts", "refuses", "captcha", "hangs", "unlucky", "dead"])
    await bench.start_job(job_id)
    for slug in ("hangs", "unlucky"):
        await asyncio.wait_for(bench.directories.begun(slug), PATIENCE_S)
    await bench.until_asked(job_id)
    await bench.child(job_id, "unlucky").terminate("by hand")
    await eventually(
        lambda: pool.fetchval("select count(*) = 3 from job_results where status in ('submitted', 'failed')")
    )
    await eventually(lambda: pool.fetchval("select count(*) > 0 from job_results where expected_at is not null"))
    return job_id


async def test_a_mess_is_explained(explaining: Command, pool: Pool, dev: WorkflowEnvironment) -> None:
    await workers.beat(pool, WorkerBeat(worker_id=uuid4(), host="here", pid=1, status=WorkerStatus.RUNNING))
    async with working(dev, pool, SCRIPTS) as bench:
        job_id = await made_a_mess(bench, pool)
        said = await words(explaining, job_id)
        assert said["accepts"] == (
            "The directory took it; what proves it: its own words.",
            "Nothing more is to be done.",
        )
        assert said["refuses"][0] == "It failed (refused)."
        assert f"replay --job {job_id} --directory refuses" in said["refuses"][1]
        assert said["captcha"][0] == "It waits for a person (captcha)."
        assert "`directorybolt actions show" in said["captcha"][1]
        assert said["hangs"][0] == "A worker is filling and sending the form."
        assert said["unlucky"][0].startswith("It failed (workflow_closed).")
        assert f"replay --job {job_id} --directory unlucky" in said["unlucky"][1]
        assert said["dead"][0].startswith("Waits for the directory: its circuit breaker is open after 3 failures")
        assert "one probe" in said["dead"][1]
        assert said[""][0] == "3 of 6 directories have ended, 1 waits for a person."
        one = await asyncio.to_thread(explaining, "jobs", "explain", str(job_id), "--directory", "dead")
        assert (one.code, "the directory's breaker" in one.out, "hangs" in one.out) == (0, True, False)
        # The job's own workflow goes, and then everything.
        await bench.job(job_id).terminate("by hand")
        await bench.child(job_id, "hangs").terminate("by hand")
        said = await words(explaining, job_id, "--directory", "hangs")
        assert said["hangs"][0] == "Its workflow was terminated, and the ledger says planned: nothing was sent."
        assert "upkeep starts again" in said["hangs"][1]
        assert said[""][0].endswith("Nobody works on the job: its workflow was terminated.")
        for slug in ("captcha", "dead"):
            await bench.child(job_id, slug).terminate("end of the test")


async def test_a_job_that_no_worker_takes_says_so(explaining: Command, pool: Pool, dev: WorkflowEnvironment) -> None:
    job_id = await add_job(pool, ["alpha"])
    job = await dev.client.start_workflow(
        "JobWorkflow", JobInput(job_id=job_id), id=ids.job_workflow_id(job_id), task_queue=f"nobody-{job_id}"
    )
    said = explaining("jobs", "explain", str(job_id), "--json").json
    await job.terminate()
    assert said["why"] == "No worker is running."
    assert said["facts"]["execution"]["task_waits_since"]
    assert said["facts"]["paused"] is None


async def test_without_temporal_the_ledger_explains_alone(explaining: Command, pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha"])
    away = {"TEMPORAL_ADDRESS": NOWHERE}
    ran = explaining("jobs", "explain", str(job_id), **away)
    assert ran.code == 0
    assert "Not begun: its message has not left the outbox." in ran.out
    assert "Temporal at 127.0.0.1:" in ran.err
    assert explaining("jobs", "explain", str(job_id), "--json", **away).json["facts"]["execution"]["state"] == "unknown"


async def test_what_is_not_there_is_one_sentence(explaining: Command, pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha"])
    assert explaining("jobs", "explain", "1").failed(2, "not a job id")
    assert explaining("jobs", "explain", str(uuid4())).failed(2, "There is no job")
    assert explaining("jobs", "explain", str(job_id), "--directory", "beta").failed(2, "beta", "jobs show")
