"""`pending_artifacts`: proof that waits in the database for an artifact store which is down or full."""

from datetime import timedelta

from schema.store.database import Connection, Executor


async def keep(db: Executor, key: str, content: bytes) -> None:
    """Safe to repeat: the key is made of the content."""
    await db.execute(
        "insert into pending_artifacts (key, content) values ($1, $2) on conflict do nothing", key, content
    )


async def find(db: Executor, key: str) -> bytes | None:
    content: bytes | None = await db.fetchval("select content from pending_artifacts where key = $1", key)
    return content


async def take_oldest(connection: Connection) -> tuple[str, bytes] | None:
    """Lock the oldest for this transaction; somebody else's pass skips it."""
    row = await connection.fetchrow(
        "select key, content from pending_artifacts order by created_at limit 1 for update skip locked"
    )
    return (row["key"], row["content"]) if row else None


async def drop(connection: Connection, key: str) -> None:
    await connection.execute("delete from pending_artifacts where key = $1", key)


async def keys(db: Executor, older_than: timedelta = timedelta()) -> tuple[str, ...]:
    """What waits, and has waited for so long, oldest first."""
    rows = await db.fetch(
        "select key from pending_artifacts where created_at <= now() - $1::interval order by created_at", older_than
    )
    return tuple(row["key"] for row in rows)
