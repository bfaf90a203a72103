"""Alerts: one look at database, queues and bridge, and a word to staff about what is new, still so, or over.

Safe to run twice at once and as often as one likes: the database decides who says what.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from temporalio import activity

from activities.boundary import boundary, scrub
from activities.channels import Channel, ChannelFailed
from activities.queues import Queue
from schema.contracts.alert import AlertEvent, AlertReport, ChannelResult, DeadLetters, QueueDepth
from schema.failures import FailureType
from schema.store import alerts
from schema.store.alerts import Claim
from schema.store.database import Pool

_DEEP = 100
"""More messages than that in the queue are an alert."""

_log = structlog.get_logger(__name__)


class Alerts:
    """Looks, and tells. A channel that does not answer delays only itself."""

    def __init__(
        self, pool: Pool, jobs: Queue, dead_letters: Queue, channels: Sequence[Channel], repeat_after: timedelta
    ) -> None:
        self._pool = pool
        self._jobs = jobs
        self._dead_letters = dead_letters
        self._channels = channels
        self._repeat_after = repeat_after

    @activity.defn
    async def raise_alerts(self) -> AlertReport:
        """One look. What a channel could not be told now, the next look tells it."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            events = list(await alerts.look(self._pool))
            unknown: list[str] = []
            try:
                events += await self._look_at_queues()
            except Exception as error:
                # The other conditions are not to suffer for it, and this one is not over because nobody can see it.
                _log.warning("cannot look at the queues", error=scrub(repr(error)))
                unknown += ["queue_depth", "dlq_not_empty"]
            await alerts.observe(self._pool, events, unknown)
            claims = await alerts.claim(self._pool, [channel.name for channel in self._channels], self._repeat_after)
            told = await asyncio.gather(*(self._tell(channel, claims) for channel in self._channels))
            return AlertReport(holding=len(events), channels=tuple(told))

    async def _look_at_queues(self) -> list[AlertEvent]:
        depth, dead = await asyncio.gather(self._jobs.depth(), self._dead_letters.depth())
        found: list[AlertEvent] = []
        if depth > _DEEP:
            found.append(QueueDepth(messages=depth))
        if dead:
            found.append(DeadLetters(messages=dead))
        return found

    async def _tell(self, channel: Channel, claims: Sequence[Claim]) -> ChannelResult:
        own = [claim for claim in claims if claim.channel == channel.name]
        if not own:
            return ChannelResult(channel=channel.name)
        try:
            await channel.send([claim.notice for claim in own])
        except ChannelFailed as error:
            _log.warning("alerts not sent", channel=channel.name, error=str(error))
            await alerts.settle(self._pool, own, sent=False)
            return ChannelResult(channel=channel.name, error=str(error))
        await alerts.settle(self._pool, own, sent=True)
        return ChannelResult(channel=channel.name, sent=len(own))
