"""Every workflow a worker registers, and therefore every one that needs a recorded history under tests/replay."""

from workflows.bridge import OutboxRelayWorkflow, SqsBridgeWorkflow
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow
from workflows.report import ReportWorkflow
from workflows.upkeep import UpkeepWorkflow

WORKFLOWS = (
    JobWorkflow,
    DirectoryWorkflow,
    SqsBridgeWorkflow,
    OutboxRelayWorkflow,
    UpkeepWorkflow,
    ReportWorkflow,
)
