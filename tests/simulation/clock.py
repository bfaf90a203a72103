"""One clock for workflows and ledger: PostgreSQL's `now()` follows the virtual time of the server that skips it.

The schema `simulated` has a `now()` of its own, which reads a table with one row. In front of `pg_catalog` on a
connection's search path it is what every unqualified `now()` means, in queries and in functions alike; column defaults
were bound when they were made, and keep real time.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from schema.store.database import Pool, open_pool

CONNECTIONS = 40


async def open_simulated(database_url: str) -> Pool:
    """A pool whose `now()` is virtual."""
    async with await open_pool(database_url, 1) as real:
        await real.execute(
            """
            create schema simulated;
            create table simulated.clock (at timestamptz not null);
            insert into simulated.clock values ('-infinity');
            create function simulated.now() returns timestamptz language sql stable as 'select at from simulated.clock';
            """
        )
    # What is simulated need not reach the disk.
    options = "search_path=simulated,public,pg_catalog&synchronous_commit=off"
    return await open_pool(f"{database_url}{'&' if '?' in database_url else '?'}{options}", CONNECTIONS)


class Clock:
    """The virtual time, as far as any activity or the tests themselves have seen it. It never goes back."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self.now = datetime.min.replace(tzinfo=UTC)
        self.worked_at = time.monotonic()
        """Real time at which anybody's work has last begun: people's calendar goes on without."""

    async def reach(self, moment: datetime) -> None:
        """It is at least so late."""
        async with self._lock:
            if moment > self.now:
                await self._pool.execute("update simulated.clock set at = $1", moment)
                self.now = moment


class TellsTime(Interceptor):
    """Before each activity, the ledger's clock is set to when the server started it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _TellsTime(next, self._clock)


class _TellsTime(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, clock: Clock) -> None:  # noqa: A002
        super().__init__(next)
        self._clock = clock

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        info = activity.info()
        if info.activity_type != "conduct":
            self._clock.worked_at = time.monotonic()
        await self._clock.reach(info.started_time)
        return await super().execute_activity(input)
