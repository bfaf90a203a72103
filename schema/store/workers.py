"""`worker_heartbeats`: which workers live, and on what they work."""

from uuid import UUID

from schema.store.database import Executor


async def beat(db: Executor, worker_id: UUID, host: str, pid: int, status: str, current_work: list[str]) -> None:
    """Say that the worker lives. `current_work` names the submissions in its hands."""
    await db.execute(
        """
        insert into worker_heartbeats (id, host, pid, status, current_work) values ($1, $2, $3, $4, $5)
        on conflict (id) do update set status = excluded.status, current_work = excluded.current_work, beat_at = now()
        """,
        worker_id,
        host,
        pid,
        status,
        current_work,
    )
