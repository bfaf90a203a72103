"""`directorybolt deployments` against the real server, with workers of two builds."""

import asyncio
import uuid

import pytest
from temporalio.testing import WorkflowEnvironment

from deploy.local.stack import Stack
from schema.contracts.submission import SubmissionStatus
from schema.contracts.worker import WorkerBeat, WorkerStatus
from schema.store import workers
from schema.store.database import Pool
from tests.cli.conftest import Command, Ran
from tests.factories import add_job
from tests.workflows.fleet import Fleet
from tests.workflows.scripted import Turn


@pytest.fixture
def fleet(dev: WorkflowEnvironment, pool: Pool) -> Fleet:
    return Fleet(dev, pool)


@pytest.fixture
def deploying(command: Command, temporal: Stack, fleet: Fleet) -> Command:
    """The command of build two, on the fleet's deployment."""
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"):
        command.environment[name] = temporal.environment.values[name]
    names = {"TEMPORAL_TASK_QUEUE": fleet.name, "TEMPORAL_DEPLOYMENT_NAME": fleet.name, "BUILD_ID": "two"}
    command.environment.update(names)
    return command


def beat(build_id: str) -> WorkerBeat:
    return WorkerBeat(worker_id=uuid.uuid4(), host="here", pid=1, status=WorkerStatus.RUNNING, build_id=build_id)


async def test_a_new_build_is_promoted_and_what_waits_for_the_old_one_is_moved(
    deploying: Command, fleet: Fleet
) -> None:
    async def run(*arguments: str) -> Ran:
        return await asyncio.to_thread(deploying, "deployments", *arguments)

    assert (await run("list", "--json")).json == []
    async with fleet.build("one", {"alpha": [Turn.CAPTCHA]}) as one:
        job_id = await add_job(fleet.pool, ["alpha"])
        await one.start_job(job_id)
        await one.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
    async with fleet.build("two", {}):
        await fleet.until_served("two")
        assert (await run("move", "--from", "one")).failed(2, "is of build two, and one is the current one")
        assert (await run("promote", "three")).failed(2, "No worker has reported build three")
        assert "would be made" in (await run("promote", "two", "--dry-run")).err
        assert "is the current one now" in (await run("promote", "two")).err
        assert "is the current one already" in (await run("promote", "two")).err
        await fleet.until_pinned("one", 1)
        versions = {version["build_id"]: version for version in (await run("list", "--json")).json}
        assert versions["two"]["status"] == "current"
        assert (versions["one"]["status"], versions["one"]["pinned"]) == ("draining", 1)
        await workers.beat(fleet.pool, beat("two"))
        listed = await run("list")
        assert "1 wait for build one, and no worker of it runs" in listed.err
        assert "build two" not in listed.err
        assert (await run("move", "--from", "two")).failed(2, "--from names the build to leave")
        assert "1 of 1 would be taken to build two" in (await run("move", "--from", "one", "--dry-run")).err
        (moved,) = (await run("move", "--from", "one", "--json")).json
        assert moved == {"workflow_id": one.child(job_id, "alpha").id, "possible": True, "reason": ""}
        await fleet.until_pinned("one", 0)
        assert "0 of 0 were taken" in (await run("move", "--from", "one")).err


def test_a_server_that_is_not_there_is_one_sentence(deploying: Command) -> None:
    answer = deploying("deployments", "list", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert answer.failed(1, "127.0.0.1:1", "correct TEMPORAL_ADDRESS")
