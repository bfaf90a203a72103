"""Workers of several builds on one task queue, as a deployment has them while it changes versions."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from temporalio.api.enums.v1 import RoutingConfigUpdateState
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import WorkerDeploymentConfig

from deploy.runtime import deployments
from deploy.runtime.deployments import DeployedVersion
from schema.store.database import Pool
from tests.patience import PATIENCE_S
from tests.replay.changed import CHANGED
from tests.workflows.bench import Bench, working
from tests.workflows.scripted import Turn
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow
from workflows.policies import BROWSER_QUEUE_SUFFIX


@dataclass(frozen=True, slots=True)
class Fleet:
    """A deployment of its own on a task queue of its own."""

    environment: WorkflowEnvironment
    pool: Pool
    name: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex[:8]}")

    def version(self, build: str) -> WorkerDeploymentVersion:
        return WorkerDeploymentVersion(self.name, build)

    @property
    def task_queues(self) -> frozenset[str]:
        return frozenset({self.name, self.name + BROWSER_QUEUE_SUFFIX})

    @contextlib.asynccontextmanager
    async def build(
        self, build: str, scripts: Mapping[str, Sequence[Turn]], *, window: int = 5, changed: bool = False
    ) -> AsyncIterator[Bench]:
        """Workers of one build; its directories count the clicks of these workers alone."""
        config = WorkerDeploymentConfig(self.version(build), True, VersioningBehavior.AUTO_UPGRADE)
        workflows = CHANGED[:2] if changed else (JobWorkflow, DirectoryWorkflow)
        async with working(
            self.environment,
            self.pool,
            scripts,
            window=window,
            task_queue=self.name,
            deployment=config,
            workflows=workflows,
        ) as bench:
            await self.adopt(build)
            yield bench

    async def adopt(self, build: str, *, always: bool = False) -> None:
        await deployments.adopt(self.environment.client, self.version(build), self.task_queues, always=always)
        async with asyncio.timeout(PATIENCE_S):
            while await self._is_spreading():
                await asyncio.sleep(0.05)

    async def _is_spreading(self) -> bool:
        """Whether some task queue has yet to hear which build is the current one."""
        client = self.environment.client
        asked = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=self.name)
        found = await client.workflow_service.describe_worker_deployment(asked, retry=True)
        state = found.worker_deployment_info.routing_config_update_state
        return state == RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS

    async def versions(self) -> dict[str, DeployedVersion]:
        found = await deployments.versions(self.environment.client, self.name)
        return {version.build_id: version for version in found}

    async def until_served(self, build: str) -> None:
        """A second after its workers began to poll, the server knows them."""
        async with asyncio.timeout(PATIENCE_S):
            while build not in await self.versions():
                await asyncio.sleep(0.1)

    async def until_pinned(self, build: str, number: int) -> None:
        """The server's list follows a moment later."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.versions())[build].pinned != number:
                await asyncio.sleep(0.1)
