"""The embedded stack as a whole: its order, its end, and what survives."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import stat
import sys
from pathlib import Path

import psutil
import pytest

from deploy.cli.embedded import kept_alive
from deploy.local.environment import StackEnvironment
from deploy.local.parts import StackPlan
from deploy.local.process import MARKER, Part, PartFailed, Step, is_running
from deploy.local.stack import Stack, StackRunning, stop_on_signals
from tests.patience import PATIENCE_S, eventually
from tests.stacks import quiet

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
# What a browser does to us: a child that leaves the session and outlives its parent.
ESCAPES = (
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True); print('ready'); time.sleep(600)",
)
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)",
)


def diarist(name: str, diary: Path) -> tuple[str, ...]:
    """A part that writes its name down when it starts, and again when it is asked to stop."""
    write = f"write = lambda word: open({str(diary)!r}, 'a').write(word + chr(10))"
    stop = f"signal.signal(signal.SIGTERM, lambda *_: (write('-{name}'), sys.exit()))"
    program = f"import signal, sys, time; {write}; {stop}; write('{name}'); print('ready'); time.sleep(600)"
    return sys.executable, "-c", program


def of(*items: Part | Step) -> StackPlan:
    """One after the other."""
    return StackPlan(tuple((item,) for item in items), StackEnvironment({"TEMPORAL_ADDRESS": "127.0.0.1:1"}))


def part(name: str, command: tuple[str, ...] = SLEEP, log: Path | None = None, stop_seconds: float = 30) -> Part:
    """Ready at once, or when its log says so."""

    async def ready() -> bool:
        return log is None or (log.exists() and "ready" in log.read_text())

    return Part(name=name, command=command, address="nowhere", ready=ready, stop_seconds=stop_seconds)


def alive(folder: Path) -> list[psutil.Process]:
    """Every process that belongs to the stack of `folder`, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if is_running(process) and process.environ().get(MARKER, "").startswith(str(folder)):
                found.append(process)
    return found


async def number_alive(folder: Path, number: int) -> None:
    """Return once there are so many: a process that has just begun has no environment for a moment."""

    async def there_are() -> bool:
        return len(alive(folder)) == number

    await eventually(there_are)


async def test_starts_in_order_stops_in_reverse_and_leaves_nothing(folder: Path) -> None:
    diary = folder / "diary"
    log = folder / "log"

    async def write() -> str:
        with diary.open("a") as page:
            page.write("step\n")
        return "done"

    first = part("first", diarist("first", diary), log / "first.log")
    plan = of(first, Step("step", write), part("second", diarist("second", diary), log / "second.log"))
    async with Stack(folder, plan, quiet()) as stack:
        environment = folder / "stack.env"
        assert stat.S_IMODE(environment.stat().st_mode) == 0o600
        assert environment.read_text() == "TEMPORAL_ADDRESS=127.0.0.1:1\n"
        assert os.getsid(stack.pid("first")) == stack.pid("first")
    assert not environment.exists()
    assert diary.read_text().split() == ["first", "step", "second", "-second", "-first"]
    assert alive(folder) == []


async def test_what_leaves_the_session_is_found(folder: Path) -> None:
    async with Stack(folder, of(part("browser", ESCAPES, folder / "log" / "browser.log")), quiet()):
        await number_alive(folder, 2)
    assert alive(folder) == []


async def test_a_part_that_does_not_listen_is_killed(folder: Path) -> None:
    async with Stack(folder, of(part("deaf", DEAF, folder / "log" / "deaf.log", stop_seconds=0.2)), quiet()):
        await number_alive(folder, 1)
    assert alive(folder) == []


async def test_a_part_that_fails_takes_the_others_down(folder: Path) -> None:
    broken = part("broken", (sys.executable, "-c", "raise SystemExit('no such colour')"), folder / "log" / "broken.log")
    with pytest.raises(PartFailed, match="exit code 1") as failure:
        async with Stack(folder, of(part("first"), broken, part("never")), quiet()):
            pytest.fail("it started")
    assert "no such colour" in str(failure.value)
    assert failure.value.part == "broken"
    assert alive(folder) == []
    assert not (folder / "stack.env").exists()


async def test_a_part_that_is_lost_right_after_its_start_fails_like_any_other(folder: Path) -> None:
    calls = iter([None, ConnectionResetError("transport error")])

    async def finish() -> None:
        if error := next(calls):
            raise error

    async with Stack(folder, of(dataclasses.replace(part("first"), finish=finish)), quiet()) as stack:
        with pytest.raises(PartFailed, match="transport error"):
            await stack.restart("first")
        assert alive(folder) == []


async def test_a_step_that_fails_takes_the_parts_down(folder: Path) -> None:
    async def fail() -> str:
        raise ValueError("no room")

    with pytest.raises(PartFailed, match="ValueError: no room"):
        async with Stack(folder, of(part("first"), Step("step", fail)), quiet()):
            pytest.fail("it started")
    assert alive(folder) == []


async def test_a_part_that_is_never_ready_is_given_up(folder: Path) -> None:
    async def never() -> bool:
        return False

    slow = Part(name="slow", command=SLEEP, address="nowhere", ready=never, start_seconds=0.2)
    with pytest.raises(PartFailed, match="not ready after"):
        async with Stack(folder, of(slow), quiet()):
            pytest.fail("it started")
    assert alive(folder) == []


