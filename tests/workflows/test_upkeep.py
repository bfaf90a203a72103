"""A pass of upkeep, in virtual time: what cannot be looked after does not keep the rest waiting."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from deploy.runtime.worker import workflow_runner
from schema.contracts.upkeep import DAILY, HOURLY, QUICK, Task, UpkeepInput, UpkeepReport
from tests.patience import PATIENCE_S
from tests.replay.upkeep import ScriptedUpkeep
from workflows.upkeep import UpkeepWorkflow

Pass = WorkflowHandle[UpkeepWorkflow, UpkeepReport]


@contextlib.asynccontextmanager
async def passing(environment: WorkflowEnvironment, script: ScriptedUpkeep, upkeep: UpkeepInput) -> AsyncIterator[Pass]:
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        environment.client,
        task_queue=queue,
        workflows=[UpkeepWorkflow],
        activities=[script.look],
        workflow_runner=workflow_runner(),
    ):
        yield await environment.client.start_workflow(UpkeepWorkflow.run, upkeep, id=queue, task_queue=queue)


async def looks(handle: Pass) -> list[str]:
    history = await handle.fetch_history()
    return [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]


async def test_every_task_is_looked_after_in_order_and_told(skipping: WorkflowEnvironment) -> None:
    async with passing(skipping, ScriptedUpkeep(), UpkeepInput(tasks=QUICK + HOURLY + DAILY)) as handle:
        report = await handle.result()
    told = tuple(finding.task for finding in report.healed)
    assert told == tuple(finding.task for finding in report.reported)
    assert told == tuple(task for task in QUICK + HOURLY + DAILY if task is not Task.ALERTS)
    assert "raise_alerts" in await looks(handle)


async def test_a_dry_run_tells_nobody(skipping: WorkflowEnvironment) -> None:
    async with passing(skipping, ScriptedUpkeep(), UpkeepInput(dry_run=True)) as handle:
        assert (await handle.result()).dry_run
    assert "raise_alerts" not in await looks(handle)


async def test_a_task_that_fails_is_told_and_the_others_are_looked_after(skipping: WorkflowEnvironment) -> None:
    script = ScriptedUpkeep(broken=Task.JOBS)
    async with passing(skipping, script, UpkeepInput(tasks=QUICK)) as handle:
        report = await handle.result()
    (failed,) = [finding for finding in report.findings if finding.task is Task.JOBS]
    assert (failed.healed, "store_unavailable" in failed.what) == (False, True)
    assert {finding.task for finding in report.findings} == set(QUICK) - {Task.ALERTS}
    # The alerts hear of what is left to people, and of what nobody could look at.
    assert script.told.reported == report.reported
    assert set(script.told.tasks) == set(QUICK) - {Task.ALERTS, Task.JOBS}


async def test_a_pass_that_is_cancelled_ends(dev: WorkflowEnvironment) -> None:
    script = ScriptedUpkeep(endless=Task.JOBS)
    async with passing(dev, script, UpkeepInput()) as handle:
        async with asyncio.timeout(PATIENCE_S):
            await script.reached.wait()
            await handle.cancel()
            with pytest.raises(WorkflowFailureError) as ended:
                await handle.result()
    assert isinstance(ended.value.cause, CancelledError)
