"""The edge of the queue: messages in from SQS become JobWorkflows, outbox rows go out to SQS.

Both activities run for a long shift and heartbeat; both are safe to run twice at once. A crash between any two
lines redelivers and changes nothing: the message is deleted only after its workflow is known to have started.
"""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from pydantic import ValidationError
from temporalio import activity
from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.boundary import boundary, heartbeating, scrub
from schema import ids, search_attributes
from schema.contracts.bridge import BridgeShift, RelayShift
from schema.contracts.job import JobInput
from schema.contracts.queue import JobMessage
from schema.failures import FailureType
from schema.store import history, jobs, outbox
from schema.store.database import Pool
from schema.store.history import Event
from schema.store.jobs import Job

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_SHIFT_S = 15 * 60
_LONG_POLL_S = 20
_BATCH = 10
_LOOK_S = 5.0
"""How often the relay looks without having been told: for what is due again."""

_PATIENCE_S = 5.0
_ERRORS_THAT_OPEN_THE_BREAKER = 10
_PAUSE_AFTER_ERROR_S = 1.0

_log = structlog.get_logger(__name__)


class _Taken(Enum):
    """What became of one message, or of one receive."""

    STARTED = auto()
    REJECTED = auto()
    ERROR = auto()
    NOTHING = auto()


class Rejected(Exception):
    """The message cannot be understood or does not fit its job; the text is the reason, for `queue_rejected`."""

    def __init__(self, reason: str, job_id: UUID | None = None) -> None:
        super().__init__(reason)
        self.job_id = job_id


