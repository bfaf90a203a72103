"""`tokens`: what staff and services show to be let in. A secret is in here as its sha256 alone."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import asyncpg

from schema import secrets
from schema.contracts.access import NewToken, Scope, Token
from schema.store import in_force
from schema.store.database import Executor
from schema.store.in_force import IN_FORCE

PREFIX = "dbt_"

_SHOWN = f"id, name, scopes, created_by, created_at, expires_at, revoked_at, used_at, {IN_FORCE} as in_force"


class NameTaken(Exception):
    """A token of that name is not revoked yet: the audit could not tell the two apart."""


async def create(
    db: Executor, name: str, scopes: Iterable[Scope], created_by: str, lifetime: timedelta | None = None
) -> NewToken:
    """Make one; it holds for ever where no lifetime is given. Raises NameTaken."""
    secret = secrets.mint(PREFIX)
    try:
        row = await db.fetchrow(
            f"""
            insert into tokens (name, secret_hash, scopes, created_by, expires_at) values ($1, $2, $3, $4, now() + $5)
            returning {_SHOWN}
            """,  # noqa: S608
            name,
            secrets.digest(secret),
            sorted(set(scopes)),
            created_by,
            lifetime,
        )
    except asyncpg.UniqueViolationError:
        raise NameTaken(f"There is a token {name} already: revoke it first, or choose another name.") from None
    assert row is not None
    return NewToken.model_validate({**dict(row), "secret": secret})


async def find(db: Executor, secret: str) -> Token | None:
    """The token of this secret, if it is in force; that it was used is kept to the minute."""
    row = await in_force.find(db, "tokens", _SHOWN, secret)
    return Token.model_validate(dict(row)) if row else None


async def listed(db: Executor, *, every: bool = False) -> tuple[Token, ...]:
    """Those in force, by name; with `every`, also what was revoked or has expired."""
    rows = await db.fetch(
        f"select {_SHOWN} from tokens where $1 or {IN_FORCE} order by name, created_at desc",  # noqa: S608
        every,
    )
    return tuple(Token.model_validate(dict(row)) for row in rows)


async def revoke(db: Executor, name: str) -> UUID | None:
    """From now on that token lets nobody in, nor do sessions that began with it. Returns its id, if there is one."""
    token_id: UUID | None = await db.fetchval(
        "update tokens set revoked_at = now() where name = $1 and revoked_at is null returning id", name
    )
    return token_id
