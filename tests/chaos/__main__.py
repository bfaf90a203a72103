"""`make chaos`: a seeded run over the real parts, its figures, and the story where it fails (exit code 1)."""

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections import Counter
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

from deploy.local.parts import worker_names
from deploy.local.process import PartFailed
from schema.contracts.submission import SubmissionStatus
from tests.chaos.audit import Verdict
from tests.chaos.run import run
from tests.chaos.story import Fault, Story, draw

_FOLDER = Path(".local/chaos")


def main() -> int:
    options = _options()
    # Several workers share this machine, and every slot is a browser's page.
    os.environ.setdefault("BROWSER_SLOTS", "2")
    console = Console()
    story = _story(options)
    console.print(
        f"Seed {story.seed}: {len(story.purchases)} jobs, {len(story.troubles)} faults, {len(story.workers)} workers.",
        highlight=False,
    )
    folder, kept = _FOLDER / str(time.time_ns()), _FOLDER / f"seed-{story.seed}"
    try:
        verdict = asyncio.run(run(story, folder, kept, console, options.settle))
    except PartFailed as failure:
        console.print(f"[red]{failure}[/]", highlight=False)
        return 1
    _print(console, story, verdict)
    if verdict.passed:
        return 0
    (kept / "story.json").write_text(story.model_dump_json(indent=2))
    console.print(story.model_dump_json(), highlight=False, soft_wrap=True)
    console.print(f"[red]Failed.[/] Its logs: {kept}", highlight=False)
    console.print(f"The same again: python -m tests.chaos --story {kept / 'story.json'}", highlight=False)
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="drawn and printed when not given")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--kills", type=int, default=10, help="faults of every kind")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--settle", type=float, default=1500, help="seconds that peace may take to heal everything")
    parser.add_argument("--story", type=_told, help="a failed run's story, instead of all the numbers above")
    return parser.parse_args()


def _told(file: str) -> Story:
    try:
        return Story.model_validate_json(Path(file).read_text())
    except (OSError, ValueError):
        raise argparse.ArgumentTypeError(f"{file} is not the story of a run") from None


def _story(options: argparse.Namespace) -> Story:
    if options.story:
        return cast(Story, options.story)
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    return draw(seed, options.jobs, options.kills, worker_names(options.workers))


def _print(console: Console, story: Story, verdict: Verdict) -> None:
    uncertain = verdict.statuses[SubmissionStatus.UNCERTAIN] - verdict.silent
    table = Table("", "", show_header=False)
    for name, value in (
        ("directories of all jobs", verdict.directories),
        *((f"  {status}", number) for status, number in sorted(verdict.statuses.items())),
        ("posts in the sandbox's books", verdict.posts),
        ("lost", len(verdict.lost)),
        ("doubled", len(verdict.doubled)),
        ("uncertain because of a fault", f"{uncertain} ({100 * uncertain / max(1, verdict.directories):.1f} %)"),
        ("asked of a person without need", len(verdict.needless)),
        ("proven by words alone, without a picture", len(verdict.pictureless)),
        ("parts that ended by themselves", len(verdict.deserted)),
        ("wall time", f"{verdict.seconds:.0f} s"),
    ):
        table.add_row(name, str(value))
    console.print(table)
    kinds = Counter(trouble.fault for trouble in story.troubles)
    faults = Table("fault", "times", "next outcome after it (median)", "longest")
    for fault in Fault:
        if kinds[fault]:
            waits = verdict.recovered_after(fault)
            shown = [f"{seconds:.1f} s" for seconds in waits] if waits else ["none came", ""]
            faults.add_row(fault, str(kinds[fault]), *shown)
    console.print(faults)
    for what in (*verdict.lost, *verdict.doubled, *verdict.disagreements):
        console.print(f"[red]{what}[/]", highlight=False, soft_wrap=True)
    for what in (*verdict.needless, *verdict.pictureless, *verdict.deserted):
        console.print(f"[yellow]{what}[/]", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
