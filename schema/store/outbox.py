"""`outbox`: messages that were promised in a transaction and are not yet in the queue."""

from uuid import UUID

from schema.contracts.queue import JobMessage
from schema.store.database import Connection, Executor

CHANNEL = "directorybolt_outbox"
"""PostgreSQL notifies it of every new row."""


async def put(connection: Connection, message: JobMessage) -> None:
    await connection.execute(
        "insert into outbox (job_id, message) values ($1, $2)", message.job_id, message.model_dump(mode="json")
    )


async def take(connection: Connection, limit: int) -> list[tuple[UUID, JobMessage]]:
    """Lock up to `limit` due messages for this transaction, oldest first; another relay skips them.

    Due is what was never sent, and what was sent but led to nothing: a message can be swallowed by the long poll of
    a consumer that died, and is then invisible for its whole visibility timeout. The job's own state tells; sending
    twice is harmless, so it is tried again after 30 s, 2 min, 8 min and 32 min.
    """
    rows = await connection.fetch(
        """
        select o.id, o.message from outbox o
        where o.id in (
                -- Each by its index: an `or` of the two reads every message that there ever was.
                select id from outbox where sent_at is null
                union all
                select again.id from jobs j join outbox again on again.job_id = j.id where j.status = 'pending')
            and (o.sent_at is null or (
                o.sends between 1 and 4 and o.sent_at < now() - interval '30 seconds' * power(4, o.sends - 1)))
        order by o.created_at limit $1 for update of o skip locked
        """,
        limit,
    )
    return [(row["id"], JobMessage.model_validate(row["message"])) for row in rows]


async def mark_sent(connection: Connection, outbox_ids: list[UUID]) -> None:
    await connection.execute("update outbox set sent_at = now(), sends = sends + 1 where id = any($1)", outbox_ids)


async def unsent(db: Executor) -> tuple[UUID, ...]:
    """Jobs whose message has waited five minutes for the relay."""
    return await _jobs(db, "o.sent_at is null and o.created_at < now() - interval '5 minutes'")


async def in_vain(db: Executor) -> tuple[UUID, ...]:
    """Jobs whose message is not sent again: it was sent five times, and still nobody has begun the job."""
    return await _jobs(db, "o.sends > 4 and o.sent_at < now() - interval '5 minutes' and j.status = 'pending'")


async def _jobs(db: Executor, condition: str) -> tuple[UUID, ...]:
    rows = await db.fetch(
        f"select o.job_id from outbox o join jobs j on j.id = o.job_id where {condition} order by o.created_at"  # noqa: S608
    )
    return tuple(row["job_id"] for row in rows)
