"""One job as those who watch it are told of it: read once for all of them, and made into text once."""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from enum import Enum
from uuid import UUID

import structlog
from sse_starlette.event import ServerSentEvent

from api.job.progress import Changes, ProgressService
from schema.contracts.progress import Connection, ConnectionState, JobView, StreamEvent
from schema.store.database import AWAY

HEARTBEAT_S = 5
"""Who hears nothing for twice as long says so: of a server that hangs nobody is told otherwise."""

_LEAST_PAUSE_S = 0.1
"""Of a job that changes faster, several changes are told at once."""

_REFRESH_S = 20.0
"""So often a job that is watched is read as a whole: what changes by time alone is announced by nobody."""

_DEAF_REFRESH_S = 3.0
"""So often it is read while nothing can be announced."""

_READ_WITHIN_S = 8.0
_MOST_BEHIND = 100
"""Batches that a slow client may be behind before it is let go: it comes again, and is told how things are then."""

_log = structlog.get_logger(__name__)


class Note(Enum):
    """What a subscription may hold besides batches: somebody may have lost the right to look; it is over."""

    DOUBT = "doubt"
    END = "end"


class Subscription:
    """What one client is still to be sent."""

    def __init__(self, since: int | None) -> None:
        self.since = since
        self.caught_up = False
        self._items: asyncio.Queue[bytes | Note] = asyncio.Queue()
        self._over = False

    def put(self, item: bytes | Note) -> None:
        """Never waits: who is too far behind is let go."""
        if self._items.qsize() >= _MOST_BEHIND:
            self._over = True
        if not self._over:
            self._items.put_nowait(item)

    async def next(self) -> bytes | Note:
        """The next batch of events; END when there are no more."""
        return Note.END if self._over else await self._items.get()


class Feed:
    """Follows a job for as long as somebody watches. `listening` says whether its changes are announced to us."""

    def __init__(self, job_id: UUID, progress: ProgressService, listening: Callable[[], bool]) -> None:
        self._job_id = job_id
        self._progress = progress
        self._listening = listening
        self._subscriptions: set[Subscription] = set()
        self._woken = asyncio.Event()
        self._job: JobView | None = None
        self._directories: dict[str, str] = {}
        self._whole_at = -math.inf
        self._state: ConnectionState | None = None
        self.over = False
        self._following = asyncio.create_task(self._follow())

    @property
    def watched(self) -> bool:
        return bool(self._subscriptions)

    @property
    def heartbeat(self) -> ServerSentEvent:
        """How the connection is, said although nothing has changed."""
        return _state(self._state or ConnectionState.RECONNECTING)

    def join(self, since: int | None) -> Subscription:
        """One more client: it is told how the job is, or what has changed since, and then whatever changes."""
        subscription = Subscription(since)
        self._subscriptions.add(subscription)
        if self._state is not None:
            subscription.put(_state(self._state).encode())
        if since is None and self._job is not None:
            subscription.caught_up = True
            subscription.put(self._snapshot(self._job))
        else:
            self._woken.set()
        return subscription

    def leave(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)

    def wake(self) -> None:
        """Something of the job has changed."""
        self._woken.set()

    def doubt(self) -> None:
        """Somebody who watches may have lost the right to."""
        self._tell(Note.DOUBT)

    async def end(self) -> None:
        """Let everybody go."""
        self._following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._following

    async def _follow(self) -> None:
        try:
            while True:
                self._woken.clear()
                await self._look()
                await asyncio.sleep(_LEAST_PAUSE_S)
                with contextlib.suppress(TimeoutError):
                    live = self._state is ConnectionState.LIVE
                    await asyncio.wait_for(self._woken.wait(), _REFRESH_S if live else _DEAF_REFRESH_S)
        except Exception as error:
            _log.error("progress is not told any more", job_id=str(self._job_id), exc_info=error)
        finally:
            self.over = True
            self._tell(Note.END)

    async def _look(self) -> None:
        # Asked before it is read: what changes while nobody listens is found by the next look.
        listening = self._listening()
        if not listening:
            # A database that hangs is not waited for before it is said.
            self._set(ConnectionState.RECONNECTING)
        try:
            async with asyncio.timeout(_READ_WITHIN_S):
                await self._read()
        except (*AWAY, TimeoutError) as error:
            _log.warning("progress not read", job_id=str(self._job_id), error=type(error).__name__)
            self._set(ConnectionState.RECONNECTING)
        else:
            self._set(ConnectionState.LIVE if listening else ConnectionState.RECONNECTING)

    async def _read(self) -> None:
        now = time.monotonic()
        whole = self._job is None or now - self._whole_at >= _REFRESH_S
        changes = await self._progress.changes(self._job_id, self._job.seq if self._job and not whole else None)
        if changes is None:
            raise LookupError("There is no such job.")
        if changes.all:
            self._whole_at = now
            # A link may have run out, or a session ended.
            self._tell(Note.DOUBT)
        batch = self._take(changes)
        if batch:
            self._tell(batch, caught_up=True)
        for subscription in tuple(self._subscriptions):
            if not subscription.caught_up:
                await self._catch_up(subscription, changes.job)

    def _take(self, changes: Changes) -> bytes:
        """What is new of it, as events; the job comes last, with the number from which one may go on."""
        events: list[bytes] = []
        for directory in changes.directories:
            text = directory.model_dump_json()
            if self._directories.get(directory.slug) != text:
                self._directories[directory.slug] = text
                events.append(_event(StreamEvent.DIRECTORY, text))
        before, self._job = self._job, changes.job
        if events or before is None or before.model_copy(update={"seq": changes.job.seq}) != changes.job:
            events.append(_event(StreamEvent.JOB, changes.job.model_dump_json(), changes.job.seq))
        return b"".join(events)

    async def _catch_up(self, subscription: Subscription, job: JobView) -> None:
        since = subscription.since
        changes = await self._progress.changes(self._job_id, since) if since is not None else None
        if changes is None or changes.all:
            subscription.put(self._snapshot(job))
        else:
            events = [_event(StreamEvent.DIRECTORY, shown.model_dump_json()) for shown in changes.directories]
            events.append(_event(StreamEvent.JOB, changes.job.model_dump_json(), changes.job.seq))
            subscription.put(b"".join(events))
        subscription.caught_up = True

    def _snapshot(self, job: JobView) -> bytes:
        """A `Snapshot` of what was read last."""
        directories = ",".join(self._directories.values())
        return _event(StreamEvent.SNAPSHOT, f'{{"job":{job.model_dump_json()},"directories":[{directories}]}}', job.seq)

    def _set(self, state: ConnectionState) -> None:
        if state is not self._state:
            self._state = state
            self._tell(_state(state).encode())

    def _tell(self, item: bytes | Note, *, caught_up: bool = False) -> None:
        for subscription in self._subscriptions:
            if subscription.caught_up or not caught_up:
                subscription.put(item)


def _event(kind: StreamEvent, text: str, number: int | None = None) -> bytes:
    """One event as it goes over the wire. `number` is where a client that has seen it may go on."""
    return ServerSentEvent(text, event=kind, id=str(number) if number is not None else None).encode()


def _state(state: ConnectionState) -> ServerSentEvent:
    return ServerSentEvent(Connection(state=state, heartbeat_s=HEARTBEAT_S).model_dump_json(), event=StreamEvent.STATE)
