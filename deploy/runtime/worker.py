"""The worker process: `python -m deploy.runtime.worker`, or `directorybolt worker`.

Two Temporal workers in one process: workflows and short activities on the main task queue, browser activities on a
queue whose slots are the browser's. It drains on SIGTERM and SIGINT.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta

import structlog
from temporalio.service import RPCError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.executions import EDGES, start_edge
from deploy.runtime.build import build_id, deployment_config, deployment_version
from deploy.runtime.deployments import NotPromoted, adopt
from deploy.runtime.logs import configure_logs
from deploy.runtime.pulse import Pulse
from deploy.runtime.schedule import ensure_schedules
from deploy.runtime.settings import Settings, SettingsError, load_settings
from deploy.runtime.wiring import StartFailed, Wired, wired
from schema.contracts.worker import WorkerStatus
from workflows.policies import BROWSER_QUEUE_SUFFIX
from workflows.registry import WORKFLOWS

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


def workers_for(wiring: Wired, settings: Settings, pulse: Pulse) -> tuple[Worker, Worker]:
    """The two Temporal workers, not yet running. They are of one deployment version: a pinned workflow's activities
    stay on its version only where that version serves their queue too.
    """
    main = Worker(
        wiring.client,
        task_queue=settings.temporal_task_queue,
        workflows=WORKFLOWS,
        activities=wiring.activities,
        workflow_runner=workflow_runner(),
        deployment_config=deployment_config(settings),
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
        interceptors=[pulse],
    )
    browser = Worker(
        wiring.client,
        task_queue=settings.temporal_task_queue + BROWSER_QUEUE_SUFFIX,
        activities=wiring.browser_activities,
        max_concurrent_activities=settings.browser_slots,
        deployment_config=deployment_config(settings),
        graceful_shutdown_timeout=_DRAIN,
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
        interceptors=[pulse],
    )
    return main, browser


def task_queues(settings: Settings) -> frozenset[str]:
    """The queues that a worker process serves, all of them or none."""
    return frozenset({settings.temporal_task_queue, settings.temporal_task_queue + BROWSER_QUEUE_SUFFIX})


async def take_part(wiring: Wired, settings: Settings) -> None:
    """Make the running workers' version the current one where there is none yet. Raises StartFailed.

    Without a BUILD_ID, on a laptop, it always becomes the current one. Elsewhere that is the operators' decision.
    """
    version = deployment_version(settings)
    try:
        await adopt(wiring.client, version, task_queues(settings), always=settings.build_id is None)
    except (NotPromoted, RPCError) as error:
        raise StartFailed(
            f"Temporal does not give the deployment {version.deployment_name} its first version: {error}"
        ) from None


async def _begin(wiring: Wired, settings: Settings) -> None:
    """What a worker sees to before it counts as running. Raises StartFailed and RPCError."""
    await take_part(wiring, settings)
    for edge in EDGES:
        await start_edge(wiring.client, settings.temporal_task_queue, edge)
    await ensure_schedules(wiring.client, settings)
    _log.info(
        "worker started",
        task_queue=settings.temporal_task_queue,
        build_id=build_id(settings),
        slots=settings.browser_slots,
    )


async def run_worker(settings: Settings) -> None:
    """Work until told to stop, then finish what is in hand. Raises StartFailed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    pulse = Pulse(build_id(settings))
    async with wired(settings) as wiring, pulse.beating(wiring.pool):
        started = False
        try:
            main, browser = workers_for(wiring, settings, pulse)
            async with main, browser:
                await _begin(wiring, settings)
                started = True
                await pulse.tell(wiring.pool, WorkerStatus.RUNNING)
                await stop.wait()
                _log.info("worker draining")
                await pulse.tell(wiring.pool, WorkerStatus.DRAINING)
        except (RPCError, RuntimeError, asyncio.CancelledError) as error:
            # A Temporal worker that fails cancels this task; of two that do, the second cancels the first one's word.
            if started:
                raise
            raise StartFailed(
                f"Temporal at {settings.temporal_address} went away while the worker started"
                f"{f' ({error})' if str(error) else ''}: see that it runs, and start the worker again."
            ) from None
    _log.info("worker stopped")


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
