"""Each workflow with one careless change, as a deploy would bring it: a timer that running ones never had."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import VersioningBehavior

from schema.contracts.bridge import BridgeInput
from schema.contracts.job import JobInput, JobProgress
from schema.contracts.report import Report
from schema.contracts.submission import DirectoryInput, DirectoryState
from schema.contracts.upkeep import UpkeepInput, UpkeepReport
from workflows.bridge import OutboxRelayWorkflow, SqsBridgeWorkflow
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow
from workflows.report import ReportWorkflow
from workflows.upkeep import UpkeepWorkflow

_MOMENT = timedelta(seconds=1)


@workflow.defn(name="JobWorkflow")
class ChangedJob(JobWorkflow):
    @workflow.init
    def __init__(self, job: JobInput) -> None:
        super().__init__(job)

    @workflow.run
    async def run(self, job: JobInput) -> JobProgress:
        await workflow.sleep(_MOMENT)
        return await super().run(job)


@workflow.defn(name="DirectoryWorkflow", versioning_behavior=VersioningBehavior.PINNED)
class ChangedDirectory(DirectoryWorkflow):
    @workflow.init
    def __init__(self, directory: DirectoryInput) -> None:
        super().__init__(directory)

    @workflow.run
    async def run(self, directory: DirectoryInput) -> DirectoryState:
        await workflow.sleep(_MOMENT)
        return await super().run(directory)


@workflow.defn(name="SqsBridgeWorkflow")
class ChangedBridge(SqsBridgeWorkflow):
    @workflow.run
    async def run(self, bridge: BridgeInput) -> None:
        await workflow.sleep(_MOMENT)
        await super().run(bridge)


@workflow.defn(name="OutboxRelayWorkflow")
class ChangedRelay(OutboxRelayWorkflow):
    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(_MOMENT)
        await super().run()


@workflow.defn(name="UpkeepWorkflow")
class ChangedUpkeep(UpkeepWorkflow):
    @workflow.run
    async def run(self, upkeep: UpkeepInput) -> UpkeepReport:
        await workflow.sleep(_MOMENT)
        return await super().run(upkeep)


@workflow.defn(name="ReportWorkflow")
class ChangedReport(ReportWorkflow):
    @workflow.run
    async def run(self, report: Report) -> None:
        await workflow.sleep(_MOMENT)
        await super().run(report)


CHANGED = (ChangedJob, ChangedDirectory, ChangedBridge, ChangedRelay, ChangedUpkeep, ChangedReport)