class Bridge:
    """Moves paid jobs between the database, the queue and Temporal."""

    def __init__(self, pool: Pool, client: Client, sqs: "SQSClient", queue_url: str, task_queue: str) -> None:
        self._pool = pool
        self._client = client
        self._sqs = sqs
        self._queue_url = queue_url
        self._task_queue = task_queue

    @activity.defn
    async def bridge_messages(self) -> BridgeShift:
        """Take messages and start jobs for one shift of fifteen minutes, or until ten errors in a row."""
        taken: Counter[_Taken] = Counter()
        errors = 0
        until = time.monotonic() + _SHIFT_S
        async with heartbeating():
            while time.monotonic() < until and errors < _ERRORS_THAT_OPEN_THE_BREAKER:
                batch = await self._take_batch()
                taken.update(batch)
                for message in batch or [_Taken.NOTHING]:
                    errors = errors + 1 if message is _Taken.ERROR else 0
                if errors:
                    await asyncio.sleep(_PAUSE_AFTER_ERROR_S)
        return BridgeShift(
            started=taken[_Taken.STARTED],
            rejected=taken[_Taken.REJECTED],
            broken=errors >= _ERRORS_THAT_OPEN_THE_BREAKER,
        )

    @activity.defn
    async def relay_outbox(self) -> RelayShift:
        """Send what the outbox holds, at once when told and every few seconds anyway, for one shift."""
        with boundary(FailureType.QUEUE_UNAVAILABLE):
            sent = 0
            until = time.monotonic() + _SHIFT_S
            told = asyncio.Event()

            def tell(*_: object) -> None:
                told.set()

            async with heartbeating(), self._pool.acquire() as listener:
                listener.add_termination_listener(tell)
                await listener.add_listener(outbox.CHANNEL, tell)
                try:
                    while (left := until - time.monotonic()) > 0:
                        if listener.is_closed():
                            raise ConnectionError("The connection that listens to the outbox was lost.")
                        told.clear()
                        batch = await self._send_batch()
                        sent += batch
                        if batch < _BATCH:
                            await _wait(told, min(_LOOK_S, left))
                finally:
                    listener.remove_termination_listener(tell)
                    await listener.remove_listener(outbox.CHANNEL, tell)
            return RelayShift(sent=sent)

    async def _take_batch(self) -> list[_Taken]:
        """Receive once, and say what became of each message; an error of the receiving itself counts as one."""
        try:
            await self._check()
            messages = await self._receive()
        except Exception as error:
            _log.warning("cannot take messages", error=scrub(repr(error)))
            return [_Taken.ERROR]
        return [await self._take(message) for message in messages]

    async def _take(self, message: "MessageTypeDef") -> _Taken:
        try:
            return _Taken.STARTED if await self._handle(message) else _Taken.REJECTED
        except Exception as error:
            # Whatever it is, this message stays in the queue, and the others are not to suffer for it.
            _log.warning("message not handled", error=scrub(repr(error)), message_id=message.get("MessageId"))
            return _Taken.ERROR

    async def _check(self) -> None:
        """Raise unless a message could be handled now: every receive counts, and the third is a message's last."""
        await self._pool.execute("select 1", timeout=_PATIENCE_S)
        await self._client.service_client.check_health(timeout=timedelta(seconds=_PATIENCE_S))

    async def _receive(self) -> "list[MessageTypeDef]":
        answer = await asyncio.to_thread(
            self._sqs.receive_message,
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=_BATCH,
            WaitTimeSeconds=_LONG_POLL_S,
        )
        return answer.get("Messages", [])

    async def _handle(self, message: "MessageTypeDef") -> bool:
        """True when the message's job has its workflow; False when it was rejected and stays in the queue."""
        try:
            parsed, job = await self._understand(message.get("Body", ""))
        except Rejected as rejection:
            await history.append(
                self._pool,
                Event.QUEUE_REJECTED,
                rejection.job_id,
                reason=str(rejection),
                message_id=message.get("MessageId", ""),
            )
            _log.warning("message rejected", reason=str(rejection), message_id=message.get("MessageId"))
            return False
        await history.append(self._pool, Event.QUEUE_CLAIMED, job.id, message_id=message.get("MessageId", ""))
        await self._start(parsed, job)
        await history.append(self._pool, Event.WORKFLOW_STARTED, job.id, workflow_id=ids.job_workflow_id(job.id))
        await asyncio.to_thread(
            self._sqs.delete_message, QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
        )
        return True

    async def _understand(self, body: str) -> tuple[JobMessage, Job]:
        try:
            message = JobMessage.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "body"
            raise Rejected(scrub(f"{where}: {first['msg'].removeprefix('Value error, ')}")) from None
        job = await jobs.find(self._pool, message.job_id)
        if job is None:
            raise Rejected(f"job_id: there is no job {message.job_id}", message.job_id)
        if job.customer_id != message.customer_id:
            raise Rejected("customer_id: the job belongs to another customer", job.id)
        return message, job

    async def _start(self, message: JobMessage, job: Job) -> None:
        try:
            await self._client.start_workflow(
                "JobWorkflow",
                JobInput(job_id=job.id),
                id=ids.job_workflow_id(job.id),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                priority=Priority(priority_key=message.priority_key, fairness_key=str(job.customer_id)),
                search_attributes=search_attributes.of_job(job.id, job.customer_id, job.tier),
                static_summary=f"{job.tier} · {job.package_size} directories",
            )
        except WorkflowAlreadyStartedError:
            _log.info("job already started", job_id=str(job.id))

    async def _send_batch(self) -> int:
        """Send and mark under the rows' locks: a relay that dies in between sends again, which the bridge forgives."""
        async with self._pool.acquire() as connection, connection.transaction():
            batch = await outbox.take(connection, _BATCH)
            if not batch:
                return 0
            answer = await asyncio.to_thread(
                self._sqs.send_message_batch,
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(outbox_id), "MessageBody": message.model_dump_json()} for outbox_id, message in batch
                ],
            )
            for refused in answer.get("Failed", []):
                _log.error("message not sent", outbox_id=refused["Id"], code=refused["Code"])
            accepted = {entry["Id"] for entry in answer.get("Successful", [])}
            sent = [outbox_id for outbox_id, _ in batch if str(outbox_id) in accepted]
            await outbox.mark_sent(connection, sent)
            return len(sent)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
