"""Alerts: one look at database, queues and bridge, and a word to staff about what is new, still so, or over.

Safe to run twice at once and as often as one likes: the database decides who says what.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.client import Client

from activities.boundary import boundary, scrub
from activities.channels import Channel, ChannelFailed
from activities.executions import look_at
from activities.queues import Queue
from schema import ids
from schema.contracts.alert import (
    AlertEvent,
    AlertReport,
    BridgeStopped,
    ChannelResult,
    DeadLetters,
    QueueDepth,
    UpkeepReported,
)
from schema.contracts.explanation import WorkflowState
from schema.contracts.upkeep import Looked, Task
from schema.failures import FailureType
from schema.store import alerts
from schema.store.alerts import Claim
from schema.store.database import Pool

_DEEP = 100
"""More messages than that in the queue are an alert."""

_PATIENCE_S = 30.0
"""For one channel, in seconds: the activity has a minute, and the claims two."""

_OTHERWISE_TOLD = (Task.WORKERS, Task.MAILS, Task.ARTIFACTS)
"""Workers and mails have alerts of their own; what of others lies in a shared bucket is no trouble."""

_NOTHING = Looked()

_log = structlog.get_logger(__name__)


class Alerts:
    """Looks, and tells. A channel that does not answer delays only itself."""

    def __init__(
        self,
        pool: Pool,
        client: Client,
        jobs: Queue,
        dead_letters: Queue,
        channels: Sequence[Channel],
        repeat_after: timedelta,
    ) -> None:
        self._pool = pool
        self._client = client
        self._jobs = jobs
        self._dead_letters = dead_letters
        self._channels = channels
        self._repeat_after = repeat_after
        self._looks: dict[Callable[[], Awaitable[list[AlertEvent]]], tuple[str, ...]] = {
            self._look_at_queues: ("queue_depth", "dlq_not_empty"),
            self._look_at_bridge: ("bridge_stopped",),
        }

    @activity.defn
    async def raise_alerts(self, looked: Looked = _NOTHING) -> AlertReport:
        """One look, and what the pass of upkeep reports that this is the end of: what other passes look after stays
        as it is. What a channel could not be told now, the next look tells it.
        """
        with boundary(FailureType.STORE_UNAVAILABLE):
            events = [*await alerts.look(self._pool), *_reported(looked)]
            unknown = [f"upkeep:{task}" for task in Task if task not in looked.tasks]
            for look, kinds in self._looks.items():
                try:
                    events += await look()
                except Exception as error:
                    # The others are not to suffer for it, and a state is not over because nobody can see it.
                    _log.warning("cannot look", kinds=kinds, error=scrub(repr(error)))
                    unknown += kinds
            await alerts.observe(self._pool, events, unknown)
            await alerts.forget(self._pool)
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

    async def _look_at_bridge(self) -> list[AlertEvent]:
        """It sleeps only while its breaker is open: else it is at its activity, or between two of them."""
        workflow_id = ids.bridge_workflow_id(1)
        bridge = await look_at(self._client, workflow_id, timers=False)
        if bridge.state is not WorkflowState.RUNNING:
            return [BridgeStopped(workflow_id=workflow_id)]
        if bridge.activities:
            return []
        bridge = await look_at(self._client, workflow_id)
        return [BridgeStopped(workflow_id=workflow_id, probe_at=timer.fires_at) for timer in bridge.timers]

    async def _tell(self, channel: Channel, claims: Sequence[Claim]) -> ChannelResult:
        own = [claim for claim in claims if claim.channel == channel.name]
        if not own:
            return ChannelResult(channel=channel.name)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await channel.send([claim.notice for claim in own])
        except Exception as error:
            # Anything else than the channel's own word could hold its address.
            reason = str(error) if isinstance(error, ChannelFailed) else type(error).__name__
            _log.warning("alerts not sent", channel=channel.name, error=reason)
            await alerts.settle(self._pool, own, sent=False)
            return ChannelResult(channel=channel.name, error=reason)
        await alerts.settle(self._pool, own, sent=True)
        return ChannelResult(channel=channel.name, sent=len(own))


def _reported(looked: Looked) -> list[UpkeepReported]:
    return [
        UpkeepReported(
            task=finding.task, what=finding.what, count=finding.count, subject=next(iter(finding.subjects), "")
        )
        for finding in looked.reported
        if finding.task not in _OTHERWISE_TOLD
    ]
