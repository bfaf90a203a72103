"""Plays worlds on a server that skips from one moment at which something is due to the next.

All worlds share one server and one database, and with them their virtual weeks; nothing else joins them.
"""

import asyncio
import contextlib
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from unittest import mock

from temporalio import workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.ledger import Ledger
from activities.upkeep import Upkeep
from api import gateway
from schema.contracts.job import Tier
from schema.search_attributes import ALL
from schema.store.database import Pool
from tests.simulation import audit
from tests.simulation.clock import CONNECTIONS, Clock, TellsTime, open_simulated
from tests.simulation.faults import Breaks
from tests.simulation.parts import SimulatedPlanning, SimulatedReconciling, SimulatedSubmitting
from tests.simulation.people import People, Size
from tests.simulation.world import World, Worlds
from workflows import job
from workflows.directory import DirectoryWorkflow
from workflows.job import JobWorkflow
from workflows.policies import BROWSER_QUEUE_SUFFIX
from workflows.upkeep import UpkeepWorkflow

_TASK_QUEUE = "simulation"
_PEOPLE = "people"
_WINDOW = 4
_ROUNDS_PER_RUN = 500
_LONGEST_LOOK_S = 6 * 3600
_GATEWAY_PATIENCE_S = 300
_CACHED_WORKFLOWS = 5_000
_AT_ONCE = CONNECTIONS // 4
"""Activities per worker: one that waits for a connection may time out, and the clock of this server stops for good."""

_STOPPED_AFTER_S = 30
"""Real time in which nobody's work begins. Where the clock goes, there is some every few virtual hours."""


class ClockStopped(Exception):
    """An activity has timed out while it ran, as on a machine with much to do: this server will skip no more time.

    That says nothing of us.
    """


@workflow.defn
class Calendar:
    """Wakes people when they are due: their time passes as that of every other workflow does."""

    @workflow.run
    async def run(self) -> None:
        for _ in range(_ROUNDS_PER_RUN):
            wait_s = await workflow.execute_activity_method(
                People.conduct,
                start_to_close_timeout=timedelta(minutes=5),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
            if wait_s is None:
                return
            await workflow.sleep(wait_s)
        workflow.continue_as_new()


class Stage:
    """A server that skips time, a ledger on its clock, and workers with simulated directories."""

    def __init__(self, client: Client, pool: Pool, clock: Clock, worlds: Worlds, people: People) -> None:
        self.worlds = worlds
        self._client = client
        self._pool = pool
        self._clock = clock
        self._people = people

    async def play(self, worlds: Mapping[int, Size]) -> None:
        """A world for each seed, until every job has ended or should have long ago. Raises ClockStopped."""
        for seed, size in worlds.items():
            await self._people.enter(World.drawn(seed, size.directories, self._clock), size)
        self._clock.worked_at = time.monotonic()
        # The server skips ahead while somebody waits for a result, and only then.
        playing = asyncio.create_task(
            self._client.execute_workflow(Calendar.run, id=f"calendar-{uuid.uuid4()}", task_queue=_PEOPLE)
        )
        try:
            while not playing.done():
                _, unfinished = await asyncio.wait([playing], timeout=1)
                if unfinished and time.monotonic() - self._clock.worked_at > _STOPPED_AFTER_S:
                    raise ClockStopped
        finally:
            playing.cancel()
            await asyncio.wait([playing])
        playing.result()

    @property
    def elapsed(self) -> timedelta:
        """How much virtual time was played."""
        return self._clock.now - self._people.opened

    async def complaints(self) -> AsyncIterator[str]:
        """Every promise that some world did not keep, with its seed."""
        for seed, world in self.worlds.all.items():
            for complaint in await audit.complaints(self._pool, world):
                yield f"seed {seed}: {complaint}"


@contextlib.asynccontextmanager
async def staged(database_url: str) -> AsyncIterator[Stage]:
    """Everything that worlds are played on. The database must be migrated, and nobody else's."""
    async with (
        await open_simulated(database_url) as pool,
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=str(Path(sys.executable).parent / "temporal-test-server"),
            data_converter=pydantic_data_converter,
        ) as environment,
    ):
        client = environment.client
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in ALL},
            )
        )
        clock, worlds = Clock(pool), Worlds()
        await clock.reach(await environment.get_current_time())
        people = People(client, pool, clock, worlds, _TASK_QUEUE)
        async with contextlib.AsyncExitStack() as stack:
            # Otherwise looks into the ledger are most of what happens while a job waits for weeks.
            stack.enter_context(mock.patch.object(job, "_LONGEST_LOOK_S", _LONGEST_LOOK_S))
            # Real time: whoever loses patience leaves what may yet be carried out when all seems to be over.
            stack.enter_context(mock.patch.object(gateway, "_PATIENCE_S", _GATEWAY_PATIENCE_S))
            for worker in _workers(client, pool, clock, worlds, people):
                await stack.enter_async_context(worker)
            yield Stage(client, pool, clock, worlds, people)


def _workers(client: Client, pool: Pool, clock: Clock, worlds: Worlds, people: People) -> tuple[Worker, ...]:
    ledger = Ledger(pool, client, dict.fromkeys(Tier, _WINDOW), timedelta(days=1))
    tells_time, breaks = TellsTime(clock), Breaks(worlds)
    main = Worker(
        client,
        task_queue=_TASK_QUEUE,
        workflows=[JobWorkflow, DirectoryWorkflow],
        activities=[
            ledger.begin_job,
            ledger.settle_children,
            ledger.finish_job,
            ledger.reopen_directories,
            ledger.take_turn,
            ledger.read_standing,
            ledger.give_up,
            ledger.ask_person,
            ledger.resolve_action,
            ledger.expire_action,
        ],
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[tells_time, breaks],
        max_cached_workflows=_CACHED_WORKFLOWS,
        max_concurrent_activities=_AT_ONCE,
    )
    browser = Worker(
        client,
        task_queue=_TASK_QUEUE + BROWSER_QUEUE_SUFFIX,
        activities=[
            SimulatedPlanning(pool, worlds).plan_submission,
            SimulatedSubmitting(pool, worlds).submit,
            SimulatedReconciling(pool, worlds).look_up,
        ],
        interceptors=[tells_time, breaks],
        max_concurrent_activities=_AT_ONCE,
    )
    upkeep = Upkeep(pool, client, _TASK_QUEUE)
    outside = Worker(
        client,
        task_queue=_PEOPLE,
        workflows=[Calendar, UpkeepWorkflow],
        activities=[people.conduct, upkeep.settle_submissions, upkeep.expire_actions],
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[tells_time],
    )
    return main, browser, outside
