"""Where exceptions leave an activity: each becomes an ApplicationError of a known type, with bounded, scrubbed text.

Failure text is stored in histories and shown in the Web UI, so nothing of a customer may be in it. This module
decides no retries beyond "never" and "not before": the policies are in `workflows.policies`.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg
import botocore.exceptions
from temporalio import activity
from temporalio.exceptions import ApplicationError

from schema.failures import NOT_RETRYABLE, FailureType
from schema.store.database import AWAY

T = TypeVar("T")

_LONGEST = 300
# In this order: an e-mail address looks like the end of a URL's credentials, and would leave their beginning.
_URL_SECRETS = re.compile(r"(?<=://)[^/\s]*@|\?[^\s'\"]+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_UUID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
_LONG_NUMBER = re.compile(rf"({_UUID})|(?:\+|\b)\d(?:[\s()./-]{{0,3}}\d){{6,}}\b")

_HEARTBEAT_S = 2.0


class ActivityFailure(Exception):
    """A failure of a known type. `retry_after` is the least time until a retry makes sense."""

    def __init__(self, failure: FailureType, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.failure = failure
        self.retry_after = retry_after


_EXPECTED = (ActivityFailure, *AWAY, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)
"""Of these the sentence says it all, which the worker logs in any case."""


def scrub(text: str) -> str:
    """The text without e-mail addresses, phone-like numbers, URL queries and credentials; at most 300 characters."""
    text = _EMAIL.sub("<email>", _URL_SECRETS.sub("", text))
    # A job's id is nobody's phone number, even where it is made of digits alone.
    text = _LONG_NUMBER.sub(lambda found: found[1] or "<number>", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


@contextlib.contextmanager
def boundary(default: FailureType = FailureType.INTERNAL) -> Iterator[None]:
    """Wrap the body of every activity. `default` is the type of an exception that nothing more is known of."""
    try:
        yield
    except ApplicationError:
        raise
    except Exception as error:
        failure = _type_of(error, default)
        if failure is FailureType.INTERNAL or not isinstance(error, _EXPECTED):
            # The whole traceback goes to the worker's own log; the history gets a scrubbed sentence without a cause.
            activity.logger.warning("activity failed", extra={"failure": failure.value}, exc_info=error)
        raise ApplicationError(
            scrub(f"{type(error).__name__}: {error}"),
            type=failure.value,
            non_retryable=failure in NOT_RETRYABLE,
            next_retry_delay=getattr(error, "retry_after", None),
        ) from None


@contextlib.asynccontextmanager
async def heartbeating() -> AsyncIterator[None]:
    """Heartbeat in the background, so that a dead worker is noticed and a cancellation arrives."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_HEARTBEAT_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await what must not be cut short, through any number of cancellations; the cancellation follows afterwards."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    return task.result()


def _type_of(error: Exception, default: FailureType) -> FailureType:
    match error:
        case ActivityFailure():
            return error.failure
        case asyncpg.PostgresError() | asyncpg.InterfaceError() | asyncpg.InternalClientError() | ConnectionError():
            return FailureType.STORE_UNAVAILABLE
        case botocore.exceptions.BotoCoreError() | botocore.exceptions.ClientError():
            return FailureType.QUEUE_UNAVAILABLE
        case _:
            return default
