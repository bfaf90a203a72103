"""The one module of the API that talks to Temporal."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.service import RPCError, RPCStatusCode

from schema import ids, search_attributes
from schema.contracts.job import JobInput, JobProgress
from schema.contracts.replay import RetryReport, RetryRequest, VisibleWork
from schema.contracts.report import Report
from schema.contracts.submission import ActionResolution
from schema.job_start import JOB_WORKFLOW, job_start
from schema.store.jobs import Job

_PATIENCE_S = 20.0
"""The longest that a worker may take to carry out an update, one that has just been restarted included."""

_MOST_ENDS = 5
"""So often a job may end in the very moment in which it is asked something; each time another run of it is asked."""

_STARTED_WITHIN = timedelta(seconds=5)
_PRINTED_WITHIN = timedelta(minutes=10)
"""Nobody waits for a report any more that no worker has printed by then."""

REPORT_WORKFLOW = "ReportWorkflow"
_WORK = (JOB_WORKFLOW, "DirectoryWorkflow")


class WorkflowAway(Exception):
    """There is no such workflow, or it has ended: nobody is there to be told anything."""


class UpdateRefused(Exception):
    """The workflow does not do it; the text is its own sentence."""


class Unanswered(Exception):
    """Temporal, or every worker, is away. Whether the request is still carried out is not known."""


class QueryInvalid(Exception):
    """The server does not understand the visibility query; the text is its own sentence."""


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

    async def retry_directories(self, job: Job, request: RetryRequest, task_queue: str) -> RetryReport:
        """Ask the job's workflow to try directories again; where it has ended, another run of it is started for that.

        Both are one request, so that nothing is half done. Raises UpdateRefused or Unanswered.
        """
        for _ in range(_MOST_ENDS):
            with contextlib.suppress(WorkflowAway), _answering():
                async with asyncio.timeout(_PATIENCE_S):
                    report: RetryReport = await self._client.execute_update_with_start_workflow(
                        "retry_directories",
                        request,
                        start_workflow_operation=_job_start(job, task_queue),
                        result_type=RetryReport,
                    )
                    return report
        raise Unanswered("The job's workflow ended each time before it had answered.")

    async def cancel_job(self, job_id: UUID) -> None:
        """Ask the job to end: what is under way ends in good order. Raises WorkflowAway or Unanswered."""
        with _answering():
            await self._job(job_id).cancel()

    async def pause_job(self, job_id: UUID) -> None:
        """Start no further directory of the job. Raises WorkflowAway, UpdateRefused or Unanswered."""
        await self._tell_job(job_id, "pause")

    async def resume_job(self, job_id: UUID) -> None:
        """Go on with a paused job. Raises WorkflowAway, UpdateRefused or Unanswered."""
        await self._tell_job(job_id, "resume")

    async def visible_work(self, query: str) -> tuple[VisibleWork, ...]:
        """The directories, and whole jobs, whose workflows a visibility query finds. Raises QueryInvalid or Unanswered.

        What the server lists is a moment behind; the ledger has the last word on each.
        """
        found: dict[VisibleWork, None] = {}
        with _answering():
            try:
                async for execution in self._client.list_workflows(query):
                    attributes = execution.typed_search_attributes
                    job_id = attributes.get(search_attributes.JOB_ID)
                    if job_id is not None and execution.workflow_type in _WORK:
                        found[VisibleWork(job_id=UUID(job_id), slug=attributes.get(search_attributes.DIRECTORY))] = None
            except RPCError as error:
                if error.status is RPCStatusCode.INVALID_ARGUMENT:
                    raise QueryInvalid(error.message) from None
                raise
        return tuple(found)

    async def print_report(self, report: Report, task_queue: str) -> None:
        """See the report printed, once however often it is asked for at a time. Raises Unanswered."""
        with _answering():
            printing = await self._client.start_workflow(
                REPORT_WORKFLOW,
                report,
                id=ids.report_workflow_id(report.job_id, report.digest),
                task_queue=task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                # Somebody waits for it, and it takes a moment.
                priority=Priority(priority_key=1),
                execution_timeout=_PRINTED_WITHIN,
                rpc_timeout=_STARTED_WITHIN,
                static_summary="a report",
            )
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await printing.result()
            except WorkflowFailureError:
                raise Unanswered("The report could not be printed.") from None

    async def _tell_job(self, job_id: UUID, update: str) -> None:
        with _answering():
            async with asyncio.timeout(_PATIENCE_S):
                await self._job(job_id).execute_update(update)

    def _job(self, job_id: UUID) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(ids.job_workflow_id(job_id))


def _job_start(job: Job, task_queue: str) -> WithStartWorkflowOperation[Any, JobProgress]:
    """Starts the job's workflow as the bridge does, except that one which has ended may run once more."""
    return WithStartWorkflowOperation(
        JOB_WORKFLOW,
        JobInput(job_id=job.id),
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        **job_start(job, task_queue, job.tier.priority_key),
    )


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
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # The SDK takes a cancellation of ours for a time-out.
            raise asyncio.CancelledError from None
        raise Unanswered("No worker has answered.") from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise WorkflowAway from None
        raise Unanswered(f"Temporal has not answered ({error.status.name.lower()}).") from None
    except RuntimeError:
        # How a client that connects lazily says that nobody is there.
        raise Unanswered("Temporal cannot be reached.") from None
