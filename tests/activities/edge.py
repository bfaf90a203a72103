"""One bridge on real servers, its queues, and what a test does to them. The fixture is `edge`."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities import bridge as module
from activities.bridge import Bridge
from activities.queues import Message, Queue
from deploy.runtime.aws import sqs_client
from deploy.runtime.settings import Settings
from schema import ids
from schema.contracts.bridge import BridgeShift, RelayShift
from schema.store.database import Pool

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Shift:
    """The clock of bridge and relay: it stands still while there is work, and once there is none the shift is over.

    Unless it is `endless`. `idle` is released whenever a relay has nothing left to send.
    """

    def __init__(self) -> None:
        self.endless = False
        self.idle = asyncio.Semaphore(0)
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def end(self) -> None:
        if not self.endless:
            self._now += 2 * module._SHIFT_S


class _Watched(Queue):
    """A shift is over when nothing is left in it."""

    def __init__(self, sqs: "SQSClient", name: str, shift: Shift) -> None:
        super().__init__(sqs, name)
        self._shift = shift

    async def receive(self, *, wait_s: int, hidden_s: int | None = None) -> list[Message]:
        messages = await super().receive(wait_s=wait_s, hidden_s=hidden_s)
        if not messages:
            self._shift.end()
        return messages


class Edge:
    """One bridge with its queues, and what a test does to them."""

    def __init__(self, settings: Settings, pool: Pool, client: Client, shift: Shift) -> None:
        self.settings = settings
        self.pool = pool
        self.client = client
        self.shift = shift
        self.sqs: SQSClient = sqs_client(settings)
        self.queue = self.sqs.get_queue_url(QueueName=settings.sqs_queue_name)["QueueUrl"]
        self.dead = self.sqs.get_queue_url(QueueName=settings.dead_letter_queue_name)["QueueUrl"]
        self.bridge = self.made()

    def made(self, **other: Any) -> Bridge:
        """A bridge, with other clients where given."""
        jobs = _Watched(self.sqs, self.settings.sqs_queue_name, self.shift)
        parts = {"pool": self.pool, "client": self.client, "queue": jobs, **other}
        return Bridge(task_queue=self.settings.temporal_task_queue, **parts)

    async def take(self, bridge: Bridge | None = None) -> BridgeShift:
        return await ActivityEnvironment().run((bridge or self.bridge).bridge_messages)

    async def relay(self, bridge: Bridge | None = None) -> RelayShift:
        return await ActivityEnvironment().run((bridge or self.bridge).relay_outbox)

    def send(self, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)

    async def message(self, job_id: UUID, **changes: Any) -> str:
        """The job's message as it lies in the outbox."""
        body = await self.pool.fetchval("select message from outbox where job_id = $1", job_id)
        return json.dumps({**body, **changes})

    def waiting(self, queue: str | None = None) -> list[str]:
        """The bodies of all visible messages; they are taken out."""
        bodies: list[str] = []
        while True:
            answer = self.sqs.receive_message(QueueUrl=queue or self.queue, MaxNumberOfMessages=10)
            messages = answer.get("Messages", [])
            if not messages:
                return bodies
            for message in messages:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=queue or self.queue, ReceiptHandle=message["ReceiptHandle"])

    def left(self) -> int:
        """How many messages are in the queue, visible or in hand."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    def show_again_after(self, seconds: int) -> None:
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"VisibilityTimeout": str(seconds)})

    async def events(self) -> list[tuple[str, UUID | None]]:
        rows = await self.pool.fetch("select event, job_id from queue_history order by seq")
        return [(row["event"], row["job_id"]) for row in rows]

    async def reasons(self) -> list[str]:
        rows = await self.pool.fetch("select detail from queue_history where event = 'queue_rejected' order by seq")
        return [row["detail"]["reason"] for row in rows]

    async def workflow(self, job_id: UUID) -> WorkflowExecutionDescription | None:
        try:
            return await self.client.get_workflow_handle(ids.job_workflow_id(job_id)).describe()
        except RPCError:
            return None


@pytest.fixture
async def edge(
    settings: Settings, pool: Pool, dev: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Edge]:
    shift, wait = Shift(), module._wait

    async def idle(told: asyncio.Event, seconds: float) -> None:
        shift.idle.release()
        if shift.endless:
            await wait(told, seconds)
        shift.end()

    monkeypatch.setattr(module, "time", shift)
    monkeypatch.setattr(module, "_wait", idle)
    monkeypatch.setattr(module, "_LOOK_S", 3600.0)
    monkeypatch.setattr(module, "_LONG_POLL_S", 0)
    monkeypatch.setattr(module, "_PAUSE_AFTER_ERROR_S", 0.01)
    made = Edge(settings, pool, dev.client, shift)
    yield made
    for row in await pool.fetch("select id from jobs"):
        with contextlib.suppress(RPCError):
            await dev.client.get_workflow_handle(ids.job_workflow_id(row["id"])).terminate()
