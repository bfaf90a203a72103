"""What breaks, and who puts it right: one method per fault, and the supervisor that production has as well.

Everything is done to the parts from outside, as a bad night would: nothing here knows what the service is doing.
"""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
import psutil

from deploy.local.parts import Piece
from deploy.local.process import PartFailed
from deploy.local.queues import ensure_bucket, ensure_queues
from schema.store.database import AWAY
from tests.chaos.story import Fault, Trouble
from tests.chaos.wire import Wire
from tests.e2e.street import Street
from tests.processes import descendants, is_browser, is_page, kill

_PAUSE_S = 0.5


@dataclass(slots=True)
class Havoc:
    """Breaks parts of a running street. `ends` is when each fault was over (epoch seconds), by its kind.

    `deserted` names the parts that ended without having been told to.
    """

    street: Street
    wire: Wire
    ends: list[tuple[Fault, float]] = field(default_factory=list)
    deserted: list[PartFailed] = field(default_factory=list)
    _broken: set[str] = field(default_factory=set)
    """Parts that somebody is putting right already."""
    _repairs: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def cause(self, trouble: Trouble) -> None:
        """The fault from its beginning until all is whole again."""
        # A worker that has just ended by itself cannot be harmed further.
        with contextlib.suppress(KeyError, psutil.NoSuchProcess):
            await self._how(trouble.fault)(trouble)
        self.ends.append((trouble.fault, time.time()))

    @contextlib.asynccontextmanager
    async def supervised(self) -> AsyncIterator[None]:
        """While the block lasts, whatever ends by itself is started again."""
        keeper = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper

    def _how(self, fault: Fault) -> Callable[[Trouble], Awaitable[None]]:
        match fault:
            case Fault.WORKER_KILLED | Fault.POSTGRES_KILLED | Fault.TEMPORAL_KILLED | Fault.SQS_KILLED:
                return self._kill
            case Fault.POSTGRES_RESTARTED | Fault.TEMPORAL_RESTARTED | Fault.SQS_RESTARTED:
                return self._restart
            case Fault.WORKER_FROZEN:
                return self._freeze
            case Fault.BROWSER_KILLED:
                return self._kill_browser
            case Fault.PAGE_CRASHED:
                return self._crash_page
            case Fault.BACKENDS_TERMINATED:
                return self._terminate_backends
            case Fault.CONNECTIONS_CUT:
                return self._cut

    async def _kill(self, trouble: Trouble) -> None:
        """SIGKILL to the one process: what it had started finds that out by itself."""
        async with self._under_repair(trouble.place):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.street.stack.pid(trouble.place), signal.SIGKILL)
            await asyncio.sleep(trouble.lasts_s)

    async def _restart(self, trouble: Trouble) -> None:
        async with self._under_repair(trouble.place):
            pass

    async def _freeze(self, trouble: Trouble) -> None:
        process = psutil.Process(self.street.stack.pid(trouble.place))
        process.suspend()
        try:
            await asyncio.sleep(trouble.lasts_s)
        finally:
            process.resume()

    async def _kill_browser(self, trouble: Trouble) -> None:
        self._kill_some(trouble, is_browser, 1)

    async def _crash_page(self, trouble: Trouble) -> None:
        self._kill_some(trouble, is_page, 2)

    def _kill_some(self, trouble: Trouble, which: Callable[[psutil.Process], bool], most: int) -> None:
        """Of the worker's Chromium."""
        found = [process for process in descendants(self.street.stack.pid(trouble.place)) if which(process)]
        kill(random.Random(trouble.dice).sample(found, min(most, len(found))))

    async def _terminate_backends(self, trouble: Trouble) -> None:
        """Half of the sessions, whoever they belong to."""
        with contextlib.suppress(asyncpg.PostgresError, *AWAY):
            connection = await asyncpg.connect(self.street.settings.database_url.get_secret_value(), timeout=5)
            try:
                rows = await connection.fetch(
                    "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
                )
                dice = random.Random(trouble.dice)
                for row in sorted(row["pid"] for row in rows):
                    if dice.random() < 0.5:
                        await connection.execute("select pg_terminate_backend($1)", row)
            finally:
                await connection.close()

    async def _cut(self, trouble: Trouble) -> None:
        with self.wire.cutting(trouble.dice):
            await asyncio.sleep(trouble.lasts_s)

    @contextlib.asynccontextmanager
    async def _under_repair(self, part: str) -> AsyncIterator[None]:
        """Break it in the block; afterwards it is started until it runs. What is being put right is not broken anew."""
        async with self._repairs[part]:
            self._broken.add(part)
            try:
                yield
                await self._start(part)
            finally:
                self._broken.discard(part)

    async def _start(self, part: str) -> None:
        while True:
            try:
                await self.street.stack.restart(part)
            except PartFailed:
                # A worker that finds its database away does not start; it is tried again, as any supervisor does.
                await asyncio.sleep(_PAUSE_S)
            else:
                break
        if part == Piece.AWS:
            # Killed, it has forgotten its queues: what was in them must come from the outbox.
            await asyncio.to_thread(ensure_queues, self.street.settings)
            await asyncio.to_thread(ensure_bucket, self.street.settings)

    async def _keep(self) -> None:
        while True:
            failed = await self.street.stack.trouble()
            if failed.part not in self._broken:
                self.deserted.append(failed)
                async with self._under_repair(failed.part):
                    pass
