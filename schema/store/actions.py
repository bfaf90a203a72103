"""`actions`: what a person must do before a directory can go on."""

from datetime import timedelta
from uuid import UUID

from schema.contracts.submission import ActionResolution, Outcome
from schema.store.database import Connection, Executor


async def open_for(db: Executor, result_id: UUID, outcome: Outcome, patience: timedelta) -> None:
    """Ask for a person, who has `patience` from now. Safe to repeat: one open action per result."""
    await db.execute(
        """
        insert into actions (result_id, kind, instructions, screenshot, deadline_at)
        values ($1, $2, $3, $4, now() + $5)
        on conflict (result_id) where status = 'open' do nothing
        """,
        result_id,
        outcome.failure,
        outcome.reason,
        outcome.screenshot,
        patience,
    )


async def close(connection: Connection, result_id: UUID, decision: ActionResolution) -> None:
    await connection.execute(
        """
        update actions set status = 'resolved', resolution = $2, resolved_by = $3, note = $4
        where result_id = $1 and status = 'open'
        """,
        result_id,
        decision.resolution,
        decision.by,
        decision.note,
    )


async def expire(connection: Connection, result_id: UUID) -> None:
    await connection.execute(
        "update actions set status = 'expired' where result_id = $1 and status = 'open'", result_id
    )


async def cancel(connection: Connection, result_id: UUID) -> None:
    """Nobody need act any more: the row has ended without a person."""
    await connection.execute(
        "update actions set status = 'cancelled' where result_id = $1 and status = 'open'", result_id
    )
