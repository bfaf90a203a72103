"""What `links` and `tokens` have in common: a secret opens something for as long as its row is in force."""

from typing import Literal

import asyncpg

from schema import secrets
from schema.store.database import Executor

IN_FORCE = "revoked_at is null and (expires_at is null or expires_at > now())"


async def find(db: Executor, table: Literal["links", "tokens"], shown: str, secret: str) -> asyncpg.Record | None:
    """The row of this secret with the columns `shown`, if it is in force; that it was used is kept to the minute."""
    row = await db.fetchrow(
        f"""
        select {shown}, secret_hash, used_at is null or used_at < now() - interval '1 minute' as to_touch
        from {table} where secret_hash = $1 and {IN_FORCE}
        """,  # noqa: S608 - columns and table are named by code
        secrets.digest(secret),
    )
    if row is None or not secrets.same(secret, row["secret_hash"]):
        return None
    if row["to_touch"]:
        await db.execute(f"update {table} set used_at = now() where id = $1", row["id"])  # noqa: S608
    return row
