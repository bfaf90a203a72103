"""`worker_heartbeats`: which workers live, and what they are at. A row is one process, from its start to its end."""

from uuid import UUID

from schema.contracts.worker import WorkerBeat, WorkerReport
from schema.store.database import Executor


async def beat(db: Executor, worker: WorkerBeat) -> None:
    """Say that the worker lives, or in which state it ended. One that was taken for lost is back with this."""
    await db.execute(
        """
        insert into worker_heartbeats (id, host, pid, status, work, done, failed, submissions, build_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (id) do update set status = excluded.status, work = excluded.work, done = excluded.done,
            failed = excluded.failed, submissions = excluded.submissions, beat_at = now()
        """,
        worker.worker_id,
        worker.host,
        worker.pid,
        worker.status,
        list(worker.work),
        worker.done,
        worker.failed,
        worker.submissions,
        worker.build_id,
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


async def alive_by_build(db: Executor) -> dict[str, int]:
    """How many workers of each build have beaten within the last two minutes."""
    rows = await db.fetch(
        """
        select build_id, count(*) as alive from worker_heartbeats
        where status = 'running' and beat_at > now() - interval '2 minutes' group by build_id
        """
    )
    return {row["build_id"]: row["alive"] for row in rows}


async def reports(db: Executor) -> tuple[WorkerReport, ...]:
    """Every worker that is remembered: those that live first, then by their last word."""
    rows = await db.fetch(
        """
        select w.id as worker_id, w.host, w.pid, w.status, w.work, w.done, w.failed, w.submissions, w.build_id,
            w.started_at, w.beat_at, s.id is not null as stale
        from worker_heartbeats w left join stale_workers s on s.id = w.id
        order by w.status in ('stopped', 'lost'), w.beat_at desc
        """
    )
    return tuple(WorkerReport.model_validate(dict(row)) for row in rows)


async def silent(db: Executor) -> tuple[UUID, ...]:
    """Stale workers that nobody has marked as lost yet."""
    return tuple(row["id"] for row in await db.fetch("select id from stale_workers where status <> 'lost'"))


async def mark_lost(db: Executor) -> tuple[UUID, ...]:
    """Mark the silent ones; those that this call marked."""
    rows = await db.fetch(
        """
        update worker_heartbeats set status = 'lost'
        where id in (select id from stale_workers where status <> 'lost') and beat_at < now() - interval '2 minutes'
        returning id
        """
    )
    return tuple(row["id"] for row in rows)


async def forget(db: Executor) -> None:
    """Remove what has been silent for a day: whoever wanted to know has heard of it."""
    await db.execute("delete from worker_heartbeats where beat_at < now() - interval '1 day'")
