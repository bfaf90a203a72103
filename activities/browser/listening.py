"""Answering what a page asks. Nothing may leave a listener: Playwright hands what it raises to whoever calls the same
browser next, of whatever visit.
"""

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec

import playwright.async_api
import structlog

P = ParamSpec("P")

_log = structlog.get_logger(__name__)


def undisturbing(answer: Callable[P, Awaitable[None]]) -> Callable[P, Coroutine[Any, Any, None]]:
    """The listener, which ends quietly where it fails; what it was asked then has no answer."""

    @functools.wraps(answer)
    async def listen(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await answer(*args, **kwargs)
        except playwright.async_api.Error:
            # The page that asked is gone.
            return
        except Exception:
            _log.exception("a page has no answer")

    return listen
