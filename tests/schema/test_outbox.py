"""The outbox: what was promised in a transaction is taken once, in order, and again where it led to nothing."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from schema.contracts.job import Tier
from schema.contracts.queue import JobMessage
from schema.store import jobs, outbox
from schema.store.database import Pool
from tests.factories import PROFILE, add_directories, add_job


async def jobs_in_order(pool: Pool, number: int) -> list[UUID]:
    """Oldest first, which is not the order in which they were written."""
    await add_directories(pool, ["alpha"])
    made = [await add_job(pool) for _ in range(number)]
    for minutes, job_id in enumerate(made):
        await pool.execute(
            "update outbox set created_at = now() - make_interval(mins => $1) where job_id = $2", minutes, job_id
        )
    return made[::-1]


async def take(pool: Pool, limit: int = 10) -> list[UUID]:
    """What a relay would send now; it is marked as sent."""
    async with pool.acquire() as connection, connection.transaction():
        batch = await outbox.take(connection, limit)
        await outbox.mark_sent(connection, [outbox_id for outbox_id, _ in batch])
        return [message.job_id for _, message in batch]


async def age(pool: Pool, seconds: float) -> None:
    await pool.execute("update outbox set sent_at = sent_at - make_interval(secs => $1)", seconds)


async def test_messages_leave_oldest_first_and_once(pool: Pool) -> None:
    made = await jobs_in_order(pool, 3)
    assert await take(pool, 2) == made[:2]
    assert await take(pool, 2) == made[2:]
    assert await take(pool) == []


async def test_a_relay_that_dies_before_it_has_sent_leaves_the_row_to_the_next(pool: Pool) -> None:
    (job_id,) = await jobs_in_order(pool, 1)
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        assert len(await outbox.take(connection, 10)) == 1
        await transaction.rollback()
    assert await take(pool) == [job_id]


async def test_relays_at_once_share_the_rows(pool: Pool) -> None:
    made = await jobs_in_order(pool, 12)
    shares: Sequence[list[UUID]] = await asyncio.gather(*(take(pool, 4) for _ in range(3)))
    later = [job_id for _ in range(3) for job_id in await take(pool, 4)]
    assert sorted([job_id for share in shares for job_id in share] + later) == sorted(made)


async def test_what_led_to_nothing_is_sent_again_ever_later_and_at_last_no_more(still: Pool) -> None:
    (job_id,) = await jobs_in_order(still, 1)
    assert await take(still) == [job_id]
    for patience in (30, 2 * 60, 8 * 60, 32 * 60):
        await age(still, patience)
        assert await take(still) == [], f"sent again before {patience} s"
        await age(still, 1)
        assert await take(still) == [job_id], f"not sent again after {patience} s"
    await age(still, 30 * 24 * 3600)
    assert await take(still) == []


@pytest.mark.parametrize("status", ["in_progress", "completed", "failed", "cancelled"])
async def test_what_led_to_a_job_at_work_is_not_sent_again(pool: Pool, status: str) -> None:
    await jobs_in_order(pool, 1)
    await take(pool)
    await age(pool, 3600)
    await pool.execute("update jobs set status = $1", status)
    assert await take(pool) == []


async def test_what_another_front_end_has_added_to_a_message_travels_on(pool: Pool) -> None:
    message = JobMessage.model_validate(
        {
            "job_id": uuid4(),
            "customer_id": uuid4(),
            "package_size": 50,
            "priority": "pro",
            "created_at": datetime.now(UTC),
            "campaign": {"code": "spring"},
        }
    )
    async with pool.acquire() as connection, connection.transaction():
        await jobs.take_in(connection, message, Tier.PROFESSIONAL, PROFILE, None)
    async with pool.acquire() as connection, connection.transaction():
        ((_, taken),) = await outbox.take(connection, 1)
    assert taken == message
    assert taken.model_extra == {"campaign": {"code": "spring"}}
