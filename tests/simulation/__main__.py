"""Plays worlds and tells what happened in them: `python -m tests.simulation SEED [SEED …]`, or `--all 200`."""

import argparse
import asyncio
import logging
import os
import sys
import time
from pathlib import Path

from deploy.local.parts import Piece
from deploy.local.stack import stop_on_signals
from tests.simulation.people import BIG, Size
from tests.simulation.play import Stage, staged
from tests.stacks import running

_FOLDER = Path(".local/simulation", str(os.getpid()))


async def _play(seeds: list[int], size: Size, *, tell: bool) -> int:
    async with (
        stop_on_signals(),
        running(_FOLDER, Piece.POSTGRES, Piece.MIGRATIONS) as stack,
        staged(stack.environment.values["DATABASE_URL"]) as stage,
    ):
        began = time.monotonic()
        await stage.play(dict.fromkeys(seeds, size))
        took = time.monotonic() - began
        found = [line async for line in stage.complaints()]
        if tell:
            for seed in seeds:
                _tell(stage, seed)
        print(f"{len(seeds)} worlds, {stage.elapsed.days} virtual days, {took:.1f} s")
        print("\n".join(found) or "Every promise was kept.")
        return 1 if found else 0
    return 1


def _tell(stage: Stage, seed: int) -> None:
    world = stage.worlds.all[seed]
    for site in world.sites.values():
        print(f"{site.slug}: {site.character.nature}, {len(site.visits)} visits, {len(site.posts)} posts")
    for at, what in world.story:
        print(f"{at:%m-%d %H:%M:%S} {what}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", metavar="SEED", type=int, nargs="*")
    parser.add_argument("--all", metavar="N", type=int, help="the seeds below N, without their stories")
    parser.add_argument("--big", action="store_true", help="500 directories in each world")
    asked = parser.parse_args()
    # Workers are lost on purpose.
    logging.disable()
    seeds = asked.seeds or list(range(asked.all or 1))
    return asyncio.run(_play(seeds, BIG if asked.big else Size(), tell=asked.all is None))


if __name__ == "__main__":
    sys.exit(main())
