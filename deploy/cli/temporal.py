"""Temporal for one command. Apart from the other failures, because its client takes a quarter of a second to import."""

import contextlib
from collections.abc import AsyncIterator

from temporalio.client import Client
from temporalio.service import RPCError

from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.runtime.client import connect
from deploy.runtime.settings import Settings


@contextlib.asynccontextmanager
async def temporal(settings: Settings) -> AsyncIterator[Client]:
    """A connected client. Raises CommandFailed where the server does not answer, or not as it should."""
    try:
        yield await connect(settings)
    except (RuntimeError, RPCError) as error:
        raise CommandFailed(
            f"Temporal at {settings.temporal_address} does not answer ({error}): "
            "start it, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.",
            SERVICE_FAILED,
        ) from None
