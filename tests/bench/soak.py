"""The soak: thousands of submissions through one worker, and whether anything grows: `python -m tests.bench.soak`.

Not a part of `make bench`: it takes as long as the submissions take. A verdict is about the second half of the run, for
in the first one caches fill; the fewer submissions, the less it is worth.
"""

import argparse
import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from deploy.local.parts import Piece
from deploy.local.sandbox.model import Design
from deploy.local.sandbox.street import SITES
from schema.contracts.submission import SubmissionStatus
from tests.e2e.street import Street, open_street
from tests.processes import command_line, is_page

_FOLDER = Path(".local/bench/soak")
_SAMPLE_S = 5.0
_AT_ONCE = 3
"""Jobs under way: a directory takes one visitor at a time, and the worker is to be busy all the same."""

_SLOW = (Design.SLOW, Design.BUSY, Design.FLAKY)
_DIRECTORIES = tuple(
    site.slug
    for site in SITES
    # One that breaks on posts would open its breaker, and every job would wait for that.
    if site.expected is SubmissionStatus.SUBMITTED and site.design not in _SLOW and not site.loses_first_post
)
_MB = 1024 * 1024
_TOLERATED = 0.10
"""Growth over the second half, of the mean, that a run of this length does not tell from noise."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the worker's processes and at the database's connections. Memory is resident, in MB."""

    at_s: float
    submissions: int
    worker_mb: float
    driver_mb: float
    chromium_mb: float
    pages: int
    zombies: int
    sockets: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that must not grow, and by how much of its own unit it may wobble all the same."""

    name: str
    of: Callable[[Sample], float]
    wobble: float

    def growth(self, samples: list[Sample]) -> float:
        """By how much it grew over the second half, by the regression line."""
        half = samples[len(samples) // 2 :]
        if len(half) < 3 or half[0].submissions == half[-1].submissions:
            return 0.0
        slope = statistics.linear_regression([s.submissions for s in half], [self.of(s) for s in half]).slope
        return slope * (half[-1].submissions - half[0].submissions)

    def flat(self, samples: list[Sample]) -> bool:
        level = statistics.mean(self.of(sample) for sample in samples[len(samples) // 2 :])
        return self.growth(samples) <= max(self.wobble, _TOLERATED * level)


MEASURES = (
    Measure("worker, MB", lambda sample: sample.worker_mb, 10),
    Measure("driver, MB", lambda sample: sample.driver_mb, 10),
    Measure("Chromium, MB", lambda sample: sample.chromium_mb, 60),
    Measure("pages", lambda sample: sample.pages, 2),
    Measure("zombies", lambda sample: sample.zombies, 0.5),
    Measure("worker's sockets", lambda sample: sample.sockets, 3),
    Measure("database sessions", lambda sample: sample.sessions, 3),
)


async def soak(submissions: int, samples: list[Sample], console: Console) -> None:
    """Take a sample every five seconds, until so many submissions have ended."""
    async with open_street(_FOLDER) as street, asyncio.TaskGroup() as group:
        buying = [group.create_task(_buy_for_ever(street)) for _ in range(_AT_ONCE)]
        started = time.monotonic()
        with Progress(console=console) as progress:
            bar = progress.add_task("submissions", total=submissions)
            while not samples or samples[-1].submissions < submissions:
                await asyncio.sleep(_SAMPLE_S)
                samples.append(await _look(street, time.monotonic() - started))
                progress.update(bar, completed=samples[-1].submissions)
        for task in buying:
            task.cancel()


async def _buy_for_ever(street: Street) -> None:
    while True:
        order = await street.order(_DIRECTORIES)
        await street.settled(order.message.job_id, within_s=3600)


async def _look(street: Street, at_s: float) -> Sample:
    worker = psutil.Process(street.stack.pid(Piece.WORKER))
    children = worker.children(recursive=True)
    sessions = "select count(*) from pg_stat_activity where datname = current_database()"
    chromium = [process for process in children if "chrom" in _name(process)]
    return Sample(
        at_s=at_s,
        submissions=await street.pool.fetchval("select count(*) from job_results where is_ended(status)"),
        worker_mb=_resident([worker]),
        driver_mb=_resident([process for process in children if _is_driver(process)]),
        chromium_mb=_resident(chromium),
        pages=sum(map(is_page, chromium)),
        zombies=sum(_is_zombie(process) for process in children),
        sockets=len(worker.net_connections()),
        sessions=await street.pool.fetchval(sessions),
    )


def _resident(processes: list[psutil.Process]) -> float:
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / _MB


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def _is_driver(process: psutil.Process) -> bool:
    """Playwright's: it calls itself something else than its program."""
    return any(word.endswith("/node") for word in command_line(process)[:1])


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _print(console: Console, samples: list[Sample]) -> bool:
    """The run in some twenty lines, and the verdict; True when everything is flat."""
    table = Table("s", "submissions", *(measure.name for measure in MEASURES))
    for sample in samples[:: max(1, len(samples) // 20)]:
        table.add_row(
            f"{sample.at_s:.0f}", str(sample.submissions), *(f"{measure.of(sample):.0f}" for measure in MEASURES)
        )
    console.print(table)
    flat = True
    for measure in MEASURES:
        good = measure.flat(samples)
        flat &= good
        verdict = "flat" if good else "[red]grows[/]"
        console.print(f"{measure.name}: {verdict} ({measure.growth(samples):+.1f} over the second half)")
    last = samples[-1]
    console.print(f"{last.submissions} submissions in {last.at_s:.0f} s: {last.submissions / last.at_s:.2f} a second.")
    return flat


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--submissions", type=int, default=5000)
    console = Console()
    submissions = parser.parse_args().submissions
    samples: list[Sample] = []
    flat = False
    try:
        # Whoever has seen enough gets the figures so far, and so does who meets an error after hours.
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(soak(submissions, samples, console))
    finally:
        flat = bool(samples) and _print(console, samples)
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
