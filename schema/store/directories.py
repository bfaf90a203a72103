"""`directories`: what may be submitted to. Whose turn it is there is `turns`."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from schema.contracts.directory import Directory, DirectoryEntry
from schema.contracts.job import Tier
from schema.store.database import Executor

_COLUMNS = """id, slug, name, submission_url, domain_authority, priority_tier, category, active, automation,
    accept_terms, interval_ms, daily_cap, lookup, solver_allowed"""


async def import_entries(db: Executor, entries: Sequence[DirectoryEntry]) -> None:
    """Insert or update by slug, all or nothing."""
    await db.execute(
        """
        insert into directories (slug, name, submission_url, domain_authority, priority_tier, category, active,
            automation, accept_terms, interval_ms, daily_cap, lookup, solver_allowed)
        select slug, name, submission_url, domain_authority, priority_tier, category, active, automation,
            accept_terms, interval_ms, daily_cap, lookup, solver_allowed
        from jsonb_to_recordset($1::jsonb) as entry (slug text, name text, submission_url text,
            domain_authority smallint, priority_tier smallint, category text, active boolean, automation text,
            accept_terms boolean, interval_ms integer, daily_cap integer, lookup jsonb,
            solver_allowed boolean)
        on conflict (slug) do update set name = excluded.name, submission_url = excluded.submission_url,
            domain_authority = excluded.domain_authority, priority_tier = excluded.priority_tier,
            category = excluded.category, active = excluded.active, automation = excluded.automation,
            accept_terms = excluded.accept_terms, interval_ms = excluded.interval_ms,
            daily_cap = excluded.daily_cap, lookup = excluded.lookup,
            solver_allowed = excluded.solver_allowed
        """,
        [entry.model_dump(mode="json") for entry in entries],
    )


async def all_directories(db: Executor) -> tuple[Directory, ...]:
    """Every directory, best first."""
    rows = await db.fetch(f"select {_COLUMNS} from directories order by domain_authority desc, slug")  # noqa: S608
    return tuple(Directory.model_validate(dict(row)) for row in rows)


async def eligible(db: Executor, tier: Tier, package_size: int) -> list[tuple[UUID, str]]:
    """(id, slug) of the tier's directories, highest domain authority first, cut at the package size.

    Active ones that let themselves be filled in by a service: nobody pays for one that would only be skipped.
    """
    rows = await db.fetch(
        """
        select id, slug from directories where active and automation <> 'forbidden' and priority_tier <= $1
        order by domain_authority desc, slug limit $2
        """,
        tier.max_priority_tier,
        package_size,
    )
    return [(row["id"], row["slug"]) for row in rows]


async def deliverable(db: Executor, *tiers: Tier) -> tuple[int, ...]:
    """How many directories `eligible` would give a package of each tier now."""
    rows = await db.fetch(
        """
        select least(asked.size, (select count(*) from directories
            where active and automation <> 'forbidden' and priority_tier <= asked.priority_tier))::integer as open
        from unnest($1::integer[], $2::integer[]) with ordinality as asked (priority_tier, size, place) order by place
        """,
        [tier.max_priority_tier for tier in tiers],
        [tier.package_size for tier in tiers],
    )
    return tuple(row["open"] for row in rows)


async def named(db: Executor, slugs: Sequence[str]) -> list[tuple[UUID, str]]:
    """(id, slug) of exactly these directories, highest domain authority first."""
    rows = await db.fetch(
        "select id, slug from directories where slug = any($1) order by domain_authority desc, slug", list(slugs)
    )
    return [(row["id"], row["slug"]) for row in rows]


async def keep_apart(db: Executor, directory_id: UUID, delay: timedelta) -> None:
    """See that visits are at least so far apart. What the operator has set wider stays."""
    await db.execute(
        "update directories set interval_ms = $2 where id = $1 and interval_ms < $2",
        directory_id,
        delay // timedelta(milliseconds=1),
    )


async def unknown_slugs(db: Executor, slugs: Sequence[str]) -> tuple[str, ...]:
    """Those of `slugs` that name no directory, in the order given."""
    known = {row["slug"] for row in await db.fetch("select slug from directories where slug = any($1)", list(slugs))}
    return tuple(slug for slug in slugs if slug not in known)
