"""Two builds on one task queue of the real server: who begins what, who ends what, and what is left to do by hand."""

from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from deploy.runtime import deployments
from deploy.runtime.deployments import NotPromoted, VersionStatus
from deploy.runtime.moving import move
from schema.contracts.submission import ActionResolution, Resolution, SubmissionStatus
from schema.store.database import Pool
from tests.factories import add_job, row
from tests.workflows.fleet import Fleet
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow

SEND_ON = ActionResolution(resolution=Resolution.RETRY, by="ana")


@pytest.fixture
def fleet(dev: WorkflowEnvironment, pool: Pool) -> Fleet:
    return Fleet(dev, pool)


async def build_of(handle: WorkflowHandle[Any, Any]) -> str:
    """The build that the workflow's last task ran on."""
    description = await handle.describe()
    return description.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id


async def test_what_began_on_a_build_ends_on_it_and_what_is_new_begins_on_the_current_one(fleet: Fleet) -> None:
    scripts = {"alpha": [Turn.CAPTCHA, Turn.ACCEPT], "beta": [Turn.SLOW]}
    async with fleet.build("one", scripts, window=1) as one:
        job_id = await add_job(fleet.pool, ["alpha", "beta", "gamma"])
        job = await one.start_job(job_id)
        await one.until(job_id, "alpha", SubmissionStatus.AWAITING_ACTION)
        await one.directories.begun("beta")
        async with fleet.build("two", {}) as two:
            await fleet.until_served("two")
            assert {build: version.status for build, version in (await fleet.versions()).items()} == {
                "one": VersionStatus.CURRENT,
                "two": VersionStatus.INACTIVE,
            }
            await fleet.adopt("two", always=True)
            one.directories.go_on()
            await two.until(job_id, "gamma", SubmissionStatus.SUBMITTED)
            await fleet.until_pinned("one", 1)
            await two.child(job_id, "alpha").execute_update(DirectoryWorkflow.resolve, SEND_ON)
            assert (await job.result()).counts.submitted == 3
            assert one.directories.clicks == {"alpha": 1, "beta": 1}
            assert two.directories.clicks == {"gamma": 1}
            assert await build_of(job) == "two"
            assert await build_of(one.child(job_id, "alpha")) == "one"


async def test_what_waits_for_a_build_without_workers_is_taken_to_the_current_one_where_its_code_goes_on(
    fleet: Fleet,
) -> None:
    jobs = {slug: await add_job(fleet.pool, [slug]) for slug in ("known", "strange")}
    for slug, job_id in jobs.items():
        async with fleet.build("one", {slug: [Turn.CAPTCHA]}, changed=slug == "strange") as one:
            await one.start_job(job_id)
            await one.until(job_id, slug, SubmissionStatus.AWAITING_ACTION)
    async with fleet.build("two", {}) as two:
        await fleet.adopt("two", always=True)
        await fleet.until_pinned("one", 2)
        client, source, target = fleet.environment.client, fleet.version("one"), fleet.version("two")
        child = two.child(jobs["known"], "known")
        expected = {child.id: True, two.child(jobs["strange"], "strange").id: False}
        tried = {one.workflow_id: one.possible async for one in move(client, source, target, dry_run=True)}
        assert tried == expected
        assert await build_of(child) == "one"
        moves = [one async for one in move(client, source, target, dry_run=False)]
        assert {one.workflow_id: one.possible for one in moves} == expected
        assert "Nondeterminism" in next(one.reason for one in moves if not one.possible)
        await child.execute_update(DirectoryWorkflow.resolve, SEND_ON)
        await child.result()
        assert await build_of(child) == "two"
        assert (await row(fleet.pool, jobs["known"], "known")).status is SubmissionStatus.SUBMITTED
        await fleet.until_pinned("one", 1)


async def test_a_build_is_promoted_only_where_its_workers_serve_every_queue(fleet: Fleet) -> None:
    client = fleet.environment.client
    with pytest.raises(NotPromoted, match="build none has asked for work"):
        await deployments.promote(client, fleet.version("none"), fleet.task_queues)
    async with fleet.build("one", {}), fleet.build("two", {}):
        await fleet.adopt("two", always=True)
        await fleet.adopt("one")
        assert (await fleet.versions())["two"].status is VersionStatus.CURRENT
        queues = fleet.task_queues | {"another-queue"}
        with pytest.raises(NotPromoted, match="work on another-queue"):
            await deployments.promote(client, fleet.version("one"), queues)
