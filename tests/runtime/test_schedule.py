"""The schedules of upkeep on a real Temporal server: made once, kept up to date, and heeding who paused them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleHandle,
    ScheduleOverlapPolicy,
)
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from deploy.runtime.schedule import ensure_schedules
from deploy.runtime.settings import Settings
from deploy.runtime.worker import workflow_runner
from schema import ids
from schema.contracts.upkeep import Sweep, UpkeepReport
from tests.patience import PATIENCE_S
from workflows.upkeep import LOOKS, UpkeepWorkflow

SCHEDULES = (ids.UPKEEP_WORKFLOW_ID, ids.HOURLY_UPKEEP_WORKFLOW_ID, ids.DAILY_UPKEEP_WORKFLOW_ID)


@pytest.fixture
async def client(settings: Settings, dev: WorkflowEnvironment) -> AsyncIterator[Client]:
    yield dev.client
    for name in SCHEDULES:
        await dev.client.get_schedule_handle(name).delete()


def quick(client: Client) -> ScheduleHandle:
    return client.get_schedule_handle(ids.UPKEEP_WORKFLOW_ID)


async def test_workers_that_start_together_make_each_schedule_once(client: Client, settings: Settings) -> None:
    await asyncio.gather(*(ensure_schedules(client, settings) for _ in range(3)))
    every = {}
    for name in SCHEDULES:
        schedule = (await client.get_schedule_handle(name).describe()).schedule
        assert schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
        assert schedule.policy.catchup_window
        assert schedule.policy.catchup_window <= timedelta(hours=1)
        assert isinstance(schedule.action, ScheduleActionStartWorkflow)
        assert schedule.action.execution_timeout, "a pass that hangs would be the last one"
        (interval,) = schedule.spec.intervals
        every[name] = interval.every
    assert list(every.values()) == [timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)]


async def test_another_build_brings_them_up_to_date_and_who_paused_them_is_heeded(
    client: Client, settings: Settings
) -> None:
    await ensure_schedules(client, settings)
    await quick(client).pause(note="the database moves house")
    await ensure_schedules(client, settings.model_copy(update={"temporal_task_queue": "another"}))
    schedule = (await quick(client).describe()).schedule
    assert isinstance(schedule.action, ScheduleActionStartWorkflow)
    assert schedule.action.task_queue == "another"
    assert (schedule.state.paused, schedule.state.note) == (True, "the database moves house")


async def test_a_schedule_starts_passes_and_shows_what_they_found(client: Client, settings: Settings) -> None:
    seen: list[str] = []

    def scripted(name: str) -> object:
        @activity.defn(name=name)
        async def look(_: Sweep | None = None) -> UpkeepReport:
            seen.append(name)
            return UpkeepReport()

        return look

    names = [method.__name__ for method in LOOKS.values()] + ["raise_alerts"]
    await ensure_schedules(client, settings)
    async with Worker(
        client,
        task_queue=settings.temporal_task_queue,
        workflows=[UpkeepWorkflow],
        activities=[scripted(name) for name in names],  # type: ignore[misc]
        workflow_runner=workflow_runner(),
    ):
        for name in SCHEDULES:
            await client.get_schedule_handle(name).trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)
        async with asyncio.timeout(PATIENCE_S):
            while not set(names) <= set(seen):
                await asyncio.sleep(0.1)
            # The schedule writes down what it has started a moment later.
            while not (actions := (await quick(client).describe()).info.recent_actions):
                await asyncio.sleep(0.1)
        action = actions[0]
        assert isinstance(action.action, ScheduleActionExecutionStartWorkflow)
        assert action.action.workflow_id.startswith(f"{ids.UPKEEP_WORKFLOW_ID}-20")
