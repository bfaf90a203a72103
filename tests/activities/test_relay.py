"""The outbox relay on a real SQS and a real PostgreSQL: what was promised is sent, once, and at once."""

import asyncio

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.queues import Message, Queue
from deploy.runtime.aws import sqs_client
from schema.contracts.bridge import RelayShift
from schema.contracts.queue import JobMessage
from schema.failures import FailureType
from tests.activities.edge import Edge
from tests.factories import add_directories, add_job
from tests.patience import PATIENCE_S, eventually
from tests.serving import NOWHERE


async def test_the_outbox_is_sent_once_and_in_full(edge: Edge) -> None:
    await add_directories(edge.pool, ["alpha"])
    made = [await add_job(edge.pool) for _ in range(23)]
    assert await edge.relay() == RelayShift(sent=23)
    assert await edge.relay() == RelayShift(sent=0)
    sent = [JobMessage.model_validate_json(body) for body in edge.waiting()]
    assert sorted(message.job_id for message in sent) == sorted(made)


async def test_relays_at_once_send_each_row_once(edge: Edge) -> None:
    await add_directories(edge.pool, ["alpha"])
    for _ in range(23):
        await add_job(edge.pool)
    shifts = await asyncio.gather(*(edge.relay(edge.made()) for _ in range(3)))
    assert sum(shift.sent for shift in shifts) == 23 == len(edge.waiting())


async def test_a_new_row_is_sent_when_it_is_told_of_and_not_at_the_next_look(edge: Edge) -> None:
    edge.shift.endless = True
    relay = asyncio.create_task(edge.relay())
    await edge.shift.idle.acquire()
    await add_job(edge.pool, ["alpha"])

    async def sent() -> bool:
        return edge.left() == 1

    await eventually(sent)
    relay.cancel()
    with pytest.raises(asyncio.CancelledError):
        await relay


async def test_a_swallowed_message_is_sent_again_until_its_job_begins(edge: Edge) -> None:
    await add_job(edge.pool, ["alpha"])
    await edge.relay()
    assert len(edge.waiting()) == 1
    await edge.pool.execute("update outbox set sent_at = sent_at - interval '31 seconds'")
    assert await edge.relay() == RelayShift(sent=1)
    await edge.pool.execute("update outbox set sent_at = sent_at - interval '1 hour'")
    await edge.pool.execute("update jobs set status = 'in_progress'")
    assert await edge.relay() == RelayShift(sent=0)
    assert len(edge.waiting()) == 1


async def test_what_the_queue_did_not_take_stays_in_the_outbox(edge: Edge) -> None:
    await add_job(edge.pool, ["alpha"])
    nowhere = edge.settings.model_copy(update={"aws_endpoint_url_sqs": f"http://{NOWHERE}"})
    with pytest.raises(ApplicationError) as caught:
        await edge.relay(edge.made(queue=Queue(sqs_client(nowhere), nowhere.sqs_queue_name)))
    assert (caught.value.type, caught.value.non_retryable) == (FailureType.QUEUE_UNAVAILABLE, False)
    assert await edge.relay() == RelayShift(sent=1)


async def test_a_relay_that_hears_nothing_any_more_says_so(edge: Edge) -> None:
    edge.shift.endless = True
    relay = asyncio.create_task(edge.relay())
    await edge.shift.idle.acquire()
    listening = "select pid from pg_stat_activity where query ilike 'listen%' and datname = current_database()"
    await edge.pool.execute(f"select pg_terminate_backend(pid) from ({listening}) as listening")
    with pytest.raises(ApplicationError, match="listens to the outbox was lost") as caught:
        await asyncio.wait_for(relay, PATIENCE_S)
    assert caught.value.type == FailureType.STORE_UNAVAILABLE


async def test_a_cancelled_shift_ends_whatever_it_waits_for(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    edge.shift.endless = True

    async def for_ever(*_: object, **__: object) -> list[Message]:
        edge.shift.idle.release()
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(Queue, "receive", for_ever)
    for activity in (edge.bridge.bridge_messages, edge.bridge.relay_outbox):
        environment = ActivityEnvironment()
        shift = asyncio.create_task(environment.run(activity))
        await edge.shift.idle.acquire()
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(shift, PATIENCE_S)
