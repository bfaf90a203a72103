"""What is asked every few seconds or minutes is answered from indexes: it must not read all that there ever was."""

import re
from datetime import timedelta
from typing import Any

import pytest

from schema.store import alerts, archive, drafts, mails, outbox, payments, status, upkeep
from schema.store.database import Connection, Pool

GROWING = "job_results|jobs|actions|outbox|mails|payments|stripe_events|queue_history_y\\w+|drafts|links"
AGE = timedelta(hours=1)


async def sweep(connection: Connection) -> None:
    """Everything that is asked again and again, by workers and by the staff's page."""
    await outbox.take(connection, 10)
    await outbox.unsent(connection)
    await mails.claim(connection)
    await alerts.look(connection)
    for look in (upkeep.long_submitting, upkeep.unasked, upkeep.overdue, upkeep.left_behind, upkeep.called_off):
        await look(connection, AGE)
    await upkeep.claimed(connection)
    await archive.due(connection, AGE)
    await drafts.stale(connection, AGE)
    await payments.of_session(connection, "cs_test_1")
    await status.outbox_figures(connection)
    await status.work_figures(connection)
    await status.action_figures(connection)
    await status.payment_figures(connection)
    await status.mail_figures(connection)


@pytest.fixture
async def asked(pool: Pool) -> list[tuple[str, tuple[Any, ...]]]:
    """Every statement of a sweep, with its arguments."""
    queries: list[tuple[str, tuple[Any, ...]]] = []

    def hear(record: Any) -> None:
        queries.append((record.query, record.args))

    async with pool.acquire() as connection:
        with connection.query_logger(hear):
            await sweep(connection)
    return queries


async def test_nothing_that_is_asked_again_and_again_reads_a_whole_table(
    pool: Pool, asked: list[tuple[str, tuple[Any, ...]]]
) -> None:
    assert len(asked) > 15
    async with pool.acquire() as connection, connection.transaction():
        # Tables as small as these are read whole unless that is forbidden; where no index serves, they are even then.
        await connection.execute("set local enable_seqscan = off")
        for query, arguments in asked:
            plan = "\n".join(row[0] for row in await connection.fetch(f"explain {query}", *arguments))
            assert not re.search(rf"Seq Scan on ({GROWING})\b", plan), f"{query}\n{plan}"
