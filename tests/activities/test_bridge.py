"""The edge of the queue on a real SQS, a real PostgreSQL and a real Temporal: nothing paid is lost or started twice."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities import bridge as module
from activities import executions
from activities.queues import Queue
from deploy.runtime.aws import sqs_client
from schema.contracts.bridge import BridgeShift
from schema.contracts.job import Tier
from schema.store.database import open_pool
from schema.store.jobs import Job
from tests.activities.edge import Edge
from tests.factories import add_directories, add_job
from tests.patience import PATIENCE_S
from tests.serving import NOWHERE


async def test_a_paid_job_starts_its_workflow_and_leaves_the_queue(edge: Edge) -> None:
    job_id = await add_job(edge.pool, ["alpha"], tier=Tier.PROFESSIONAL)
    edge.send(await edge.message(job_id))
    assert await edge.take() == BridgeShift(started=1)
    workflow = await edge.workflow(job_id)
    assert workflow is not None
    assert (workflow.id, workflow.workflow_type) == (f"job-{job_id}", "JobWorkflow")
    assert workflow.task_queue == edge.settings.temporal_task_queue
    customer = await edge.pool.fetchval("select customer_id::text from jobs")
    found = {pair.key.name: pair.value for pair in workflow.typed_search_attributes}
    assert found == {"JobId": str(job_id), "CustomerId": customer, "Tier": "professional"}
    priority = workflow.raw_description.workflow_execution_info.priority
    assert (priority.priority_key, priority.fairness_key) == (2, customer)
    assert await edge.events() == [("queue_claimed", job_id), ("workflow_started", job_id)]
    assert edge.left() == 0


async def test_the_same_message_again_starts_nothing_and_leaves_the_queue(edge: Edge) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    for _ in range(2):
        edge.send(await edge.message(job_id))
    assert await edge.take() == BridgeShift(started=2)
    first = await edge.workflow(job_id)
    assert first is not None
    await edge.client.get_workflow_handle(first.id).terminate()
    edge.send(await edge.message(job_id))
    assert await edge.take() == BridgeShift(started=1)
    again = await edge.workflow(job_id)
    assert again is not None
    assert again.run_id == first.run_id
    assert edge.left() == 0


async def test_the_messages_priority_is_the_workflows_in_every_spelling(edge: Edge) -> None:
    await add_directories(edge.pool, ["alpha"])
    spellings = {"pro": 2, "professional": 2, "enterprise": 1, "starter": 4, 1: 1, 6: 3, "10": 5}
    made = {await add_job(edge.pool): priority for priority in spellings}
    for job_id, priority in made.items():
        edge.send(await edge.message(job_id, priority=priority, campaign="spring"))
    assert await edge.take() == BridgeShift(started=len(made))
    for job_id, priority in made.items():
        workflow = await edge.workflow(job_id)
        assert workflow is not None
        assert workflow.raw_description.workflow_execution_info.priority.priority_key == spellings[priority]


async def test_what_cannot_be_understood_is_named_and_stays(edge: Edge) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    good = json.loads(await edge.message(job_id))
    stranger = str(uuid4())
    cases = {
        "{not json": "body: ",
        "[]": "body: ",
        json.dumps({key: value for key, value in good.items() if key != "customer_id"}): "customer_id: ",
        json.dumps({**good, "priority": "gold"}): "priority: ",
        json.dumps({**good, "priority": 11}): "priority: ",
        json.dumps({**good, "version": 2}): "version: ",
        json.dumps({**good, "package_size": "many"}): "package_size: ",
        json.dumps({**good, "job_id": stranger}): f"job_id: there is no job {stranger}",
        json.dumps({**good, "customer_id": stranger}): "customer_id: the job belongs to another customer",
    }
    for body in cases:
        edge.send(body)
    assert await edge.take() == BridgeShift(rejected=len(cases))
    reasons = await edge.reasons()
    for start in cases.values():
        assert any(reason.startswith(start) for reason in reasons), (start, reasons)
    assert edge.left() == len(cases)
    assert await edge.workflow(job_id) is None


async def test_a_rejection_is_in_the_history_of_the_job_it_names(edge: Edge) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    edge.send(await edge.message(job_id, customer_id=str(uuid4())))
    await edge.take()
    assert await edge.events() == [("queue_rejected", job_id)]


async def test_nothing_a_customer_wrote_is_in_the_reason(edge: Edge) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    edge.send(await edge.message(job_id, created_at="maya@bluebirdbakery.com, +1 512 555 0147"))
    await edge.take()
    (reason,) = await edge.reasons()
    assert reason.startswith("created_at: ")
    assert "bluebird" not in reason
    assert "555" not in reason


async def test_a_rejected_message_is_in_the_dead_letter_queue_after_three_receives_as_it_came(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"job_id": "none", "note": "Grüße"})
    # The bridge's own pause, and not the queue's ten minutes.
    monkeypatch.setattr(module, "_REJECTED_AGAIN_S", 0)
    edge.send(body)
    shifts = [await edge.take() for _ in range(4)]
    assert sum(shift.rejected for shift in shifts) == 3
    assert edge.left() == 0
    assert edge.waiting(edge.dead) == [body]


async def test_a_message_that_meets_a_bug_is_not_in_the_way_of_others(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_directories(edge.pool, ["alpha"])
    made = [await add_job(edge.pool) for _ in range(5)]
    for job_id in made:
        edge.send(await edge.message(job_id))
    start = executions.start_job

    async def unlucky(client: Client, task_queue: str, job: Job, priority_key: int) -> None:
        if job.id == made[1]:
            raise RuntimeError("a bug")
        await start(client, task_queue, job, priority_key)

    monkeypatch.setattr(module, "start_job", unlucky)
    assert await edge.take() == BridgeShift(started=4)
    assert edge.left() == 1


async def test_ten_errors_in_a_row_open_the_breaker(edge: Edge) -> None:
    nowhere = edge.settings.model_copy(update={"aws_endpoint_url_sqs": f"http://{NOWHERE}"})
    assert await edge.take(edge.made(queue=Queue(sqs_client(nowhere), nowhere.sqs_queue_name))) == BridgeShift(
        broken=True
    )


async def test_errors_that_are_not_in_a_row_do_not(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    edge.shift.endless = True
    receives = 0
    enough = asyncio.Event()

    async def flaky(**_: int) -> list[Any]:
        nonlocal receives
        receives += 1
        if receives > 25:
            enough.set()
        if receives % 10:
            raise ConnectionError
        return []

    monkeypatch.setattr(Queue, "receive", lambda _, **asked: flaky(**asked))
    environment = ActivityEnvironment()
    shift = asyncio.create_task(environment.run(edge.bridge.bridge_messages))
    async with asyncio.timeout(PATIENCE_S):
        await enough.wait()
    assert not shift.done()
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await shift


@pytest.mark.parametrize("away", ["database", "temporal"])
async def test_while_the_database_or_temporal_is_away_no_message_is_taken(edge: Edge, away: str) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    edge.show_again_after(0)
    edge.send(await edge.message(job_id))
    async with await open_pool(f"postgresql://postgres@{NOWHERE}/x", 1) as pool:
        client = await Client.connect(NOWHERE, lazy=True)
        bridge = edge.made(pool=pool) if away == "database" else edge.made(client=client)
        assert await edge.take(bridge) == BridgeShift(broken=True)
    assert await edge.take() == BridgeShift(started=1)
