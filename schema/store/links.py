"""`links`: how a customer gets to their job without an account. A secret is in here as its sha256 alone.

A link opens one job, and holds for a year unless it is revoked: whoever has lost theirs is mailed another.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from schema import secrets
from schema.contracts.link import Link, NewLink, OpenedJob
from schema.store import in_force
from schema.store.database import Executor
from schema.store.in_force import IN_FORCE

PREFIX = "dbl_"
LIFETIME = timedelta(days=365)

_SHOWN = f"id, job_id, why, created_at, expires_at, revoked_at, used_at, {IN_FORCE} as in_force"


async def create(db: Executor, job_id: UUID, why: str) -> NewLink:
    """Make a link to the job. Raises asyncpg's ForeignKeyViolationError where there is no such job."""
    secret = secrets.mint(PREFIX)
    row = await db.fetchrow(
        f"insert into links (job_id, secret_hash, why, expires_at) values ($1, $2, $3, now() + $4) returning {_SHOWN}",  # noqa: S608
        job_id,
        secrets.digest(secret),
        why,
        LIFETIME,
    )
    assert row is not None
    return NewLink.model_validate({**row, "secret": secret})


async def mint(db: Executor, job_id: UUID, why: str) -> str:
    """Likewise; returns the secret alone, which nobody can read again."""
    return (await create(db, job_id, why)).secret


async def find(db: Executor, secret: str) -> Link | None:
    """The link of this secret, if it is in force; that it was used is kept to the minute."""
    row = await in_force.find(db, "links", _SHOWN, secret)
    return Link.model_validate(dict(row)) if row else None


async def opened(db: Executor, shown: Collection[str]) -> tuple[OpenedJob, ...]:
    """The jobs that these secrets open, the newest first."""
    rows = await db.fetch(
        f"""
        select id as job_id, business_name, created_at from jobs
        where id in (select job_id from links where secret_hash = any($1) and {IN_FORCE}) order by created_at desc, id
        """,  # noqa: S608
        [secrets.digest(secret) for secret in shown],
    )
    return tuple(OpenedJob.model_validate(dict(row)) for row in rows)


async def listed(db: Executor, job_id: UUID) -> tuple[Link, ...]:
    """All links of a job, the newest first, also those that open nothing any more."""
    rows = await db.fetch(f"select {_SHOWN} from links where job_id = $1 order by created_at desc, id", job_id)  # noqa: S608
    return tuple(Link.model_validate(dict(row)) for row in rows)


async def any_revoked(db: Executor, job_id: UUID) -> bool:
    """Whether somebody was shut out of the job: then a new link goes to its customer's mailbox alone."""
    return bool(
        await db.fetchval(
            "select exists (select from links where job_id = $1 and revoked_at is not null)",
            job_id,
        )
    )


async def revoke(db: Executor, link_id: UUID) -> bool:
    """From now on this link opens nothing. False where there is none, or it opened nothing before."""
    revoked = await db.fetchval(
        f"update links set revoked_at = now() where id = $1 and {IN_FORCE} returning id",  # noqa: S608
        link_id,
    )
    return revoked is not None


async def revoke_all(db: Executor, job_id: UUID) -> int:
    """From now on none of the job's links opens anything; returns how many that were."""
    rows = await db.fetch(
        f"update links set revoked_at = now() where job_id = $1 and {IN_FORCE} returning id",  # noqa: S608
        job_id,
    )
    return len(rows)
