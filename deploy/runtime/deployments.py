"""The versions of the worker deployment: which there are, which is current, and what still runs on the others.

A directory's workflow stays on the version it began with; every other one moves on when another version is made
current. A version can be retired once nothing is pinned to it any more.
"""

import asyncio
from collections.abc import Set
from datetime import UTC, datetime
from enum import StrEnum

from temporalio.api.deployment.v1 import WorkerDeploymentVersion as VersionName
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentResponse,
    DescribeWorkerDeploymentVersionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

from schema.contracts.base import Contract

_LOOK_S = 0.1
_REGISTERED_WITHIN_S = 30.0
_BEHAVIORS = {VersioningBehavior.PINNED: "Pinned", VersioningBehavior.AUTO_UPGRADE: "AutoUpgrade"}


class VersionStatus(StrEnum):
    """What Temporal makes of a version. A draining one has, or had a moment ago, workflows pinned to it."""

    UNSPECIFIED = "unspecified"
    INACTIVE = "inactive"
    CURRENT = "current"
    RAMPING = "ramping"
    DRAINING = "draining"
    DRAINED = "drained"
    CREATED = "created"


class DeployedVersion(Contract):
    """One build: since when it has its status, and how many open workflows stay with it (`pinned`) or move on."""

    build_id: str
    status: VersionStatus
    since: datetime
    pinned: int
    moving: int


class NotPromoted(Exception):
    """A version cannot be made current; the text is one sentence with the way out."""


async def versions(client: Client, deployment: str) -> tuple[DeployedVersion, ...]:
    """Every version, newest first; none where no worker of the deployment has ever polled. Raises RPCError."""
    found = await _describe(client, deployment)
    if found is None:
        return ()
    listed: list[DeployedVersion] = []
    for summary in found.worker_deployment_info.version_summaries:
        version = WorkerDeploymentVersion(deployment, summary.deployment_version.build_id)
        listed.append(
            DeployedVersion(
                build_id=version.build_id,
                status=_status(summary.status),
                since=max(moment.ToDatetime(UTC) for moment in (summary.create_time, summary.routing_update_time)),
                pinned=(await client.count_workflows(open_on(version, VersioningBehavior.PINNED))).count,
                moving=(await client.count_workflows(open_on(version, VersioningBehavior.AUTO_UPGRADE))).count,
            )
        )
    return tuple(sorted(listed, key=lambda version: version.since, reverse=True))


async def promote(
    client: Client, version: WorkerDeploymentVersion, task_queues: Set[str], *, seen: bytes = b""
) -> None:
    """Make the version current: workflows begin on it, and all that are not pinned move to it.

    `seen` is the token of an earlier look at the deployment, which must not have changed since. Raises NotPromoted,
    and RPCError.
    """
    missing = task_queues - await _served(client, version)
    if missing:
        raise NotPromoted(
            f"No worker of build {version.build_id} has asked for work on {' and '.join(sorted(missing))}: "
            "start one first."
        )
    try:
        await client.workflow_service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=client.namespace,
                deployment_name=version.deployment_name,
                build_id=version.build_id,
                conflict_token=seen,
                identity=client.identity,
            ),
            retry=True,
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.FAILED_PRECONDITION:
            raise
        raise NotPromoted(f"Build {version.build_id} cannot be made the current one: {error}.") from None


async def adopt(
    client: Client, version: WorkerDeploymentVersion, task_queues: Set[str], *, always: bool = False
) -> None:
    """What a worker that has just started does for its version: make it current where none is, or `always`.

    Raises NotPromoted when the server does not see its workers within half a minute, and RPCError.
    """
    deadline = asyncio.get_running_loop().time() + _REGISTERED_WITHIN_S
    while True:
        found = await _describe(client, version.deployment_name)
        current = _current(found) if found else None
        if current == version.build_id or (current and not always):
            return None
        try:
            # With the token, of the first workers of two builds one is heard.
            return await promote(client, version, task_queues, seen=found.conflict_token if found else b"")
        except NotPromoted:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(_LOOK_S)


def open_on(version: WorkerDeploymentVersion, behavior: VersioningBehavior) -> str:
    """The visibility query for the open workflows on a version that stay with it, or that move on."""
    return (
        f"ExecutionStatus = 'Running' and TemporalWorkflowVersioningBehavior = '{_BEHAVIORS[behavior]}' "
        f"and TemporalWorkerDeploymentVersion = '{version.deployment_name}:{version.build_id}'"
    )


async def _describe(client: Client, deployment: str) -> DescribeWorkerDeploymentResponse | None:
    try:
        return await client.workflow_service.describe_worker_deployment(
            DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment), retry=True
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _served(client: Client, version: WorkerDeploymentVersion) -> set[str]:
    """The task queues that workers of the version have polled."""
    name = VersionName(deployment_name=version.deployment_name, build_id=version.build_id)
    try:
        found = await client.workflow_service.describe_worker_deployment_version(
            DescribeWorkerDeploymentVersionRequest(namespace=client.namespace, deployment_version=name), retry=True
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return set()
        raise
    return {queue.name for queue in found.version_task_queues}


def _current(found: DescribeWorkerDeploymentResponse) -> str | None:
    return found.worker_deployment_info.routing_config.current_deployment_version.build_id or None


def _status(status: "WorkerDeploymentVersionStatus.ValueType") -> VersionStatus:
    name = WorkerDeploymentVersionStatus.Name(status)
    return VersionStatus(name.removeprefix("WORKER_DEPLOYMENT_VERSION_STATUS_").lower())
