"""`queue_history`: what happened to a job, in order, for ever."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from schema.store.database import Executor


class Event(StrEnum):
    """Every event there is; the table's check constraint holds the same list."""

    QUEUE_CLAIMED = "queue_claimed"
    QUEUE_REJECTED = "queue_rejected"
    WORKFLOW_STARTED = "workflow_started"
    JOB_STARTED = "job_started"
    PLAN_READY = "plan_ready"
    SUBMISSION_INTENT = "submission_intent"
    SUBMISSION_COMPLETE = "submission_complete"
    SUBMISSION_FAILED = "submission_failed"
    ACTION_REQUIRED = "action_required"
    ACTION_RESOLVED = "action_resolved"
    JOB_COMPLETED = "job_completed"
    REPLAY_REQUESTED = "replay_requested"
    DLQ_REDRIVEN = "dlq_redriven"


async def append(
    db: Executor, event: Event, job_id: UUID | None, *, directory: str | None = None, **detail: Any
) -> None:
    """Write one event. `detail` is what a person would want to know; never customer data."""
    await db.execute(
        "insert into queue_history (job_id, directory, event, detail) values ($1, $2, $3, $4)",
        job_id,
        directory,
        event,
        detail,
    )
