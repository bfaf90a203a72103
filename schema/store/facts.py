"""What the ledger and the history know of one job, for `jobs explain`: a few queries, whatever its size."""

from uuid import UUID

import asyncpg

from schema import ids
from schema.contracts.explanation import (
    DirectoryFacts,
    Execution,
    Gate,
    HistoryEntry,
    JobFacts,
    OpenAction,
    WorkflowState,
)
from schema.store import workers
from schema.store.database import Executor

_DIRECTORIES = """
    select d.slug, r.status, r.failure, r.reason, r.evidence, r.attempt, r.replays, r.intent_at, r.queued_at,
        r.expected_at, r.finished_at, replay_answer(r, j, d) as replay,
        d.failures, d.failures >= breaker_limit() as broken, d.resting_until, d.next_slot_at, d.daily_cap,
        case when d.sent_on = (now() at time zone 'utc')::date and d.sent_today >= d.daily_cap
            then (d.sent_on + 1)::timestamp at time zone 'utc' end as capped_until,
        case when d.held_by <> r.id then d.held_until end as held_until,
        a.id as action_id, a.kind, a.deadline_at, case when a.claimed_until > now() then a.claimed_by end as claimed_by
    from job_results r join jobs j on j.id = r.job_id join directories d on d.id = r.directory_id
        left join actions a on a.result_id = r.id and a.status = 'open'
    where r.job_id = $1 and ($2::text is null or d.slug = $2)
    order by d.domain_authority desc, d.slug
"""


async def of_job(db: Executor, job_id: UUID) -> JobFacts | None:
    """The job, as far as the ledger knows; its workflow's state is left open. None when there is no such job."""
    row = await db.fetchrow(
        """
        select j.id as job_id, now() as now, j.status, j.total, j.ended, j.waiting,
            coalesce(o.sends, 0) as sends, o.sent_at,
            coalesce((select detail ->> 'reason' from queue_history
                where job_id = j.id and event = 'queue_rejected' order by seq desc limit 1), '') as rejected
        from jobs j left join lateral (
            select sum(sends) as sends, max(sent_at) as sent_at from outbox where job_id = j.id) o on true
        where j.id = $1
        """,
        job_id,
    )
    if row is None:
        return None
    known = {"worker_alive": await workers.any_alive(db), "execution": _unseen(ids.job_workflow_id(job_id))}
    return JobFacts.model_validate({**row, **known})


async def of_directories(db: Executor, job_id: UUID, slug: str | None = None) -> tuple[DirectoryFacts, ...]:
    """The job's directories, or the one named, best first; their workflows' states are left open."""
    rows = await db.fetch(_DIRECTORIES, job_id, slug)
    events = await db.fetch(
        """
        select directory, event, created_at as at, detail from queue_history
        where job_id = $1 and directory is not null and ($2::text is null or directory = $2) order by seq
        """,
        job_id,
        slug,
    )
    history: dict[str, list[HistoryEntry]] = {}
    for event in events:
        detail = ", ".join(f"{name}: {value}" for name, value in event["detail"].items() if value not in (None, "", []))
        entry = HistoryEntry(event=event["event"], at=event["at"], detail=detail)
        history.setdefault(event["directory"], []).append(entry)
    return tuple(_facts(job_id, row, tuple(history.get(row["slug"], ()))) for row in rows)


def _facts(job_id: UUID, row: asyncpg.Record, history: tuple[HistoryEntry, ...]) -> DirectoryFacts:
    values = dict(row)
    action = OpenAction.model_validate({**values, "id": row["action_id"]}) if row["action_id"] else None
    return DirectoryFacts.model_validate(
        {
            **values,
            "directory": row["slug"],
            "gate": Gate.model_validate(values),
            "action": action,
            "history": history,
            "execution": _unseen(ids.directory_workflow_id(job_id, row["slug"], row["replays"])),
        }
    )


def _unseen(workflow_id: str) -> Execution:
    return Execution(workflow_id=workflow_id, state=WorkflowState.UNKNOWN)
