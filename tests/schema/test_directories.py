"""Directories: imported all or nothing, known by slug, and visited no faster than they allow."""

import asyncpg
import pytest

from schema.contracts.directory import Automation
from schema.store import directories
from schema.store.database import Pool
from tests.factories import add_directories, entry


async def test_every_column_of_an_entry_is_stored(pool: Pool) -> None:
    given = entry(
        "alpha",
        name="Café „Süd“, Köln",
        domain_authority=88,
        priority_tier=4,
        category="food, drink",
        active=False,
        automation="allowed",
        accept_terms=False,
        interval_ms=1500,
    )
    await directories.import_entries(pool, [given])
    (stored,) = await directories.all_directories(pool)
    assert stored.model_dump(exclude={"id"}) == given.model_dump()


async def test_a_known_slug_is_changed_and_stays_the_same_directory(pool: Pool) -> None:
    await add_directories(pool, ["alpha", "beta"])
    before = {found.slug: found for found in await directories.all_directories(pool)}
    await directories.import_entries(pool, [entry("alpha", name="New", automation=Automation.FORBIDDEN)])
    after = {found.slug: found for found in await directories.all_directories(pool)}
    assert (after["alpha"].id, after["alpha"].name) == (before["alpha"].id, "New")
    assert after["beta"] == before["beta"]


async def test_an_entry_the_tables_refuse_stops_the_whole_import(pool: Pool) -> None:
    bad = entry("beta").model_copy(update={"priority_tier": 9})
    with pytest.raises(asyncpg.CheckViolationError):
        await directories.import_entries(pool, [entry("alpha"), bad])
    assert await directories.all_directories(pool) == ()


async def test_the_best_comes_first_and_equals_by_name(pool: Pool) -> None:
    for slug, authority in (("delta", 10), ("beta", 50), ("alpha", 50), ("gamma", 90)):
        await add_directories(pool, [slug], domain_authority=authority)
    assert [found.slug for found in await directories.all_directories(pool)] == ["gamma", "alpha", "beta", "delta"]


async def test_unknown_slugs_are_named_in_the_order_given(pool: Pool) -> None:
    await add_directories(pool, ["alpha"])
    assert await directories.unknown_slugs(pool, ["zeta", "alpha", "eta"]) == ("zeta", "eta")
