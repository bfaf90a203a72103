"""The one module of the API that talks to Temporal."""

import asyncio
import contextlib
from collections.abc import Iterator

from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.service import RPCError, RPCStatusCode

from schema.contracts.submission import ActionResolution

_PATIENCE_S = 20.0
"""The longest that a worker may take to carry out an update, one that has just been restarted included."""


class WorkflowAway(Exception):
    """There is no such workflow, or it has ended: nobody is there to be told anything."""


class UpdateRefused(Exception):
    """The workflow does not do it; the text is its own sentence."""


class Unanswered(Exception):
    """Temporal, or every worker, is away. Whether the request is still carried out is not known."""


class WorkflowGateway:
    """What the API asks of Temporal."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def check(self) -> None:
        """Raises temporalio's RPCError, or RuntimeError, when the server does not answer."""
        await self._client.service_client.check_health()

    async def resolve(self, workflow_id: str, decision: ActionResolution) -> None:
        """Tell a directory's workflow what a person decided. Raises WorkflowAway, UpdateRefused or Unanswered."""
        with _answering():
            async with asyncio.timeout(_PATIENCE_S):
                await self._client.get_workflow_handle(workflow_id).execute_update("resolve", decision)


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """What may become of an update, in three words."""
    try:
        yield
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        while isinstance(cause, FailureError) and cause.cause is not None:
            cause = cause.cause
        if isinstance(cause, ApplicationError) and cause.type == "AcceptedUpdateCompletedWorkflow":
            raise WorkflowAway from None
        raise UpdateRefused(cause.message if isinstance(cause, FailureError) else str(cause)) from None
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        raise Unanswered("No worker has answered.") from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise WorkflowAway from None
        raise Unanswered(f"Temporal has not answered ({error.status.name.lower()}).") from None
    except RuntimeError:
        # How a client that connects lazily says that nobody is there.
        raise Unanswered("Temporal cannot be reached.") from None
