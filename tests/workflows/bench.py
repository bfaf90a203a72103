"""A worker with scripted directories, and the few things a test does to it."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import (
    VersioningBehavior,
    WorkerDeploymentVersion,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.ledger import Ledger
from api.gateway import WorkflowGateway
from deploy.runtime import deployments
from deploy.runtime.worker import workflow_runner
from schema import ids
from schema.contracts.job import JobInput, JobProgress, Tier
from schema.contracts.replay import ReplayAnswer, RetryRequest
from schema.contracts.submission import DirectoryState, SubmissionStatus
from schema.store import jobs
from schema.store.database import Pool
from tests.factories import row
from tests.patience import PATIENCE_S
from tests.workflows.scripted import ScriptedDirectories, Turn
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow
from workflows.policies import BROWSER_QUEUE_SUFFIX

_THROTTLE = timedelta(seconds=1)
"""As the real workers: by default an activity hears of its cancellation only after 16 seconds."""


class Bench:
    """One task queue's workers, the directories they visit, and the ledger."""

    def __init__(self, client: Client, pool: Pool, directories: ScriptedDirectories, task_queue: str) -> None:
        self.client = client
        self.directories = directories
        self.task_queue = task_queue
        self._pool = pool

    async def start_job(self, job_id: UUID, *, paused: bool = False) -> WorkflowHandle[JobWorkflow, JobProgress]:
        return await self.client.start_workflow(
            JobWorkflow.run,
            JobInput(job_id=job_id, paused=paused),
            id=ids.job_workflow_id(job_id),
            task_queue=self.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )

    async def run_job(self, job_id: UUID) -> JobProgress:
        return await (await self.start_job(job_id)).result()

    def job(self, job_id: UUID) -> WorkflowHandle[JobWorkflow, JobProgress]:
        return self.client.get_workflow_handle_for(JobWorkflow.run, ids.job_workflow_id(job_id))

    def child(self, job_id: UUID, slug: str, replays: int = 0) -> WorkflowHandle[DirectoryWorkflow, DirectoryState]:
        workflow_id = ids.directory_workflow_id(job_id, slug, replays)
        return self.client.get_workflow_handle_for(DirectoryWorkflow.run, workflow_id)

    async def replay(self, job_id: UUID, *slugs: str) -> dict[str, ReplayAnswer]:
        """As `directorybolt replay` asks for it."""
        job = await jobs.find(self._pool, job_id)
        assert job is not None
        request = RetryRequest(slugs=slugs, by="ana", reason="they have mended it")
        report = await WorkflowGateway(self.client).retry_directories(job, request, self.task_queue)
        return {retry.slug: retry.answer for retry in report.directories}

    async def until(self, job_id: UUID, slug: str, status: SubmissionStatus) -> None:
        """Wait, in real time, until the ledger says so and the workflow has heard it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(Exception):
                    if (await self.child(job_id, slug).query(DirectoryWorkflow.outcome)).status is status:
                        break
                await asyncio.sleep(0.05)
        assert (await row(self._pool, job_id, slug)).status is status

    async def until_asked(self, job_id: UUID, number: int = 1) -> None:
        """Wait until so many of the job's directories have an open action."""
        query = """
            select count(*) from actions a join job_results r on r.id = a.result_id
            where r.job_id = $1 and a.status = 'open'
        """
        async with asyncio.timeout(PATIENCE_S):
            while await self._pool.fetchval(query, job_id) < number:
                await asyncio.sleep(0.05)

    async def until_quiet(self, job_id: UUID) -> JobProgress:
        """Wait until the job has heard of every directory that it has ended or waits for a person."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                progress = await self.job(job_id).query(JobWorkflow.progress)
                counts = progress.counts
                if 0 < counts.total == counts.ended + counts.waiting and not progress.running:
                    return progress
                await asyncio.sleep(0.05)

    async def until_settled(self, job_id: UUID) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not (await jobs.count(self._pool, job_id)).settled:
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def working(
    environment: WorkflowEnvironment,
    pool: Pool,
    scripts: Mapping[str, Sequence[Turn]] | None = None,
    *,
    window: int = 5,
    task_queue: str | None = None,
    deployment: WorkerDeploymentConfig | None = None,
    workflows: Sequence[type] = (JobWorkflow, DirectoryWorkflow),
) -> AsyncIterator[Bench]:
    """A worker on a task queue of its own, for as long as the block lasts, the only version where none is given.

    The server that skips time knows no versions.
    """
    queue = task_queue or f"test-{uuid.uuid4()}"
    only = None
    if deployment is None and not environment.supports_time_skipping:
        only = WorkerDeploymentVersion(queue, "only")
        deployment = WorkerDeploymentConfig(only, True, VersioningBehavior.AUTO_UPGRADE)
    directories = ScriptedDirectories(pool, scripts)
    ledger = Ledger(pool, environment.client, dict.fromkeys(Tier, window), timedelta(days=1))
    main = Worker(
        environment.client,
        task_queue=queue,
        workflows=workflows,
        activities=[
            ledger.begin_job,
            ledger.settle_children,
            ledger.finish_job,
            ledger.reopen_directories,
            ledger.take_turn,
            ledger.give_up,
            ledger.ask_person,
            ledger.resolve_action,
            ledger.expire_action,
            ledger.read_standing,
        ],
        workflow_runner=workflow_runner(),
        deployment_config=deployment,
    )
    browser = Worker(
        environment.client,
        task_queue=queue + BROWSER_QUEUE_SUFFIX,
        activities=[directories.plan_submission, directories.submit, directories.look_up],
        deployment_config=deployment,
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
    )
    async with main, browser:
        if only:
            await deployments.adopt(environment.client, only, {queue, queue + BROWSER_QUEUE_SUFFIX})
        yield Bench(environment.client, pool, directories, queue)


async def reset_points(handle: WorkflowHandle[Any, Any]) -> list[int]:
    """Every event that the handle's run can be reset to, oldest first: where its workflow tasks were completed."""
    return [
        event.event_id
        async for event in handle.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]


async def reset(
    bench: Bench,
    handle: WorkflowHandle[Any, Any],
    *,
    last: bool = False,
    at: int | None = None,
    without: Sequence["ResetReapplyExcludeType.ValueType"] = (),
) -> None:
    """As `temporal workflow reset --type FirstWorkflowTask` (or LastWorkflowTask) does, or to the event `at`.

    What came after it is applied again, but for the types in `without`. A run that has only just begun has no point
    to be reset to: its first workflow task is waited for.
    """
    if at is None:
        async with asyncio.timeout(PATIENCE_S):
            while not (points := await reset_points(handle)):
                await asyncio.sleep(0.05)
        at = points[-1 if last else 0]
    await bench.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=bench.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=handle.run_id or ""),
            reason="test",
            workflow_task_finish_event_id=at,
            request_id=str(uuid.uuid4()),
            reset_reapply_exclude_types=without,
        )
    )