async def test_a_death_is_reported_and_a_killed_part_is_not(folder: Path) -> None:
    async with Stack(folder, of(part("first"), part("second")), quiet()) as stack:
        await stack.kill("first")
        await stack.restart("first")
        os.kill(stack.pid("second"), signal.SIGKILL)
        trouble = await asyncio.wait_for(stack.trouble(), PATIENCE_S)
    assert trouble.part == "second"
    assert "SIGKILL" in str(trouble)


async def test_one_stack_to_a_folder(folder: Path) -> None:
    async with Stack(folder, of(part("first")), quiet()):
        with pytest.raises(StackRunning, match=f"process {os.getpid()}"):
            async with Stack(folder, of(part("second")), quiet()):
                pytest.fail("it started")
        await number_alive(folder, 1)


async def test_what_a_killed_stack_left_is_ended_first(folder: Path) -> None:
    left = await asyncio.create_subprocess_exec(
        *SLEEP, env={**os.environ, MARKER: f"{folder}:worker:"}, start_new_session=True
    )
    await number_alive(folder, 1)
    async with Stack(folder, of(part("first")), quiet()):
        assert await asyncio.wait_for(left.wait(), PATIENCE_S) == -signal.SIGTERM


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_everything(folder: Path, signum: signal.Signals) -> None:
    async with stop_on_signals() as request, Stack(folder, of(part("first")), quiet()) as stack:
        os.kill(os.getpid(), signum)
        os.kill(os.getpid(), signum)
        await stack.trouble()
    assert request.by is signum
    assert alive(folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
async def test_a_killed_stack_leaves_no_orphans(folder: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.local.test_stack import ESCAPES, Stack, of, part, quiet\n"
        "async def main() -> None:\n"
        "    async with Stack(Path(sys.argv[1]), of(part('first'), part('second')), quiet()) as stack:\n"
        "        print('up', flush=True)\n"
        "        await stack.trouble()\n"
        "asyncio.run(main())\n"
    )
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    try:
        assert await asyncio.wait_for(owner.stdout.readline(), PATIENCE_S) == b"up\n"
        await number_alive(folder, 2)
    finally:
        owner.kill()
        await owner.wait()
    await number_alive(folder, 0)


async def test_what_starts_together_ends_together(folder: Path) -> None:
    broken = part("broken", (sys.executable, "-c", "raise SystemExit('no such colour')"), folder / "log" / "broken.log")
    slow = part("slow", SLEEP, folder / "log" / "slow.log")
    plan = StackPlan(((part("first"),), (slow, broken)), StackEnvironment({}))
    with pytest.raises(PartFailed, match="no such colour"):
        async with Stack(folder, plan, quiet()):
            pytest.fail("it started")
    assert alive(folder) == []


async def test_parts_that_die_together_come_back_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one cannot start without the other, and dies of it: as often as it takes the other to be back."""
    monkeypatch.setattr("deploy.cli.embedded._MOST_DEATHS", 1_000)
    serves, tried = folder / "serves", folder / "tried"
    serving = f"import pathlib, time; time.sleep(0.6); pathlib.Path({str(serves)!r}).touch(); time.sleep(600)"
    needing = (
        f"import pathlib, sys, time; pathlib.Path({str(tried)!r}).touch(); time.sleep(0.2); "
        f"pathlib.Path({str(serves)!r}).exists() or sys.exit(1); print('ready'); time.sleep(600)"
    )

    async def ready() -> bool:
        return serves.exists()

    server = Part(name="server", command=(sys.executable, "-c", serving), address="nowhere", ready=ready)
    client = part("client", (sys.executable, "-c", needing), folder / "log" / "client.log")
    async with Stack(folder, of(server, client), quiet()) as stack, kept_alive(stack):
        before = {stack.pid("server"), stack.pid("client")}
        serves.unlink()
        tried.unlink()
        os.kill(stack.pid("client"), signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_S):
            while not tried.exists():
                await asyncio.sleep(0.02)
            os.kill(stack.pid("server"), signal.SIGKILL)
            while not _are_others(stack, before, "server", "client"):
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("well_after_s", [0.0, 3600.0], ids=["now and then", "again and again"])
async def test_what_dies_now_and_then_is_started_each_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch, well_after_s: float
) -> None:
    monkeypatch.setattr("deploy.cli.embedded._WELL_AFTER_S", well_after_s)
    monkeypatch.setattr("deploy.cli.embedded._MOST_DEATHS", 2)

    async def die(stack: Stack) -> None:
        pid = stack.pid("server")
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_S):
            while not _are_others(stack, {pid}, "server"):
                await asyncio.sleep(0.02)

    with pytest.raises(PartFailed, match="SIGKILL") if well_after_s else contextlib.nullcontext():
        async with Stack(folder, of(part("server")), quiet()) as stack, kept_alive(stack):
            for _ in range(3):
                await die(stack)
    assert alive(folder) == []


def _are_others(stack: Stack, before: set[int], *names: str) -> bool:
    with contextlib.suppress(KeyError):
        return before.isdisjoint(map(stack.pid, names))
    return False
