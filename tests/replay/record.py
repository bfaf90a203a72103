"""Records the histories that `test_replay` replays: `python -m tests.replay.record`.

Record anew only together with a change that the workflows in flight survive (patched, or a new worker version): a
replay that fails is what every one of them would have met.
"""

import asyncio
import itertools
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from deploy.local.environment import StackEnvironment
from deploy.local.parts import Piece
from schema.store.database import Pool, open_pool
from tests.replay import edges, reports, scenes, stored, upkeep, waits
from tests.replay.scenes import Scene, Stage
from tests.stacks import running, short_histories

_WORK = Path(".local/record")
_EVENTS = 40
"""After so many the second server suggests continue-as-new."""


async def record(folder: Path) -> None:
    """Play every scene, and put what they keep into `folder` in place of what it holds.

    The folders in it stay: they hold what was recorded before a change that workflows in flight had to survive.
    """
    fresh = _WORK / "histories"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    async with (
        running(_WORK / "stack", Piece.POSTGRES, Piece.TEMPORAL, Piece.MIGRATIONS) as stack,
        short_histories(_WORK / "short", _EVENTS) as short,
        await open_pool(stack.environment.values["DATABASE_URL"], 10) as pool,
    ):
        numbers = itertools.count()
        await _play(
            (*scenes.SCENES, *waits.SCENES, *edges.SCENES, *upkeep.SCENES, *reports.SCENES),
            stack.environment,
            pool,
            fresh,
            numbers,
        )
        await _play((*scenes.LONG_LIVES, *edges.LONG_LIVES), short, pool, fresh, numbers)
    for old in folder.glob("*.json"):
        old.unlink()
    for new in fresh.glob("*.json"):
        new.rename(folder / new.name)


async def _play(
    played: Sequence[Scene], environment: StackEnvironment, pool: Pool, folder: Path, numbers: "itertools.count[int]"
) -> None:
    client = await Client.connect(
        environment.values["TEMPORAL_ADDRESS"],
        namespace=environment.values["TEMPORAL_NAMESPACE"],
        data_converter=pydantic_data_converter,
        # Otherwise the histories would name the machine they were recorded on.
        identity="recorder",
    )
    stage = Stage(WorkflowEnvironment.from_client(client), pool, folder, numbers)
    for scene in played:
        print(scene.__name__.replace("_", " "), flush=True)
        await scene(stage)


if __name__ == "__main__":
    # Scripted directories fail on purpose.
    logging.disable()
    asyncio.run(record(stored.FOLDER))
