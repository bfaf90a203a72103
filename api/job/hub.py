"""Live progress for any number of browsers on one listening connection.

PostgreSQL says that something of a job has changed; how it is now is then read once for all who watch that job, and
made into text once. What is sent are states, never differences, so that to send one again does no harm. Nothing is
asked of Temporal here. While the database is away everybody is told so, and caught up when it is back.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import structlog
from sse_starlette.event import ServerSentEvent

from api.job.feed import Feed, Subscription
from api.job.progress import ProgressService
from schema.store.database import AWAY, Pool

CHANNEL = "directorybolt_events"

_ASKED_EVERY_S = 4.0
"""A listening connection whose other end is gone without a word would be silent for ever."""

_ANSWERS_WITHIN_S = 3.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0

_log = structlog.get_logger(__name__)


class Hub:
    """Who watches what. Within `running`, one connection of the pool listens for all of them."""

    def __init__(self) -> None:
        self._progress: ProgressService | None = None
        self._feeds: dict[UUID, Feed] = {}
        self._ears: set[asyncio.Event] = set()
        self.listening = False

    @contextlib.asynccontextmanager
    async def running(self, pool: Pool, progress: ProgressService) -> AsyncIterator[None]:
        """Listen for the length of the block, also while the database is away at its beginning."""
        self._progress = progress
        listener = asyncio.create_task(self._listen(pool))
        try:
            yield
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
            for feed in tuple(self._feeds.values()):
                await feed.end()

    @contextlib.asynccontextmanager
    async def watch(self, job_id: UUID, since: int | None = None) -> AsyncIterator[Subscription]:
        """What one more client of this job is to be sent; with `since`, it goes on from that `JobView.seq`."""
        assert self._progress is not None, "the hub is not running"
        feed = self._feeds.get(job_id)
        if feed is None or feed.over:
            feed = self._feeds[job_id] = Feed(job_id, self._progress, self._is_listening)
        subscription = feed.join(since)
        try:
            yield subscription
        finally:
            feed.leave(subscription)
            if not feed.watched:
                if self._feeds.get(job_id) is feed:
                    del self._feeds[job_id]
                await feed.end()

    def heartbeat(self, job_id: UUID) -> ServerSentEvent:
        """What to send to those who watch the job when nothing has changed."""
        feed = self._feeds.get(job_id)
        return feed.heartbeat if feed else ServerSentEvent(comment="")

    @contextlib.contextmanager
    def hear(self) -> Iterator[asyncio.Event]:
        """An event that is set when anything of any job changes, and when the listening is lost or found."""
        told = asyncio.Event()
        self._ears.add(told)
        try:
            yield told
        finally:
            self._ears.discard(told)

    def _is_listening(self) -> bool:
        return self.listening

    async def _listen(self, pool: Pool) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                async with pool.acquire(timeout=_ANSWERS_WITHIN_S) as connection:
                    lost = asyncio.Event()

                    def end(*_: object, lost: asyncio.Event = lost) -> None:
                        lost.set()

                    connection.add_termination_listener(end)
                    await connection.add_listener(CHANNEL, self._heard)
                    try:
                        self._set(listening=True)
                        pause_s = _FIRST_PAUSE_S
                        while not await _within(lost, _ASKED_EVERY_S):
                            await connection.fetchval("select 1", timeout=_ANSWERS_WITHIN_S)
                    finally:
                        self._set(listening=False)
                        # One that was lost has no listeners any more; one that hangs would keep us for long.
                        with contextlib.suppress(*AWAY, TimeoutError):
                            connection.remove_termination_listener(end)
                            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                                await connection.remove_listener(CHANNEL, self._heard)
            except Exception as error:
                # Whatever it is, the database may be well again: who stopped here would leave every page deaf for good.
                _log.warning("not listening", error=type(error).__name__, again_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _set(self, *, listening: bool) -> None:
        """What was said while nobody listened is lost: everything is read again."""
        self.listening = listening
        for feed in self._feeds.values():
            feed.wake()
        for told in self._ears:
            told.set()

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        for told in self._ears:
            told.set()
        try:
            word = json.loads(payload)
            feed = self._feeds.get(UUID(word["job_id"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            # An event without a job, or not of ours.
            return
        if feed is not None:
            if word.get("viewers"):
                feed.doubt()
            else:
                feed.wake()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it happens so soon."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
