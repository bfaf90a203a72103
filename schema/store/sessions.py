"""`staff_sessions`: browsers in which somebody of the staff is signed in, by a token or by the OpenID provider."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from schema import secrets
from schema.contracts.access import Principal, Scope
from schema.store.database import Executor

LIFETIME = timedelta(hours=12)
"""A working day; whoever signed in by a token is out at once when that is revoked or expires."""

_PREFIX = "dbs_"


async def begin(db: Executor, name: str, scopes: Iterable[Scope], token_id: UUID | None = None) -> str:
    """Sign somebody in. Returns the secret that their browser keeps."""
    secret = secrets.mint(_PREFIX)
    await db.execute(
        """
        insert into staff_sessions (secret_hash, name, scopes, token_id, expires_at)
        values ($1, $2, $3, $4, now() + $5)
        """,
        secrets.digest(secret),
        name,
        sorted(set(scopes)),
        token_id,
        LIFETIME,
    )
    return secret


async def find(db: Executor, secret: str) -> Principal | None:
    """Who is signed in by this secret, now; None where nobody is, any more."""
    row = await db.fetchrow(
        """
        select s.name, s.scopes, s.secret_hash from staff_sessions s left join tokens t on t.id = s.token_id
        where s.secret_hash = $1 and s.ended_at is null and s.expires_at > now()
            and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())
        """,
        secrets.digest(secret),
    )
    if row is None or not secrets.same(secret, row["secret_hash"]):
        return None
    return Principal(name=row["name"], scopes=row["scopes"], via="browser")


async def end(db: Executor, secret: str) -> None:
    """Sign out. Safe to repeat."""
    await db.execute(
        "update staff_sessions set ended_at = now() where secret_hash = $1 and ended_at is null",
        secrets.digest(secret),
    )


async def end_all(db: Executor, name: str) -> int:
    """Sign somebody out everywhere; returns in how many browsers that was."""
    rows = await db.fetch(
        """
        update staff_sessions set ended_at = now()
        where name = $1 and ended_at is null and expires_at > now() returning id
        """,
        name,
    )
    return len(rows)
