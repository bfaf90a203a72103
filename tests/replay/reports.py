"""The scenes of a report that is printed, by a printer that follows a script."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

from temporalio import activity
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from deploy.runtime.worker import workflow_runner
from schema import ids
from schema.contracts.report import Report
from schema.failures import FailureType
from tests.replay.scenes import Scene, Stage
from workflows.policies import BROWSER_QUEUE_SUFFIX
from workflows.report import ReportWorkflow

_QUEUE = "recorded-report"
_JOB = uuid.UUID("5f0c7d5e-0d4e-4b8e-9f0a-3c1f6f1f2b11")


class ScriptedPrinter:
    """Prints, or fails, or never ends."""

    def __init__(self, *, broken: bool = False, endless: bool = False) -> None:
        self._broken = broken
        self._endless = endless
        self.reached = asyncio.Event()

    @activity.defn(name="print_report")
    async def print_report(self, _: Report) -> None:
        self.reached.set()
        if self._broken:
            raise ApplicationError("no", type=FailureType.BROWSER_FAILED, non_retryable=True)
        if self._endless:
            await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _printing(
    stage: Stage, printer: ScriptedPrinter, digest: str
) -> AsyncIterator[WorkflowHandle[ReportWorkflow, None]]:
    client = stage.environment.client
    report = Report(job_id=_JOB, digest=digest)
    async with (
        Worker(client, task_queue=_QUEUE, workflows=[ReportWorkflow], workflow_runner=workflow_runner()),
        Worker(client, task_queue=_QUEUE + BROWSER_QUEUE_SUFFIX, activities=[printer.print_report]),
    ):
        yield await client.start_workflow(
            ReportWorkflow.run, report, id=ids.report_workflow_id(report.job_id, report.digest), task_queue=_QUEUE
        )


async def report_is_printed(stage: Stage) -> None:
    async with _printing(stage, ScriptedPrinter(), "0" * 16) as handle:
        await handle.result()
        await stage.keep("report-printed", handle)


async def report_cannot_be_printed(stage: Stage) -> None:
    async with _printing(stage, ScriptedPrinter(broken=True), "1" * 16) as handle:
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
        await stage.keep("report-failed", handle)


async def report_is_under_way(stage: Stage) -> None:
    printer = ScriptedPrinter(endless=True)
    async with _printing(stage, printer, "2" * 16) as handle:
        await printer.reached.wait()
        await stage.keep("report-under-way", handle)
        await handle.terminate()


SCENES: tuple[Scene, ...] = (report_is_printed, report_cannot_be_printed, report_is_under_way)
