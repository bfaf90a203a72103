"""Takes workflows that are pinned to a build without workers to the current one, where that is safe.

Safe means: the code of this process, which must be of the build they are taken to, replays the workflow's whole
history. What it cannot replay stays where it is; only a worker of its own build can go on with that.
"""

from collections.abc import AsyncIterator

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as VersionName
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from deploy.runtime.deployments import open_on
from deploy.runtime.worker import workflow_runner
from schema.contracts.base import Contract
from workflows.registry import WORKFLOWS

_LONGEST_REASON = 200


class Move(Contract):
    """One workflow: whether the present code can go on with it, and if not, why."""

    workflow_id: str
    possible: bool
    reason: str = ""


async def number_pinned(client: Client, version: WorkerDeploymentVersion) -> int:
    """How many open workflows stay with the version. Raises RPCError."""
    return (await client.count_workflows(open_on(version, VersioningBehavior.PINNED))).count


async def move(
    client: Client, source: WorkerDeploymentVersion, target: WorkerDeploymentVersion, *, dry_run: bool
) -> AsyncIterator[Move]:
    """Take each workflow pinned to `source` to `target`, if that is possible, and tell. Safe to interrupt and repeat.

    Raises RPCError.
    """
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter, workflow_runner=workflow_runner())
    pinned = client.list_workflows(open_on(source, VersioningBehavior.PINNED))
    async with replayer.workflow_replay_iterator(pinned.map_histories()) as replays:
        async for replay in replays:
            workflow_id = replay.history.workflow_id
            if replay.replay_failure is not None:
                reason = " ".join(str(replay.replay_failure).split())[:_LONGEST_REASON]
                yield Move(workflow_id=workflow_id, possible=False, reason=reason)
                continue
            if not dry_run:
                await _pin(client, workflow_id, target)
            yield Move(workflow_id=workflow_id, possible=True)


async def _pin(client: Client, workflow_id: str, version: WorkerDeploymentVersion) -> None:
    pinned = VersioningOverride.PinnedOverride(
        behavior=VersioningOverride.PINNED_OVERRIDE_BEHAVIOR_PINNED,
        version=VersionName(deployment_name=version.deployment_name, build_id=version.build_id),
    )
    await client.workflow_service.update_workflow_execution_options(
        UpdateWorkflowExecutionOptionsRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id),
            workflow_execution_options=WorkflowExecutionOptions(versioning_override=VersioningOverride(pinned=pinned)),
            update_mask=FieldMask(paths=["versioning_override"]),
            identity=client.identity,
        ),
        retry=True,
    )
