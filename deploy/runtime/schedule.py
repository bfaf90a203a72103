"""The schedules of upkeep, as every worker sees to them at its start. Safe to repeat, and from several at once."""

import dataclasses
import functools
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from deploy.runtime.settings import Settings
from schema import ids
from schema.contracts.upkeep import DAILY, HOURLY, QUICK, Task, UpkeepInput
from workflows.upkeep import UpkeepWorkflow

_LONGEST_CATCH_UP = timedelta(hours=1)
"""A pass that was missed by more, or by a whole interval, is left out: the next one sees the same."""

_LONGEST_PASS = timedelta(hours=12)
"""Or sixty intervals: one that cannot go on must not keep all others from beginning."""

_NIGHT = timedelta(hours=3)


async def ensure_schedules(client: Client, settings: Settings) -> None:
    """See that the schedules are there and as this build wants them; one that staff paused stays paused."""
    wanted = (
        (ids.UPKEEP_WORKFLOW_ID, QUICK, timedelta(minutes=1)),
        (ids.HOURLY_UPKEEP_WORKFLOW_ID, HOURLY, timedelta(hours=1)),
        (ids.DAILY_UPKEEP_WORKFLOW_ID, DAILY, timedelta(days=1)),
    )
    for name, tasks, every in wanted:
        schedule = _schedule(name, tasks, every, settings.temporal_task_queue)
        try:
            await client.create_schedule(name, schedule)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(name).update(functools.partial(_updated, wanted=schedule))


def _schedule(name: str, tasks: tuple[Task, ...], every: timedelta, task_queue: str) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            UpkeepWorkflow.run,
            UpkeepInput(tasks=tasks),
            id=name,
            task_queue=task_queue,
            execution_timeout=min(60 * every, _LONGEST_PASS),
            static_summary=f"looks after {', '.join(tasks)}",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every, offset=_NIGHT % every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=min(every, _LONGEST_CATCH_UP)),
    )


def _updated(found: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate:
    return ScheduleUpdate(dataclasses.replace(wanted, state=found.description.schedule.state))
