"""How the service is, for staff: every part looked at by itself, all at once, and never more often than need be.

However many pages are open, a part is looked at once at a time, and again only when its figure is old. A part that
does not answer is not waited for: it is told of with its last figure, how old that is, and one sentence of our own.
What is looked at is in `schema.store.status`; nothing here decides anything about a job.
"""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

import structlog

from api.gateway import WorkflowGateway
from api.patience import within
from api.staff import judgement
from schema.contracts.action import Action, ActionFilter
from schema.contracts.status import (
    Answering,
    FeedEntry,
    JobLine,
    Part,
    PartHealth,
    QueueFigures,
    QueueStatus,
    StatusOverview,
)
from schema.store import actions, alerts, status, status_lists
from schema.store.database import AWAY, Connection, Pool

_PATIENCE_S = 1.5
"""The longest that anybody waits for a part."""

_GIVEN_UP_S = 8.0
"""The longest that a look goes on behind their backs."""

_FRESH_S = 1.0
_HEAVY_S = 10.0
"""How old a figure may be before the next who asks has it looked at anew; those that count a whole week, longer."""

_AT_ONCE = 4
"""Connections that status takes of the pool at most, whatever is asked: the customers come first."""

_SHOWN_JOBS = 12
_SHOWN_EVENTS = 40
_SHOWN_ACTIONS = 8

T = TypeVar("T")
_log = structlog.get_logger(__name__)

Judge = Callable[[T], tuple[PartHealth, str]]


class Depth(Protocol):
    """One queue, as far as it is counted."""

    @property
    def name(self) -> str: ...

    async def depth(self) -> int: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Queues:
    """The queue of paid jobs, and where its messages go that nobody could handle."""

    jobs: Depth
    dead_letters: Depth


class Watched(Generic[T]):
    """One part: its last figure, and the look that is under way, if one is."""

    def __init__(
        self, name: str, server: str, look: Callable[[], Awaitable[T]], judge: Judge[T], *, heavy: bool = False
    ) -> None:
        self._name, self._server, self._look, self._judge, self._heavy = name, server, look, judge, heavy
        self._figure: T | None = None
        self._figure_at: float | None = None
        self._looked_at = float("-inf")
        self._error = ""
        self._running: asyncio.Task[None] | None = None
        self._began_at = 0.0

    def begin(self) -> None:
        """See that a look is under way, unless the figure is fresh."""
        now = time.monotonic()
        fresh_s = _HEAVY_S if self._heavy else _FRESH_S
        if self._running is None and now - self._looked_at >= fresh_s:
            self._began_at = now
            self._running = asyncio.create_task(self._try())

    def doubt(self) -> None:
        """The figure counts as old from now on."""
        self._looked_at = float("-inf")

    async def read(self) -> Part[T]:
        """The part as it is now, within a second and a half. Never raises."""
        self.begin()
        return await self.settled()

    async def settled(self) -> Part[T]:
        """As the look that is under way finds it, or the last one did."""
        # Nobody waits for a count of the whole week where there is one of seconds ago.
        if self._running is not None and not (self._heavy and self._figure is not None):
            # Waited for, never cancelled: a cancelled query of a database that hangs hangs too.
            left = self._began_at + _PATIENCE_S - time.monotonic()
            await asyncio.wait({self._running}, timeout=max(0.0, left))
        return self._told()

    async def _try(self) -> None:
        try:
            async with asyncio.timeout(_GIVEN_UP_S):
                self._figure = await self._look()
            self._figure_at, self._error = time.monotonic(), ""
        except TimeoutError:
            self._error = f"{self._server} has not answered within {_GIVEN_UP_S:.0f} s."
        except Exception as error:
            # Its text may hold an address with a password, or words of a page.
            _log.warning("status not known", part=self._name, error=type(error).__name__)
            self._error = (
                f"{self._server} cannot be reached."
                if isinstance(error, (*AWAY, RuntimeError)) or self._server != "PostgreSQL"
                else f"{self._server} has refused the question ({type(error).__name__})."
            )
        finally:
            self._looked_at, self._running = time.monotonic(), None

    def _told(self) -> Part[T]:
        now = time.monotonic()
        age = round(now - self._figure_at, 1) if self._figure_at is not None else None
        late = self._running is not None and now - self._began_at >= _PATIENCE_S
        error = self._error or (f"{self._server} has not answered within {now - self._began_at:.1f} s." if late else "")
        if error or self._figure is None:
            return Part(health=PartHealth.FAILED, error=error, age_s=age, figure=self._figure)
        health, said = self._judge(self._figure)
        return Part(health=health, error=said, age_s=age, figure=self._figure)


