"""The activity that raises alerts, with what it looks at and whom it tells in a test's hand."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.alerts import Alerts
from activities.channels import Channel, ChannelFailed
from schema.contracts.alert import AlertEvent, AlertReport, Notice, Word
from schema.contracts.upkeep import Looked
from schema.store.database import Pool

REPEAT = timedelta(hours=4)


class Counted:
    """A queue that holds so many messages, or cannot be read."""

    def __init__(self, messages: int | None = 0) -> None:
        self.messages = messages

    async def depth(self) -> int:
        if self.messages is None:
            raise ConnectionError("no queue at https://queue.example?key=s3cret")
        return self.messages


class Told:
    """A channel that keeps what it is told. While `down` it takes nothing; `slow` is how long it takes, in seconds."""

    def __init__(self, name: str = "told") -> None:
        self.name = name
        self.down = False
        self.slow = 0.0
        self.notices: list[Notice] = []

    async def send(self, notices: Sequence[Notice]) -> None:
        await asyncio.sleep(self.slow)
        if self.down:
            raise ChannelFailed("It is down.")
        self.notices += notices

    @property
    def words(self) -> list[tuple[str, Word]]:
        return [(notice.key, notice.word) for notice in self.notices]


class WithoutBridge(Alerts):
    """Asks no Temporal."""

    async def _look_at_bridge(self) -> list[AlertEvent]:
        return []


class Watch:
    """The activity with two counted queues and no bridge."""

    def __init__(self, pool: Pool, *channels: Channel) -> None:
        self.pool = pool
        self.jobs, self.dead = Counted(), Counted()
        jobs: Any = self.jobs
        dead: Any = self.dead
        nobody: Any = None
        self.alerts = WithoutBridge(pool, nobody, jobs, dead, channels, REPEAT)

    async def look(self, looked: Looked | None = None) -> AlertReport:
        return await ActivityEnvironment().run(self.alerts.raise_alerts, looked or Looked())

    async def later(self, **time: float) -> None:
        """Everything that was written down was written so much earlier."""
        for column in ("first_seen_at", "last_seen_at", "resolved_at"):
            await self.pool.execute(f"update alerts set {column} = {column} - $1::interval", timedelta(**time))
        for column in ("claimed_until", "sent_at"):
            await self.pool.execute(
                f"update alert_deliveries set {column} = {column} - $1::interval", timedelta(**time)
            )
