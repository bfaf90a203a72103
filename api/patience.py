"""Waiting for no longer than somebody before a page does.

A query that is cancelled while its database hangs hangs itself, until the connection is given up: so it is left behind
instead, with an order to end.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_left_behind: set[asyncio.Task[Any]] = set()


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What the work returns or raises, or TimeoutError after so many seconds."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
    finally:
        if not task.done():
            _left_behind.add(task)
            task.add_done_callback(_ended)
            task.cancel()
    raise TimeoutError


def _ended(task: asyncio.Task[Any]) -> None:
    _left_behind.discard(task)
    if not task.cancelled():
        # Looked at, so that nobody complains that it never was.
        task.exception()
