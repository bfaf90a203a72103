"""The worker process: `python -m deploy.runtime.worker`, or `directorybolt worker`.

Two Temporal workers in one process: workflows and short activities on the main task queue, browser activities on a
queue whose slots are the browser's. It drains on SIGTERM and SIGINT.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from deploy.runtime.logs import configure_logs
from deploy.runtime.settings import Settings, SettingsError, load_settings
from deploy.runtime.wiring import StartFailed, Wired, wired
from schema import ids
from schema.contracts.bridge import BridgeInput
from schema.store import workers
from schema.store.database import Pool
from workflows.bridge import OutboxRelayWorkflow, SqsBridgeWorkflow
from workflows.policies import BROWSER_QUEUE_SUFFIX
from workflows.registry import WORKFLOWS

_HEARTBEAT_S = 20
_DRAIN = timedelta(seconds=60)
_THROTTLE = timedelta(seconds=1)
"""Heartbeats are how a cancellation arrives: throttled to the default 30 s it would come too late."""

_log = structlog.get_logger(__name__)


def workflow_runner() -> SandboxedWorkflowRunner:
    """The workflow sandbox. Our own contracts are imported once, outside it: they have no side effects."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            "schema", "activities", "pydantic", "pydantic_core", "annotated_types", "email_validator"
        )
    )


def workers_for(wiring: Wired, settings: Settings) -> tuple[Worker, Worker]:
    """The two Temporal workers, not yet running."""
    main = Worker(
        wiring.client,
        task_queue=settings.temporal_task_queue,
        workflows=WORKFLOWS,
        activities=wiring.activities,
        workflow_runner=workflow_runner(),
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
    )
    browser = Worker(
        wiring.client,
        task_queue=settings.temporal_task_queue + BROWSER_QUEUE_SUFFIX,
        activities=wiring.browser_activities,
        max_concurrent_activities=settings.browser_slots,
        graceful_shutdown_timeout=_DRAIN,
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
    )
    return main, browser


async def start_edges(client: Client, settings: Settings) -> None:
    """See that the bridge and the outbox relay run; does nothing when they do."""
    await client.start_workflow(
        SqsBridgeWorkflow.run,
        BridgeInput(),
        id=ids.bridge_workflow_id(1),
        task_queue=settings.temporal_task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="SQS messages become jobs",
    )
    await client.start_workflow(
        OutboxRelayWorkflow.run,
        id=ids.RELAY_WORKFLOW_ID,
        task_queue=settings.temporal_task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="the outbox reaches the queue",
    )


async def run_worker(settings: Settings) -> None:
    """Work until told to stop, then finish what is in hand."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with wired(settings) as wiring, _beating(wiring.pool):
        main, browser = workers_for(wiring, settings)
        async with main, browser:
            await start_edges(wiring.client, settings)
            _log.info("worker started", task_queue=settings.temporal_task_queue, slots=settings.browser_slots)
            await stop.wait()
            _log.info("worker draining")
    _log.info("worker stopped")


@contextlib.asynccontextmanager
async def _beating(pool: Pool) -> AsyncIterator[None]:
    """Write the worker's heartbeat every 20 s, and its end."""
    worker_id, host, pid = uuid.uuid4(), socket.gethostname(), os.getpid()

    async def beat() -> None:
        while True:
            try:
                await workers.beat(pool, worker_id, host, pid, "running")
            except Exception as error:
                # The view stale_workers shows a worker that cannot write; the work itself goes on.
                _log.warning("heartbeat not written", error=type(error).__name__)
            await asyncio.sleep(_HEARTBEAT_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        with contextlib.suppress(Exception):
            await workers.beat(pool, worker_id, host, pid, "stopped")


async def _serve(settings: Settings) -> None:
    await run_worker(settings)
    # All is drained here. Leaving now spares the wait for a thread that still long-polls the queue, and the abort
    # that a worker which has run tasks sometimes meets in the SDK's own teardown (sdk-python #300).
    os._exit(0)


def main() -> None:
    """Run until told to stop. Raises SettingsError, or StartFailed where something needed is not there."""
    settings = load_settings()
    configure_logs(settings.log_level)
    asyncio.run(_serve(settings))


if __name__ == "__main__":
    try:
        main()
    except (SettingsError, StartFailed) as error:
        sys.exit(str(error))
