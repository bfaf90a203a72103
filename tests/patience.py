"""Waiting for what must come: no longer than it takes, and long enough for a machine that is busy with other things."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_S = 60.0
"""What takes longer than this is not slow, it is missing."""


async def eventually(holds: Callable[[], Awaitable[object]]) -> None:
    """Return once it holds. Raises TimeoutError when it never does."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():
            await asyncio.sleep(0.05)
