"""Children per second: a whole JobWorkflow against a parent whose children do nothing."""

import time
import uuid
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from deploy.local.parts import Piece
from deploy.runtime.worker import workflow_runner
from schema.store.database import open_pool
from tests.bench.bare import BareChild, BareParent
from tests.bench.figures import Figure
from tests.factories import add_job
from tests.stacks import running
from tests.workflows.bench import working

_CHILDREN = 60
_WINDOW = 25


async def measure(folder: Path) -> list[Figure]:
    async with running(folder, Piece.POSTGRES, Piece.TEMPORAL, Piece.MIGRATIONS) as stack:
        values = stack.environment.values
        client = await Client.connect(
            values["TEMPORAL_ADDRESS"], namespace=values["TEMPORAL_NAMESPACE"], data_converter=pydantic_data_converter
        )
        environment = WorkflowEnvironment.from_client(client)
        async with (
            await open_pool(values["DATABASE_URL"], 10) as pool,
            working(environment, pool, window=_WINDOW) as bench,
        ):
            job_id = await add_job(pool, [f"site-{number:03}" for number in range(_CHILDREN)])
            started = time.perf_counter()
            await bench.run_job(job_id)
            job = _CHILDREN / (time.perf_counter() - started)
        bare = await _bare(client)
    return [
        Figure("a bare no-op child workflow", bare, "children/s"),
        Figure("a directory: plan, slot, submit, ledger", job, "children/s", job / bare),
    ]


async def _bare(client: Client) -> float:
    queue = f"bare-{uuid.uuid4()}"
    async with Worker(client, task_queue=queue, workflows=[BareParent, BareChild], workflow_runner=workflow_runner()):
        started = time.perf_counter()
        await client.execute_workflow(BareParent.run, args=[_CHILDREN, _WINDOW], id=queue, task_queue=queue)
        return _CHILDREN / (time.perf_counter() - started)
