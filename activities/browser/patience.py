"""How long a page may keep us: one whose scripts never end answers nothing, and Playwright would wait for ever."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import TimeoutError as PlaywrightTimeoutError


@contextlib.asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Raises PlaywrightTimeoutError when the block takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise PlaywrightTimeoutError("The page does not answer.") from error
