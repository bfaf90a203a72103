"""What staff did is written down, found again, and never changed."""

import asyncpg
import pytest

from schema.contracts.access import AuditFilter
from schema.store import audit
from schema.store.database import Pool, Seat, open_pool
from tests.factories import staff


async def test_entries_are_found_by_who_what_and_which_the_newest_first(pool: Pool) -> None:
    ana, ben = staff("ana").model_copy(update={"via": "token", "request_id": "r-1"}), staff("ben")
    await audit.write(pool, ana, "action.claim", "1")
    await audit.write(pool, ana, "action.resolve", "1", resolution="retry")
    await audit.write(pool, ben, "job.cancel", "2")

    async def found(**wanted: str) -> list[tuple[str, str]]:
        return [(entry.who, entry.what) for entry in await audit.listed(pool, AuditFilter.model_validate(wanted))]

    assert await found() == [("ben", "job.cancel"), ("ana", "action.resolve"), ("ana", "action.claim")]
    assert await found(who="ben") == await found(target="2") == [("ben", "job.cancel")]
    assert await found(what="action") == [("ana", "action.resolve"), ("ana", "action.claim")]
    assert await found(what="action.claim") == [("ana", "action.claim")]
    assert await found(what="act") == []
    [entry] = await audit.listed(pool, AuditFilter(what="action.resolve"))
    assert (entry.request_id, entry.detail) == ("r-1", {"via": "token", "resolution": "retry"})


@pytest.mark.parametrize("statement", ["update audit set who = 'ben'", "delete from audit", "truncate audit"])
async def test_nobody_changes_them_not_even_the_owner(database_url: str, pool: Pool, statement: str) -> None:
    await audit.write(pool, staff("ana"), "job.cancel", "1")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await pool.execute(statement)
    async with await open_pool(database_url, 1, Seat.STAFF) as api:
        await audit.write(api, staff("ben"), "job.pause", "1")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await api.execute(statement)
    assert await pool.fetchval("select count(*) from audit") == 2
