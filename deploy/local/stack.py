"""The embedded stack: every part a real server, started in order, watched, stopped in reverse, nothing left behind.

For a laptop, for tests and for CI; production runs the same worker and API against managed servers.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.checklist import Checklist
from deploy.local.environment import StackEnvironment
from deploy.local.parts import StackPlan
from deploy.local.process import Child, Part, PartFailed, Step, end_marked, log_file

_LEFTOVER_GRACE = 5.0


class StackRunning(Exception):
    """Another stack uses this folder; the text says so in one sentence."""


class Stack:
    """One stack on one folder. `async with` starts and stops it; a failed start has already stopped everything.

    Entering raises StackRunning, and PartFailed when a part or a step did not work.
    """

    def __init__(self, folder: Path, plan: StackPlan, checklist: Checklist) -> None:
        self._folder = folder.resolve()
        self._marker = f"{self._folder}:"
        self._plan = plan
        self._checklist = checklist
        self._lock: TextIOWrapper | None = None
        self._children: dict[str, Child] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._trouble: asyncio.Queue[PartFailed] = asyncio.Queue()

    @property
    def environment(self) -> StackEnvironment:
        return self._plan.environment

    async def __aenter__(self) -> Self:
        self._lock = _lock(self._folder)
        try:
            # What a killed stack left is ended first: two servers on one data folder would ruin it.
            await end_marked(self._marker, grace=_LEFTOVER_GRACE)
            await self._start()
            self.environment.write(self._folder / "stack.env")
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    @property
    def _items(self) -> list[Part | Step]:
        return [item for wave in self._plan.waves for item in wave]

    async def trouble(self) -> PartFailed:
        """Returns when a part has died on its own, with which and why. Waits for ever otherwise."""
        return await self._trouble.get()

    def pid(self, name: str) -> int:
        """The process id of a running part. Raises KeyError for one that does not run."""
        return self._children[name].pid

    async def kill(self, name: str) -> None:
        """End a part as a crash would, without that being trouble. `restart` brings it back."""
        await self._forget(name).kill()

    async def restart(self, name: str) -> None:
        """Start a part again on its old address and data, stopping it first where it runs. Raises PartFailed."""
        if name in self._children:
            await self._forget(name).stop()
        await self._start_part(next(item for item in self._items if isinstance(item, Part) and item.name == name))

    async def _start(self) -> None:
        self._checklist.open([item.name for item in self._items])
        try:
            for wave in self._plan.waves:
                await self._start_wave(wave)
        finally:
            self._checklist.close()

    async def _start_wave(self, wave: tuple[Part | Step, ...]) -> None:
        starts = [asyncio.create_task(self._start_item(item)) for item in wave]
        try:
            await asyncio.gather(*starts)
        except BaseException:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)
            raise

    async def _start_item(self, item: Part | Step) -> None:
        self._checklist.starting(item.name)
        try:
            note = await self._start_part(item) if isinstance(item, Part) else await item.run()
        except asyncio.CancelledError:
            self._checklist.failed(item.name, "interrupted")
            raise
        except PartFailed as failure:
            self._checklist.failed(item.name, failure.why)
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            self._checklist.failed(item.name, why)
            raise PartFailed(item.name, f"did not work: {why}") from error
        self._checklist.ok(item.name, note)

    async def _start_part(self, part: Part) -> str:
        child = Child(part, self._marker, log_file(self._folder, part.name))
        await child.start()
        self._children[part.name] = child
        self._watchers[part.name] = asyncio.create_task(self._watch(child))
        return part.address

    async def _watch(self, child: Child) -> None:
        self._trouble.put_nowait(await child.died())

    def _forget(self, name: str) -> Child:
        self._watchers.pop(name).cancel()
        return self._children.pop(name)

    async def _stop(self) -> None:
        (self._folder / "stack.env").unlink(missing_ok=True)
        for name in reversed(list(self._children)):
            await self._forget(name).stop()
        await end_marked(self._marker, grace=0)
        if self._lock:
            self._lock.close()
            self._lock = None


@dataclass(slots=True)
class StopRequest:
    """Which signal asked to stop; None while none did."""

    by: signal.Signals | None = None


@contextlib.asynccontextmanager
async def stop_on_signals() -> AsyncIterator[StopRequest]:
    """Ctrl-C, SIGTERM and SIGHUP end the block quietly, cleaning up on the way; further ones change nothing.

    Look at the yielded request afterwards to tell a signal from a normal end.
    """
    task = asyncio.current_task()
    assert task is not None
    request = StopRequest()
    loop = asyncio.get_running_loop()

    def stop(signum: signal.Signals) -> None:
        if request.by is None:
            request.by = signum
            task.cancel()

    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for signum in handled:
        loop.add_signal_handler(signum, stop, signum)
    try:
        yield request
    except asyncio.CancelledError:
        if request.by is None:
            raise
        task.uncancel()
    finally:
        for signum in handled:
            loop.remove_signal_handler(signum)


def _lock(folder: Path) -> TextIOWrapper:
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "stack.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip()
        file.close()
        raise StackRunning(f"A stack already runs on {folder} (process {owner}): stop it first.") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
