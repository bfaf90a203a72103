"""`drafts`: what customers type before paying. Whoever bears a draft's secret is its customer; nobody else finds it."""

from datetime import timedelta
from uuid import UUID

from asyncpg import Record

from schema import secrets
from schema.contracts.draft import Draft, TypedProfile
from schema.contracts.job import Tier
from schema.store.database import Executor

_COLUMNS = """id, tier, profile, logo <> '' as has_logo, version, updated_at,
    (select checkout_session_id from payments where draft_id = drafts.id and status in ('processing', 'paid')
        order by created_at desc limit 1) as ordered"""


async def find(db: Executor, secret: str) -> Draft | None:
    """The draft of this secret, if there is one."""
    row = await db.fetchrow(
        f"select {_COLUMNS} from drafts where secret_hash = $1",  # noqa: S608 - columns are this module's own
        secrets.digest(secret),
    )
    return _draft(row) if row else None


async def create(db: Executor, secret: str, tier: Tier) -> Draft:
    """A new, empty draft."""
    row = await db.fetchrow(
        f"insert into drafts (secret_hash, tier) values ($1, $2) returning {_COLUMNS}",  # noqa: S608
        secrets.digest(secret),
        tier,
    )
    assert row is not None
    return _draft(row)


async def save(db: Executor, draft_id: UUID, tier: Tier, profile: TypedProfile) -> Draft | None:
    """Keep it as typed now; None where it has been deleted. Only what differs makes a new version."""
    row = await db.fetchrow(
        f"""
        update drafts set tier = $2, profile = $3,
            version = version + ((tier, profile) is distinct from ($2, $3::jsonb))::integer
        where id = $1 returning {_COLUMNS}
        """,  # noqa: S608
        draft_id,
        tier,
        profile.model_dump(mode="json"),
    )
    return _draft(row) if row else None


async def logo(db: Executor, draft_id: UUID) -> str:
    """The logo as a `data:` URL; "" where there is none."""
    return await db.fetchval("select logo from drafts where id = $1", draft_id) or ""


async def save_logo(db: Executor, draft_id: UUID, logo: str) -> None:
    """Keep another logo; "" for none."""
    await db.execute(
        "update drafts set logo = $2, version = version + (logo is distinct from $2)::integer where id = $1",
        draft_id,
        logo,
    )


async def consent(db: Executor, draft_id: UUID) -> None:
    """The customer authorises us to act for them, and confirms what is written, as of now."""
    await db.execute("update drafts set consented_at = now() where id = $1", draft_id)


async def delete(db: Executor, draft_id: UUID) -> None:
    """Forget it. What has been ordered of it stays with its payment."""
    await db.execute("delete from drafts where id = $1", draft_id)


async def stale(db: Executor, age: timedelta) -> tuple[UUID, ...]:
    """Drafts that nobody has changed for so long."""
    rows = await db.fetch("select id from drafts where updated_at < now() - $1::interval order by updated_at", age)
    return tuple(row["id"] for row in rows)


async def delete_stale(db: Executor, draft_id: UUID, age: timedelta) -> bool:
    """Delete one that is still as old; False where its customer came back in between."""
    return bool(
        await db.fetchval(
            "delete from drafts where id = $1 and updated_at < now() - $2::interval returning true", draft_id, age
        )
    )


def _draft(row: Record) -> Draft:
    return Draft.model_validate(dict(row))
