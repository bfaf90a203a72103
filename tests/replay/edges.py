"""The scenes of the two workflows at the edge, with shifts that follow a script."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from deploy.runtime.worker import workflow_runner
from schema import ids
from schema.contracts.bridge import BridgeInput, BridgeShift, RelayShift
from tests.replay.scenes import Scene, Stage
from workflows.bridge import OutboxRelayWorkflow, SqsBridgeWorkflow

_WELL = BridgeShift(started=3, rejected=1)
_BROKEN = BridgeShift(broken=True)
_QUEUE = "recorded-edge"


class ScriptedEdge:
    """Shifts as the script has them; after its end, one that lasts."""

    def __init__(self, shifts: Sequence[BridgeShift]) -> None:
        self._shifts = list(shifts)

    @activity.defn(name="bridge_messages")
    async def bridge_messages(self) -> BridgeShift:
        return await self._next()

    @activity.defn(name="relay_outbox")
    async def relay_outbox(self) -> RelayShift:
        return RelayShift(sent=(await self._next()).started)

    async def _next(self) -> BridgeShift:
        if not self._shifts:
            await asyncio.Event().wait()
        return self._shifts.pop(0)


@contextlib.asynccontextmanager
async def _working(stage: Stage, shifts: Sequence[BridgeShift]) -> AsyncIterator[None]:
    edge = ScriptedEdge(shifts)
    async with Worker(
        stage.environment.client,
        task_queue=_QUEUE,
        workflows=[SqsBridgeWorkflow, OutboxRelayWorkflow],
        activities=[edge.bridge_messages, edge.relay_outbox],
        workflow_runner=workflow_runner(),
    ):
        yield


async def _bridge(stage: Stage, number: int) -> WorkflowHandle[SqsBridgeWorkflow, None]:
    return await stage.environment.client.start_workflow(
        SqsBridgeWorkflow.run, BridgeInput(), id=ids.bridge_workflow_id(number), task_queue=_QUEUE
    )


async def _relay(stage: Stage) -> WorkflowHandle[OutboxRelayWorkflow, None]:
    return await stage.environment.client.start_workflow(
        OutboxRelayWorkflow.run, id=ids.RELAY_WORKFLOW_ID, task_queue=_QUEUE
    )


async def _until(handle: WorkflowHandle[SqsBridgeWorkflow, None], event: "EventType.ValueType", number: int) -> None:
    async with asyncio.timeout(60):
        while [entry.event_type async for entry in handle.fetch_history_events()].count(event) < number:
            await asyncio.sleep(0.2)


async def bridge_works(stage: Stage) -> None:
    async with _working(stage, [_WELL, _WELL]):
        handle = await _bridge(stage, 1)
        await _until(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, 3)
        await stage.keep("bridge-at-work", handle)
        await handle.terminate()


async def breaker_opens_and_closes(stage: Stage) -> None:
    async with _working(stage, [_BROKEN, _WELL]):
        handle = await _bridge(stage, 2)
        await _until(handle, EventType.EVENT_TYPE_TIMER_STARTED, 1)
        await stage.keep("bridge-breaker-open", handle)
        await _until(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, 3)
        await stage.keep("bridge-breaker-closed", handle)
        await handle.terminate()


async def relay_works(stage: Stage) -> None:
    async with _working(stage, [_WELL]):
        handle = await _relay(stage)
        await asyncio.sleep(1)
        await stage.keep("relay-at-work", handle)
        await handle.terminate()


async def edges_continue_as_new(stage: Stage) -> None:
    client = stage.environment.client
    for name, start in (("bridge", _bridge(stage, 1)), ("relay", _relay(stage))):
        async with _working(stage, [_WELL] * 12):
            handle = await start
            first = client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
            async with asyncio.timeout(60):
                while (await client.get_workflow_handle(handle.id).describe()).run_id == handle.first_execution_run_id:
                    await asyncio.sleep(0.1)
            await stage.keep(f"{name}-continued", first)
            await client.get_workflow_handle(handle.id).terminate()


SCENES: tuple[Scene, ...] = (bridge_works, breaker_opens_and_closes, relay_works)
LONG_LIVES: tuple[Scene, ...] = (edges_continue_as_new,)
