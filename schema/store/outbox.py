"""`outbox`: messages that were promised in a transaction and are not yet in the queue."""

from uuid import UUID

from schema.contracts.queue import JobMessage
from schema.store.database import Connection

CHANNEL = "directorybolt_outbox"
"""PostgreSQL notifies it of every new row."""


async def put(connection: Connection, message: JobMessage) -> None:
    await connection.execute("insert into outbox (message) values ($1)", message.model_dump(mode="json"))


async def take(connection: Connection, limit: int) -> list[tuple[UUID, JobMessage]]:
    """Lock up to `limit` unsent messages, oldest first, for this transaction; another relay skips them."""
    rows = await connection.fetch(
        """
        select id, message from outbox where sent_at is null
        order by created_at limit $1 for update skip locked
        """,
        limit,
    )
    return [(row["id"], JobMessage.model_validate(row["message"])) for row in rows]


async def mark_sent(connection: Connection, outbox_ids: list[UUID]) -> None:
    await connection.execute("update outbox set sent_at = now() where id = any($1)", outbox_ids)