class StatusBoard:
    """Everything that staff look at. One per process: what it remembers is for all who ask."""

    def __init__(self, pool: Pool, gateway: WorkflowGateway, queues: Queues | None) -> None:
        self._pool = pool
        self._gateway = gateway
        self._queues = queues
        self._few = asyncio.Semaphore(_AT_ONCE)
        self.database = self._counted("database", self._database, judgement.well)
        self.temporal = Watched[Answering]("temporal", "Temporal", self._temporal, judgement.well)
        self.queue = Watched[QueueFigures]("queue", "SQS", self._depths, judgement.queue)
        self.outbox = self._counted("outbox", status.outbox_figures, judgement.outbox)
        self.jobs = self._counted("jobs", status.job_figures, judgement.jobs)
        self.work = self._counted("work", status.work_figures, judgement.work, heavy=True)
        self.directories = self._counted("directories", status_lists.directories, judgement.directories, heavy=True)
        self.workers = self._counted("workers", status.worker_figures, judgement.workers)
        self.breakers = self._counted("breakers", alerts.open_breakers, judgement.breakers)
        self.actions = self._counted("actions", status.action_figures, judgement.actions)
        self.payments = self._counted("payments", status.payment_figures, judgement.payments, heavy=True)
        self.mails = self._counted("mails", status.mail_figures, judgement.mails)
        self.live_jobs: Watched[tuple[JobLine, ...]] = self._counted(
            "live_jobs", lambda db: status_lists.live_jobs(db, _SHOWN_JOBS), judgement.well
        )
        self.feed: Watched[tuple[FeedEntry, ...]] = self._counted(
            "feed", lambda db: status_lists.feed(db, _SHOWN_EVENTS), judgement.well
        )
        self.open_actions: Watched[tuple[Action, ...]] = self._counted(
            "open_actions", lambda db: actions.listed(db, ActionFilter(limit=_SHOWN_ACTIONS)), judgement.well
        )

    @property
    def _overview(self) -> tuple[Watched[Any], ...]:
        return (
            self.database,
            self.temporal,
            self.queue,
            self.outbox,
            self.jobs,
            self.work,
            self.directories,
            self.workers,
            self.breakers,
            self.actions,
            self.payments,
            self.mails,
        )

    async def overview(self) -> StatusOverview:
        """The whole service, within two seconds, whatever is down."""
        for part in self._overview:
            part.begin()
        parts: dict[str, Part[Any]] = {
            "database": await self.database.settled(),
            "temporal": await self.temporal.settled(),
            "queue": await self.queue.settled(),
            "outbox": await self.outbox.settled(),
            "jobs": await self.jobs.settled(),
            "work": await self.work.settled(),
            "directories": await self.directories.settled(),
            "workers": await self.workers.settled(),
            "breakers": await self.breakers.settled(),
            "actions": await self.actions.settled(),
            "payments": await self.payments.settled(),
            "mails": await self.mails.settled(),
        }
        return StatusOverview.model_validate(
            {**parts, "at": datetime.now(UTC), "health": judgement.worst(part.health for part in parts.values())}
        )

    async def queue_status(self) -> QueueStatus:
        """The way of a paid job to its workflow."""
        self.queue.begin()
        return QueueStatus(at=datetime.now(UTC), outbox=await self.outbox.read(), queue=await self.queue.settled())

    def doubt(self) -> None:
        """What is remembered may be out of date, by something done here: whoever asks next has it looked at anew."""
        for part in (*self._overview, self.live_jobs, self.feed, self.open_actions):
            part.doubt()

    async def ask(self, look: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        """What is asked of the database for one request alone. Raises TimeoutError, and what the query raises."""

        async def asked() -> T:
            async with self._pool.acquire(timeout=_PATIENCE_S) as connection:
                return await look(connection)

        return await within(2 * _PATIENCE_S, asked())

    def _counted(
        self, name: str, look: Callable[[Connection], Awaitable[T]], judge: Judge[T], *, heavy: bool = False
    ) -> Watched[T]:
        async def ask() -> T:
            # With a time of its own for the way back into the pool: a connection that hangs is thrown away.
            async with self._few, self._pool.acquire(timeout=_PATIENCE_S) as connection:
                async with asyncio.timeout(_GIVEN_UP_S / 2):
                    return await look(connection)

        return Watched(name, "PostgreSQL", ask, judge, heavy=heavy)

    async def _database(self, db: Connection) -> Answering:
        began = time.monotonic()
        await db.execute("select 1")
        return Answering(answer_ms=_ms_since(began))

    async def _temporal(self) -> Answering:
        began = time.monotonic()
        await self._gateway.check()
        return Answering(answer_ms=_ms_since(began))

    async def _depths(self) -> QueueFigures:
        if self._queues is None:
            raise RuntimeError("no queue is wired")
        queue, dead = self._queues.jobs, self._queues.dead_letters
        waiting, dead_letters = await asyncio.gather(queue.depth(), dead.depth())
        return QueueFigures(queue=queue.name, waiting=waiting, dead_letter_queue=dead.name, dead_letters=dead_letters)


def _ms_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)
