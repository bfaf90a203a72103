"""One part of the embedded stack as a child process: started, probed, stopped, with nothing of it left behind.

What a part is and how it ends live here; which parts there are is `deploy.local.parts`, in which order they start
is `deploy.local.stack`. Not a supervisor: a part that dies is reported, never restarted behind anybody's back.

Three things keep a machine free of orphans: each part leads its own session and is killed as a group; on Linux the
kernel passes the part's stop signal on when the stack itself is killed; and every process carries a marker in its
environment, so what still escaped (a browser starts a session of its own) is found and ended.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MARKER = "DIRECTORYBOLT_STACK"
_PROBE_PAUSE = 0.05
_LOG_LINES = 12
_KILL_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

Hook = Callable[[], Awaitable[None]]
Probe = Callable[[], Awaitable[bool]]


class PartFailed(Exception):
    """A part did not start, or died; the text says which and why, with the last lines of its log."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part} {why}")
        self.part = part
        self.why = why


@dataclass(frozen=True, slots=True)
class Account:
    """An operating-system user a part runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Part:
    """A server of the stack. Times are seconds; `ready` answers whether it can be used, and never raises.

    `data` is a folder made for it, `run_in` where it runs. `prepare` runs before the process starts, `finish` once
    it is ready. What they raise becomes PartFailed.
    """

    name: str
    command: tuple[str, ...]
    address: str
    ready: Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    run_in: Path | None = None
    data: Path | None = None
    account: Account | None = None
    prepare: Hook | None = None
    finish: Hook | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    start_seconds: float = 120
    stop_seconds: float = 10


@dataclass(frozen=True, slots=True)
class Step:
    """Work between two parts, such as the migrations. Answers with what to show; raises anything to fail."""

    name: str
    run: Callable[[], Awaitable[str]]


def log_file(folder: Path, part: str) -> Path:
    """Where a part of the stack on `folder` writes what it says."""
    return folder / "log" / f"{part.replace(' ', '-')}.log"


class Child:
    """The process of one part. One start, one stop; a restart is a new Child."""

    def __init__(self, part: Part, marker: str, log: Path) -> None:
        self.part = part
        self.log = log
        self._marker = f"{marker}{part.name}:"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Process id, which is its process group and session too. Raises RuntimeError before the start."""
        if self._process is None:
            raise RuntimeError(f"{self.part.name} has not been started")
        return self._process.pid

    async def start(self) -> None:
        """Returns once the part is ready. Raises PartFailed; then nothing of it is left running."""
        try:
            if self.part.prepare:
                await self.part.prepare()
            await self._spawn()
            await self._until_ready()
            if self.part.finish:
                await self.part.finish()
        except BaseException as error:
            await self.stop()
            if isinstance(error, Exception) and not isinstance(error, PartFailed):
                raise PartFailed(self.part.name, f"did not work: {type(error).__name__}: {error}") from error
            raise

    async def died(self) -> PartFailed:
        """Returns when the process has ended, with the reason as it stands in its log."""
        assert self._process is not None
        code = await self._process.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return PartFailed(self.part.name, f"{how}{self._last_words()}")

    async def stop(self) -> None:
        """Asks, waits `stop_seconds`, kills; then ends whatever carries this part's marker. Safe to call twice."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(self.part.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), self.part.stop_seconds)
        await self.kill()

    async def kill(self) -> None:
        """Ends the part at once, as a crash would, and everything it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        await end_marked(self._marker, grace=0)

    async def _spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.part.data:
            self.part.data.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous.log"))
        account = self.part.account
        environment = {**os.environ, **self.part.environment, "PYTHONUNBUFFERED": "1", MARKER: self._marker}
        with self.log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self.part.run_in,
                env=environment,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                preexec_fn=_follow_parent(os.getpid(), self.part.stop_signal),
            )

    async def _until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + self.part.start_seconds
        while not await self.part.ready():
            if self._process.returncode is not None:
                raise await self.died()
            if time.monotonic() > deadline:
                raise PartFailed(
                    self.part.name, f"was not ready after {self.part.start_seconds:.0f} s{self._last_words()}"
                )
            await asyncio.sleep(_PROBE_PAUSE)
        if self._process.returncode is not None:
            raise await self.died()

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()[-_LOG_LINES:]
        except OSError:
            lines = []
        return f" (log: {self.log})" + "".join(f"\n    {line}" for line in lines)


async def end_marked(marker: str, *, grace: float) -> int:
    """Ends every process whose marker starts with `marker`: politely for `grace` seconds, then for good.

    Answers how many there were. Covers what a killed stack left behind and browsers in sessions of their own.
    """
    ended = 0
    # What one of them started during the look is found by the next.
    while found := [process for process in psutil.process_iter() if _marker_of(process).startswith(marker)]:
        ended += len(found)
        if grace:
            for process in found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.terminate()
            await _are_gone(found, grace)
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if not await _are_gone(found, _KILL_SECONDS):
            break
    return ended


async def _are_gone(processes: list[psutil.Process], seconds: float) -> bool:
    """Returns as soon as they are, and False when so many seconds were not enough."""
    deadline = time.monotonic() + seconds
    while any(map(is_running, processes)):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_PROBE_PAUSE)
    return True


def is_running(process: psutil.Process) -> bool:
    """A zombie does not: in a container without an init process nobody may ever collect it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _marker_of(process: psutil.Process) -> str:
    if process.pid == os.getpid():
        return ""
    try:
        return process.environ().get(MARKER, "")
    except (psutil.Error, OSError):
        return ""


def _follow_parent(parent: int, stop: signal.Signals) -> Callable[[], None] | None:
    """Runs in the child before exec. The thread that starts a part must live as long as the stack: the event loop's."""
    libc = _LIBC
    if libc is None:
        return None

    def follow() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop))
        if os.getppid() != parent:
            os._exit(1)

    return follow
