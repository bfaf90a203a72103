"""`actions`: what a person must do before a directory can go on, who works on it, and when to remind people of it.

What a decision makes of the directory is decided in `schema.store.results`. A claim runs out by the database's clock.
"""

from datetime import timedelta
from uuid import UUID

import asyncpg

from schema import guidance, ids
from schema.contracts.action import Action, ActionDirectory, ActionFilter, ActionStatus, Claim
from schema.contracts.alert import ActionReminder
from schema.contracts.submission import ActionResolution, Outcome
from schema.failures import FailureType
from schema.store import mails
from schema.store.database import Connection, Executor, Pool

_SHOWN = """
    select a.*, r.job_id, r.replays, r.final_url, r.intent_at is not null as may_be_sent, j.business_name,
        d.slug, d.name, d.submission_url,
        a.claimed_until > now() and a.status = 'open' as claimed, a.deadline_at < now() and a.status = 'open' as overdue
    from actions a join job_results r on r.id = a.result_id join jobs j on j.id = r.job_id
        join directories d on d.id = r.directory_id
"""


class ActionClosed(Exception):
    """The action that was decided about is not open any more."""


async def open_for(pool: Pool, result_id: UUID, outcome: Outcome, patience: timedelta) -> int:
    """Ask for a person, who has `patience` from now; returns the milliseconds that are left of it.

    Safe to repeat: one open action per result. It keeps its deadline, and tells what stands in the way now. Where only
    the customer can do it, they are promised a mail in the same transaction. A result that waits for nobody any more
    needs no person: 0 milliseconds.
    """
    async with pool.acquire() as connection, connection.transaction():
        left = await connection.fetchval(
            """
            insert into actions (result_id, kind, instructions, screenshot, deadline_at)
            select id, $2, $3, $4, now() + $5 from job_results where id = $1 and is_waiting(status) for update
            on conflict (result_id) where status = 'open' do update
                set kind = excluded.kind, instructions = excluded.instructions, screenshot = excluded.screenshot
            returning greatest(0, ceil(extract(epoch from deadline_at - now()) * 1000))::bigint
            """,
            result_id,
            outcome.failure,
            outcome.reason,
            outcome.screenshot,
            patience,
        )
        if left is not None and outcome.failure in mails.BY_CUSTOMER:
            await mails.put_action_needed(connection, result_id)
    return int(left or 0)


async def close(connection: Connection, result_id: UUID, decision: ActionResolution) -> None:
    """Write who decided what. Raises ActionClosed where the decision was about an action that is not open."""
    closed = await connection.fetchval(
        """
        update actions set status = 'resolved', resolution = $2, resolved_by = $3, closed_at = now(),
            note = coalesce(nullif($4, ''), note)
        where result_id = $1 and status = 'open' and id = coalesce($5, id) returning id
        """,
        result_id,
        decision.resolution,
        decision.by,
        decision.note,
        decision.action_id,
    )
    if closed is None and decision.action_id is not None:
        raise ActionClosed(f"Action {decision.action_id} is not open any more.")


async def expire(connection: Connection, result_id: UUID) -> None:
    await connection.execute(
        "update actions set status = 'expired', closed_at = now() where result_id = $1 and status = 'open'", result_id
    )


async def cancel(connection: Connection, result_id: UUID) -> None:
    """Nobody need act any more: the row has ended without a person."""
    await connection.execute(
        "update actions set status = 'cancelled', closed_at = now() where result_id = $1 and status = 'open'", result_id
    )


async def claim(db: Executor, action_id: UUID, by: str, length: timedelta, *, take_over: bool = False) -> bool:
    """Claim an open action, or renew the claim; False where somebody else holds it, or it is not open.

    With `take_over`, whoever holds it loses it.
    """
    claimed = await db.fetchval(
        """
        update actions set claimed_by = $2, claimed_until = now() + $3,
            claimed_at = case when claimed_by = $2 and claimed_until > now() then claimed_at else now() end
        where id = $1 and status = 'open' and ($4 or claimed_by is null or claimed_by = $2 or claimed_until <= now())
        returning id
        """,
        action_id,
        by,
        length,
        take_over,
    )
    return claimed is not None


async def keep_note(db: Executor, action_id: UUID, by: str, note: str) -> None:
    """Keep what the person who holds the action has to say of it."""
    await db.execute(
        "update actions set note = $3 where id = $1 and status = 'open' and claimed_by = $2", action_id, by, note
    )


async def release(db: Executor, action_id: UUID, by: str) -> bool:
    """Let others have it; False where it is not claimed by this person."""
    released = await db.fetchval(
        """
        update actions set claimed_by = null, claimed_at = null, claimed_until = null
        where id = $1 and status = 'open' and claimed_by = $2 and claimed_until > now() returning id
        """,
        action_id,
        by,
    )
    return released is not None


async def find(db: Executor, action_id: UUID) -> Action | None:
    row = await db.fetchrow(f"{_SHOWN} where a.id = $1", action_id)
    return _shown(row) if row else None


async def named(db: Executor, prefix: str) -> tuple[UUID, ...]:
    """The actions whose id begins so, two at most: enough to know whether there is exactly one."""
    rows = await db.fetch("select id from actions where starts_with(id::text, $1) limit 2", prefix)
    return tuple(row["id"] for row in rows)


async def listed(db: Executor, wanted: ActionFilter) -> tuple[Action, ...]:
    """The actions asked for; what is due first comes first."""
    rows = await db.fetch(
        f"""
        {_SHOWN}
        where ($1::text is null or a.status = $1) and ($2::text is null or a.kind = $2)
            and ($3::uuid is null or r.job_id = $3) and ($4::text is null or d.slug = $4)
            and (not $5 or (a.status = 'open' and a.deadline_at < now()))
        order by a.deadline_at, a.id limit $6
        """,
        wanted.status,
        wanted.kind,
        wanted.job_id,
        wanted.directory,
        wanted.overdue,
        wanted.limit,
    )
    return tuple(map(_shown, rows))


async def due_reminders(db: Executor) -> tuple[ActionReminder, ...]:
    """The open actions of which half of the time is over, or all but a day."""
    rows = await db.fetch(
        """
        select a.id as action_id, r.job_id, d.slug as directory, a.kind as needs, a.deadline_at,
            -- What had less than two days from the beginning is reminded of once.
            a.deadline_at - interval '1 day' between half_way and now() as last
        from actions a join job_results r on r.id = a.result_id join directories d on d.id = r.directory_id,
            lateral (select a.created_at + (a.deadline_at - a.created_at) / 2) as half (half_way)
        where a.status = 'open' and a.deadline_at > now() and half_way <= now()
        order by a.deadline_at, a.id
        """
    )
    return tuple(ActionReminder.model_validate(dict(row)) for row in rows)


def _shown(row: asyncpg.Record) -> Action:
    kind = FailureType(row["kind"])
    claim = Claim(by=row["claimed_by"], at=row["claimed_at"], until=row["claimed_until"]) if row["claimed"] else None
    return Action.model_validate(
        {
            **row,
            "workflow_id": ids.directory_workflow_id(row["job_id"], row["slug"], row["replays"]),
            "directory": ActionDirectory(
                slug=row["slug"], name=row["name"], url=row["submission_url"], page=row["final_url"]
            ),
            "kind": kind,
            "reason": row["instructions"],
            "steps": guidance.steps(kind),
            "choices": guidance.choices(kind, may_be_sent=row["may_be_sent"])
            if row["status"] == ActionStatus.OPEN
            else (),
            "claim": claim,
        }
    )
