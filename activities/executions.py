"""What is asked of Temporal about other workflows: start a job's, and see whether one has closed, or what it is at."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from schema import ids
from schema.contracts.bridge import BridgeInput
from schema.contracts.explanation import Execution, PendingActivity, PendingTimer, WorkflowState
from schema.contracts.job import JobInput, JobProgress
from schema.job_start import JOB_WORKFLOW, job_start
from schema.store.jobs import Job

_QUERY_PATIENCE = timedelta(seconds=10)


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """A workflow that always runs."""

    workflow_id: str
    workflow: str
    summary: str
    arguments: Sequence[Any] = ()


EDGES = (
    Edge(ids.bridge_workflow_id(1), "SqsBridgeWorkflow", "SQS messages become jobs", (BridgeInput(),)),
    Edge(ids.RELAY_WORKFLOW_ID, "OutboxRelayWorkflow", "the outbox reaches the queue"),
)


async def start_edge(client: Client, task_queue: str, edge: Edge) -> None:
    """See that it runs; does nothing when it does."""
    await client.start_workflow(
        edge.workflow,
        args=edge.arguments,
        id=edge.workflow_id,
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=edge.summary,
    )


async def start_job(
    client: Client, task_queue: str, job: Job, priority_key: int, *, again: bool = False, paused: bool = False
) -> None:
    """See that the job's workflow runs, or, unless `again`, that it has run. Safe to repeat, and at once.

    `again` starts it anew where it has closed: it reads from the ledger what is done, and clicks nothing twice.
    """
    try:
        await client.start_workflow(
            JOB_WORKFLOW,
            JobInput(job_id=job.id, paused=paused),
            id_reuse_policy=(
                WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
            ),
            **job_start(job, task_queue, priority_key),
        )
    except WorkflowAlreadyStartedError:
        return


async def is_closed(client: Client, workflow_id: str) -> bool:
    """True when it has closed, or when Temporal knows nothing of it."""
    try:
        description = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return True
        raise
    return description.status not in (None, WorkflowExecutionStatus.RUNNING)


async def look_at(client: Client, workflow_id: str, *, timers: bool = True) -> Execution:
    """What a workflow is at: its state, what it waits for, and when that comes. Raises RPCError.

    Timers are not described by the server and are read from the history; without `timers` that is left out.
    """
    handle = client.get_workflow_handle(workflow_id)
    try:
        description = await handle.describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Execution(workflow_id=workflow_id, state=WorkflowState.MISSING)
        raise
    raw = description.raw_description
    state = _STATES.get(description.status, WorkflowState.RUNNING) if description.status else WorkflowState.RUNNING
    running = state is WorkflowState.RUNNING
    task = raw.pending_workflow_task
    return Execution(
        workflow_id=workflow_id,
        state=state,
        activities=tuple(map(_activity, raw.pending_activities)) if running else (),
        timers=await _timers(client, handle) if running and timers else (),
        task_attempts=task.attempt,
        task_waits_since=None if task.started_time.seconds else _moment(task.original_scheduled_time),
    )


async def is_paused(client: Client, workflow_id: str) -> bool | None:
    """Whether somebody holds the job back, or did when its workflow closed; None when that cannot be told.

    Only a worker can answer, of a closed workflow too; where nothing is known of it, nothing is held back.
    """
    job = client.get_workflow_handle(workflow_id)
    try:
        progress: JobProgress = await job.query("progress", result_type=JobProgress, rpc_timeout=_QUERY_PATIENCE)
    except (WorkflowQueryFailedError, RPCError) as error:
        return False if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND else None
    return progress.paused


def _activity(pending: PendingActivityInfo) -> PendingActivity:
    return PendingActivity(
        name=pending.activity_type.name,
        attempt=pending.attempt,
        started=pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
        paused=pending.paused,
        last_failure=pending.last_failure.message,
        next_attempt_at=_moment(pending.next_attempt_schedule_time),
    )


async def _timers(client: Client, handle: WorkflowHandle[Any, Any]) -> tuple[PendingTimer, ...]:
    """Those that were started and have neither fired nor been cancelled."""
    waiting: dict[int, PendingTimer] = {}
    async for event in handle.fetch_history_events():
        if event.HasField("timer_started_event_attributes"):
            started = event.timer_started_event_attributes
            summary: str = ""
            if event.user_metadata.HasField("summary"):
                (summary,) = await client.data_converter.decode([event.user_metadata.summary], [str])
            fires_at = event.event_time.ToDatetime(UTC) + started.start_to_fire_timeout.ToTimedelta()
            waiting[event.event_id] = PendingTimer(summary=summary, fires_at=fires_at)
        elif event.HasField("timer_fired_event_attributes"):
            waiting.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.HasField("timer_canceled_event_attributes"):
            waiting.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return tuple(waiting.values())


def _moment(stamp: Timestamp) -> datetime | None:
    return stamp.ToDatetime(UTC) if stamp.seconds else None


_STATES = {
    WorkflowExecutionStatus.COMPLETED: WorkflowState.COMPLETED,
    WorkflowExecutionStatus.FAILED: WorkflowState.FAILED,
    WorkflowExecutionStatus.CANCELED: WorkflowState.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: WorkflowState.TERMINATED,
    WorkflowExecutionStatus.TIMED_OUT: WorkflowState.TIMED_OUT,
}
