"""`queue_history`: what happened to a job, in order, for ever."""

import dataclasses
from collections.abc import Sequence
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


@dataclasses.dataclass(frozen=True, slots=True)
class MessageEvent:
    """What the bridge wrote down about one message; `reason` is empty but for a rejection."""

    event: Event
    reason: str


async def of_messages(db: Executor, message_ids: Sequence[str]) -> dict[str, list[MessageEvent]]:
    """What the bridge wrote down about each of these messages, oldest first."""
    rows = await db.fetch(
        """
        select event, detail ->> 'message_id' as message_id, coalesce(detail ->> 'reason', '') as reason
        from queue_history
        where event in ('queue_claimed', 'queue_rejected') and detail ->> 'message_id' = any($1) order by seq
        """,
        list(message_ids),
    )
    found: dict[str, list[MessageEvent]] = {}
    for row in rows:
        found.setdefault(row["message_id"], []).append(MessageEvent(Event(row["event"]), row["reason"]))
    return found
