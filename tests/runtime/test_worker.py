"""A worker whose Temporal is lost in the moment in which it starts: one sentence, and no traceback."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

import pytest
from temporalio import activity
from temporalio.client import Client

from deploy.runtime import worker as module
from deploy.runtime.settings import Settings
from deploy.runtime.wiring import StartFailed, Wired
from schema.store.database import Pool


@activity.defn
async def idle() -> None:
    """A Temporal worker wants to have something to do."""


async def test_a_worker_that_loses_temporal_while_it_starts_says_so(
    settings: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both Temporal workers find nothing that serves them, each at its own moment.
    lost = await Client.connect(settings.temporal_address, namespace="nosuch")

    @contextlib.asynccontextmanager
    async def wired(_: Settings) -> AsyncIterator[Wired]:
        yield Wired(client=lost, pool=pool, activities=(idle,), browser_activities=(idle,))

    async def never(_: Wired, __: Settings) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "wired", wired)
    monkeypatch.setattr(module, "take_part", never)
    try:
        with pytest.raises(StartFailed, match=r"^Temporal at .* went away while the worker started"):
            await module.run_worker(settings)
    finally:
        # The process that ends with its worker has no use for them any more; the tests' has.
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(signum)
