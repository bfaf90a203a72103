"""`worker_heartbeats`: which workers live."""

from uuid import UUID

from schema.store.database import Executor


async def beat(db: Executor, worker_id: UUID, host: str, pid: int, status: str) -> None:
    """Say that the worker lives (`running`) or has ended by itself (`stopped`)."""
    await db.execute(
        """
        insert into worker_heartbeats (id, host, pid, status) values ($1, $2, $3, $4)
        on conflict (id) do update set status = excluded.status, beat_at = now()
        """,
        worker_id,
        host,
        pid,
        status,
    )


async def any_alive(db: Executor) -> bool:
    """True when a worker has beaten within the last two minutes."""
    return bool(
        await db.fetchval(
            """
            select exists (select from worker_heartbeats
                where status = 'running' and beat_at > now() - interval '2 minutes')
            """
        )
    )
