"""The workflows at the edge, in virtual time: they never end, and wait ever longer while the queue is away."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from deploy.runtime.worker import workflow_runner
from schema.contracts.bridge import BridgeInput, BridgeShift, RelayShift
from workflows import bridge as module
from workflows.bridge import OutboxRelayWorkflow, SqsBridgeWorkflow

Start = Callable[[Client, str], Awaitable[WorkflowHandle[Any, Any]]]
Shift = Callable[[], Awaitable[Any]]

GOOD = BridgeShift(started=1)
BROKEN = BridgeShift(broken=True)


async def first_run(environment: WorkflowEnvironment, start: Start, shift: Shift) -> WorkflowHistory:
    """The history of the first run of an endless workflow whose shifts are scripted; the second ends at once."""
    client = environment.client
    queue = f"test-{uuid.uuid4()}"
    first = ""

    async def only_in_the_first_run() -> Any:
        nonlocal first
        first = first or activity.info().workflow_run_id or ""
        if activity.info().workflow_run_id != first:
            raise ApplicationError("seen enough", non_retryable=True)
        return await shift()

    scripted = activity.defn(name=shift.__name__)(only_in_the_first_run)
    async with Worker(
        client,
        task_queue=queue,
        workflows=[SqsBridgeWorkflow, OutboxRelayWorkflow],
        activities=[scripted],
        workflow_runner=workflow_runner(),
    ):
        handle = await start(client, queue)
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        return await client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id).fetch_history()


async def first_bridge_run(
    environment: WorkflowEnvironment, script: Sequence[BridgeShift], failures: int = 0
) -> WorkflowHistory:
    """Its shifts end as scripted, and then well."""
    shifts = iter(script)

    async def bridge_messages() -> BridgeShift:
        return next(shifts, GOOD)

    return await first_run(environment, bridge_with(failures), bridge_messages)


def bridge_with(failures: int) -> Start:
    return lambda client, queue: client.start_workflow(
        SqsBridgeWorkflow.run, BridgeInput(failures=failures), id=f"bridge-{uuid.uuid4()}", task_queue=queue
    )


def pauses(history: WorkflowHistory) -> list[float]:
    return [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta().total_seconds()
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]


def carried_over(history: WorkflowHistory) -> BridgeInput:
    payloads = history.events[-1].workflow_execution_continued_as_new_event_attributes.input.payloads
    (value,) = pydantic_data_converter.payload_converter.from_payloads(payloads, [BridgeInput])
    return BridgeInput.model_validate(value)


async def test_an_open_breaker_waits_longer_each_time_up_to_ten_minutes(skipping: WorkflowEnvironment) -> None:
    history = await first_bridge_run(skipping, [BROKEN] * 9)
    assert pauses(history) == [15, 30, 60, 120, 240, 480, 600, 600, 600]
    assert carried_over(history) == BridgeInput(failures=0)


async def test_one_good_shift_closes_the_breaker(skipping: WorkflowEnvironment) -> None:
    assert pauses(await first_bridge_run(skipping, [BROKEN, BROKEN, GOOD, BROKEN, GOOD, GOOD])) == [15, 30, 15]


async def test_a_long_outage_survives_continue_as_new(skipping: WorkflowEnvironment) -> None:
    history = await first_bridge_run(skipping, [BROKEN] * 200, failures=3)
    assert pauses(history)[:4] == [120, 240, 480, 600]
    assert carried_over(history) == BridgeInput(failures=3 + module._SHIFTS_PER_RUN)


async def test_a_shift_that_fails_is_tried_again_and_opens_no_breaker(skipping: WorkflowEnvironment) -> None:
    tries = 0

    async def bridge_messages() -> BridgeShift:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise ApplicationError("the worker ended")
        return GOOD

    assert pauses(await first_run(skipping, bridge_with(0), bridge_messages)) == []
    assert tries == 3 + module._SHIFTS_PER_RUN


async def test_the_relay_goes_on_for_ever(skipping: WorkflowEnvironment) -> None:
    shifts = 0

    async def relay_outbox() -> RelayShift:
        nonlocal shifts
        shifts += 1
        return RelayShift()

    await first_run(
        skipping,
        lambda client, queue: client.start_workflow(
            OutboxRelayWorkflow.run, id=f"relay-{uuid.uuid4()}", task_queue=queue
        ),
        relay_outbox,
    )
    assert shifts == module._SHIFTS_PER_RUN
