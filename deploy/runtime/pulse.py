"""The worker's heartbeat: who it is, what it is at and what it has done, written to the database every 20 s.

It watches every activity as an interceptor, and keeps ids and counts only. It is not Temporal's heartbeat of an
activity, which says that one activity lives.
"""

import asyncio
import contextlib
import os
import socket
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import structlog
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.submission import Submitting
from schema.contracts.submission import Standing, SubmissionRef, SubmissionStatus
from schema.contracts.worker import WorkerBeat, WorkerStatus
from schema.store import workers
from schema.store.database import Pool

_EVERY_S = 20

_log = structlog.get_logger(__name__)


class Pulse(Interceptor):
    """One worker process. Give it to each of its Temporal workers."""

    def __init__(self, build_id: str = "") -> None:
        self._id = uuid.uuid4()
        self._build_id = build_id
        self._status = WorkerStatus.STARTING
        self._work: Counter[str] = Counter()
        self._done = self._failed = self._submissions = 0
        self._telling = asyncio.Lock()

    @property
    def beat(self) -> WorkerBeat:
        """What there is to tell now."""
        return WorkerBeat(
            worker_id=self._id,
            host=socket.gethostname(),
            pid=os.getpid(),
            status=self._status,
            build_id=self._build_id,
            work=tuple(sorted(self._work)),
            done=self._done,
            failed=self._failed,
            submissions=self._submissions,
        )

    async def tell(self, pool: Pool, status: WorkerStatus | None = None) -> None:
        """Write a heartbeat, with a new status where given. The work goes on without: `stale_workers` shows it."""
        self._status = status or self._status
        try:
            # One after the other, and each with what holds when its turn comes: the last word is the newest.
            async with self._telling:
                await workers.beat(pool, self.beat)
        except Exception as error:
            _log.warning("heartbeat not written", error=type(error).__name__)

    @contextlib.asynccontextmanager
    async def beating(self, pool: Pool) -> AsyncIterator[None]:
        """Beat for as long as the block lasts, and say goodbye at its end."""

        async def keep_telling() -> None:
            while True:
                await self.tell(pool)
                await asyncio.sleep(_EVERY_S)

        task = asyncio.create_task(keep_telling())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self.tell(pool, WorkerStatus.STOPPED)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Watch(next, self)

    async def watch(self, watched: ActivityInboundInterceptor, execution: ExecuteActivityInput) -> Any:
        """Run the activity, and count it."""
        info = activity.info()
        # Those of a directory's own workflow name their row and nothing else.
        at = {str(info.workflow_id) for value in execution.args if isinstance(value, SubmissionRef)}
        self._work.update(at)
        try:
            result = await watched.execute_activity(execution)
        except Exception:
            # A cancellation is no failure, and no Exception either.
            self._failed += 1
            raise
        finally:
            self._work -= Counter(at)
        self._done += 1
        accepted = isinstance(result, Standing) and result.status is SubmissionStatus.SUBMITTED
        if accepted and info.activity_type == Submitting.submit.__name__:
            self._submissions += 1
        return result


class _Watch(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, pulse: Pulse) -> None:  # noqa: A002
        super().__init__(next)
        self._pulse = pulse

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        return await self._pulse.watch(self.next, input)
