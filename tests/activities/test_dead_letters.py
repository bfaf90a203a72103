"""The dead-letter queue on a real SQS: looking moves nothing, and what is sent back is sent once and as it came."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from activities import bridge
from activities import dead_letters as module
from activities.dead_letters import DeadLetters
from activities.queues import Message, Queue
from schema.contracts.bridge import BridgeShift
from schema.contracts.dead_letter import Redrive, Redriven
from schema.contracts.job import JobStatus
from schema.store import history
from schema.store.history import Event
from tests.activities.edge import Edge
from tests.factories import add_job


@pytest.fixture
def letters(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> DeadLetters:
    # The local server is one: it knows all there is at once.
    monkeypatch.setattr(module, "_WAIT_S", 0)
    jobs, dead = (
        Queue(edge.sqs, name) for name in (edge.settings.sqs_queue_name, edge.settings.dead_letter_queue_name)
    )
    return DeadLetters(edge.pool, jobs, dead)


def bury(edge: Edge, body: str, **attributes: Any) -> str:
    """Put a message into the dead-letter queue; its id."""
    return edge.sqs.send_message(QueueUrl=edge.dead, MessageBody=body, MessageAttributes=attributes)["MessageId"]


async def redriven(
    letters: DeadLetters, *wanted: str, force: bool = False, dry_run: bool = False
) -> dict[str, Redriven]:
    walk = letters.redrive(wanted or None, "ana", force=force, dry_run=dry_run)
    return {result.message_id: result async for result in walk}


async def test_a_poisoned_message_is_listed_with_the_bridges_own_reason(
    edge: Edge, letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    body = await edge.message(job_id, priority="gold")
    monkeypatch.setattr(bridge, "_REJECTED_AGAIN_S", 0)
    edge.send(body)
    for _ in range(4):
        await edge.take()
    for _ in range(2):
        (letter,) = await letters.listed(10)
        assert letter.reason.startswith("priority: must be starter")
        assert letter.reason == letter.rejected
        assert (letter.body, letter.job_id) == (body, None)


async def test_looking_hides_nothing_and_takes_nothing_away(edge: Edge, letters: DeadLetters) -> None:
    ids = {bury(edge, f"message {number}") for number in range(25)}
    for _ in range(4):
        assert {letter.message_id for letter in await letters.listed(100)} == ids
    assert len(await letters.listed(7)) == 7
    assert await letters.count() == 25
    found = await letters.find(next(iter(ids)))
    assert found is not None
    assert await letters.find("nobody") is None
    assert len(edge.waiting(edge.dead)) == 25


async def test_what_never_got_a_reason_tells_what_else_happened(edge: Edge, letters: DeadLetters) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    claimed, silent = bury(edge, await edge.message(job_id)), bury(edge, await edge.message(job_id))
    for _ in range(3):
        await history.append(edge.pool, Event.QUEUE_CLAIMED, job_id, message_id=claimed)
    listed = {letter.message_id: letter for letter in await letters.listed(10)}
    assert listed[claimed].reason.startswith("Understood 3 times, but each time its job could not be started")
    assert listed[silent].reason.startswith("Received, and never a word about it")
    assert (listed[claimed].job_id, listed[claimed].job_status) == (job_id, JobStatus.PENDING)
    assert listed[claimed].rejected == ""


async def test_a_message_that_can_be_understood_now_goes_back_as_it_came_and_its_job_starts(
    edge: Edge, letters: DeadLetters
) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    body = await edge.message(job_id, note="Grüße")
    message_id = bury(edge, body, trace={"DataType": "String", "StringValue": "abc"})
    result = (await redriven(letters))[message_id]
    assert result == Redriven(message_id=message_id, became=Redrive.SENT, job_id=job_id)
    assert edge.waiting(edge.dead) == []
    answer = edge.sqs.receive_message(QueueUrl=edge.queue, MessageAttributeNames=["All"], VisibilityTimeout=0)
    (sent,) = answer["Messages"]
    assert (sent["Body"], sent["MessageAttributes"]["trace"]["StringValue"]) == (body, "abc")
    assert await edge.take() == BridgeShift(started=1)
    (event,) = await edge.pool.fetch("select job_id, detail from queue_history where event = 'dlq_redriven'")
    assert event["job_id"] == job_id
    assert event["detail"] == {"message_id": message_id, "sent_as": sent["MessageId"], "forced_past": "", "by": "ana"}


async def test_what_would_be_rejected_again_is_refused_unless_forced(edge: Edge, letters: DeadLetters) -> None:
    job_id = await add_job(edge.pool, ["alpha"])
    good, bad = bury(edge, await edge.message(job_id)), bury(edge, json.dumps({"job_id": str(uuid4())}))
    dry = await redriven(letters, dry_run=True)
    assert (dry[good].became, dry[bad].became) == (Redrive.WOULD_BE_SENT, Redrive.REFUSED)
    assert (edge.left(), await letters.count()) == (0, 2)
    results = await redriven(letters)
    assert (results[good].became, results[bad].became) == (Redrive.SENT, Redrive.REFUSED)
    assert results[bad].rejected == "customer_id: Field required"
    assert [letter.message_id for letter in await letters.listed(10)] == [bad]
    assert (await redriven(letters, bad, force=True))[bad].became is Redrive.SENT
    assert edge.left() == 2


async def test_only_those_asked_for_go_back(edge: Edge, letters: DeadLetters) -> None:
    body = await edge.message(await add_job(edge.pool, ["alpha"]))
    ids = [bury(edge, body) for _ in range(15)]
    assert set(await redriven(letters, ids[3], ids[11], "nobody")) == {ids[3], ids[11]}
    assert {letter.message_id for letter in await letters.listed(100)} == set(ids) - {ids[3], ids[11]}
    assert await redriven(letters, ids[3]) == {}


async def test_two_who_redrive_at_once_send_each_message_once(edge: Edge, letters: DeadLetters) -> None:
    body = await edge.message(await add_job(edge.pool, ["alpha"]))
    ids = {bury(edge, body) for _ in range(30)}
    both = await asyncio.gather(redriven(letters), redriven(letters))
    assert set(both[0]) | set(both[1]) == ids
    assert edge.left() == 30


async def test_an_interrupted_redrive_loses_nothing_and_is_taken_up_again(
    edge: Edge, letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = await edge.message(await add_job(edge.pool, ["alpha"]))
    for _ in range(25):
        bury(edge, body)

    put_back, under_way = Queue.put_back, asyncio.Semaphore(0)

    async def seen(queue: Queue, message: Message) -> str:
        under_way.release()
        return await put_back(queue, message)

    monkeypatch.setattr(Queue, "put_back", seen)
    task = asyncio.create_task(redriven(letters))
    for _ in range(12):
        await under_way.acquire()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (edge.left(), await letters.count()) == (12, 13), "what was under way came to its end"
    await redriven(letters)
    assert (edge.left(), await letters.count()) == (25, 0)


async def test_a_death_between_sending_and_deleting_doubles_and_the_bridge_forgives(
    edge: Edge, letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    bury(edge, await edge.message(await add_job(edge.pool, ["alpha"])))
    with monkeypatch.context() as dying:
        dying.setattr(Queue, "delete", lambda *_: (_ for _ in ()).throw(ConnectionError("died")))
        with pytest.raises(ConnectionError):
            await redriven(letters)
    assert (edge.left(), await letters.count()) == (1, 1)
    await redriven(letters)
    assert await edge.take() == BridgeShift(started=2)
    assert [event for event, _ in await edge.events()].count("dlq_redriven") == 2
