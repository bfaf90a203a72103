"""The scenes of upkeep, with looks that follow a script."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from deploy.runtime.worker import workflow_runner
from schema.contracts.alert import AlertReport
from schema.contracts.upkeep import DAILY, QUICK, Finding, Looked, Task, UpkeepInput, UpkeepReport
from schema.failures import FailureType
from tests.replay.scenes import Scene, Stage
from workflows.upkeep import LOOKS, UpkeepWorkflow

_QUEUE = "recorded-upkeep"
_TASKS = {method.__name__: task for task, method in LOOKS.items()}


class ScriptedUpkeep:
    """Every look finds two things; the one at `broken` fails, and the one at `endless` lasts."""

    def __init__(self, *, broken: Task | None = None, endless: Task | None = None) -> None:
        self._broken = broken
        self._endless = endless
        self.reached = asyncio.Event()
        self.told = Looked()

    @activity.defn(dynamic=True)
    async def look(self, given: Sequence[RawValue]) -> UpkeepReport | AlertReport:
        task = _TASKS.get(activity.info().activity_type)
        if task is None:
            self.told = activity.payload_converter().from_payload(given[0].payload, Looked)
            return AlertReport(holding=0, channels=())
        if task is self._broken:
            raise ApplicationError("no", type=FailureType.STORE_UNAVAILABLE, non_retryable=True)
        if task is self._endless:
            self.reached.set()
            await asyncio.Event().wait()
        healed = Finding(task=task, what="something", healed=True, count=1, subjects=("alpha",))
        return UpkeepReport(findings=(healed, healed.model_copy(update={"healed": False})))


@contextlib.asynccontextmanager
async def _pass(
    stage: Stage, script: ScriptedUpkeep, upkeep: UpkeepInput
) -> AsyncIterator[WorkflowHandle[UpkeepWorkflow, UpkeepReport]]:
    async with Worker(
        stage.environment.client,
        task_queue=_QUEUE,
        workflows=[UpkeepWorkflow],
        activities=[script.look],
        workflow_runner=workflow_runner(),
    ):
        yield await stage.environment.client.start_workflow(UpkeepWorkflow.run, upkeep, id="upkeep", task_queue=_QUEUE)


async def upkeep_passes(stage: Stage) -> None:
    for name, upkeep in (
        ("upkeep", UpkeepInput(tasks=QUICK)),
        ("upkeep-daily", UpkeepInput(tasks=DAILY)),
        ("upkeep-dry-run", UpkeepInput(tasks=QUICK + DAILY, dry_run=True)),
    ):
        async with _pass(stage, ScriptedUpkeep(), upkeep) as handle:
            await handle.result()
            await stage.keep(name, handle)


async def upkeep_cannot_look_at_one_thing(stage: Stage) -> None:
    async with _pass(stage, ScriptedUpkeep(broken=Task.JOBS), UpkeepInput()) as handle:
        await handle.result()
        await stage.keep("upkeep-task-failed", handle)


async def upkeep_is_at_it(stage: Stage) -> None:
    script = ScriptedUpkeep(endless=Task.JOBS)
    async with _pass(stage, script, UpkeepInput()) as handle:
        await script.reached.wait()
        await stage.keep("upkeep-under-way", handle)
        await handle.terminate()


SCENES: tuple[Scene, ...] = (upkeep_passes, upkeep_cannot_look_at_one_thing, upkeep_is_at_it)
