"""The edge of the queue: messages in from SQS become JobWorkflows, outbox rows go out to SQS.

Both activities run for a long shift and heartbeat; both are safe to run twice at once. A crash between any two
lines redelivers and changes nothing: the message is deleted only after its workflow is known to have started.
"""

import asyncio
import contextlib
import time
from collections import Counter
from datetime import timedelta
from enum import Enum, auto

import asyncpg
import structlog
from temporalio import activity
from temporalio.client import Client

from activities.boundary import boundary, heartbeating, scrub
from activities.executions import start_job
from activities.messages import Rejected, understand
from activities.queues import BATCH, Message, Queue
from schema import ids
from schema.contracts.bridge import BridgeShift, RelayShift
from schema.failures import FailureType
from schema.store import history, outbox
from schema.store.database import Pool
from schema.store.history import Event

_SHIFT_S = 15 * 60
_LONG_POLL_S = 20
_LOOK_S = 5.0
"""How often the relay looks without having been told: for what is due again."""

_REJECTED_AGAIN_S = 60
"""So soon is what was not understood looked at again: by then the job that it names may be there. Three receives are
a message's last, and whoever looks for it in the dead-letter queue need not wait out the queue's ten minutes thrice.
"""

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


class Bridge:
    """Moves paid jobs between the database, the queue and Temporal."""

    def __init__(self, pool: Pool, client: Client, queue: Queue, task_queue: str) -> None:
        self._pool = pool
        self._client = client
        self._queue = queue
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
            told, lost = asyncio.Event(), False

            def tell(*_: object) -> None:
                told.set()

            def end(*_: object) -> None:
                nonlocal lost
                lost = True
                told.set()

            async with heartbeating(), self._pool.acquire() as listener:
                listener.add_termination_listener(end)
                await listener.add_listener(outbox.CHANNEL, tell)
                try:
                    while (left := until - time.monotonic()) > 0:
                        if lost:
                            raise ConnectionError("The connection that listens to the outbox was lost.")
                        told.clear()
                        batch = await self._send_batch()
                        sent += batch
                        if batch < BATCH:
                            await _wait(told, min(_LOOK_S, left))
                finally:
                    # A connection that was lost has no listeners any more, and says so instead of why it was lost.
                    with contextlib.suppress(asyncpg.InterfaceError):
                        listener.remove_termination_listener(end)
                        await listener.remove_listener(outbox.CHANNEL, tell)
            return RelayShift(sent=sent)

    async def _take_batch(self) -> list[_Taken]:
        """Receive once, and say what became of each message; an error of the receiving itself counts as one."""
        try:
            await self._check()
            messages = await self._queue.receive(wait_s=_LONG_POLL_S)
        except Exception as error:
            _log.warning("cannot take messages", error=scrub(repr(error)))
            return [_Taken.ERROR]
        return [await self._take(message) for message in messages]

    async def _take(self, message: Message) -> _Taken:
        try:
            return _Taken.STARTED if await self._handle(message) else _Taken.REJECTED
        except Exception as error:
            # Whatever it is, this message stays in the queue, and the others are not to suffer for it.
            _log.warning("message not handled", error=scrub(repr(error)), message_id=message.id)
            return _Taken.ERROR

    async def _check(self) -> None:
        """Raise unless a message could be handled now: every receive counts, and the third is a message's last."""
        await self._pool.execute("select 1", timeout=_PATIENCE_S)
        await self._client.service_client.check_health(timeout=timedelta(seconds=_PATIENCE_S))

    async def _handle(self, message: Message) -> bool:
        """True when the message's job has its workflow; False when it was rejected and stays in the queue."""
        try:
            parsed, job = await understand(self._pool, message.body)
        except Rejected as rejection:
            await history.append(
                self._pool,
                Event.QUEUE_REJECTED,
                rejection.job_id,
                reason=str(rejection),
                message_id=message.id,
            )
            _log.warning("message rejected", reason=str(rejection), message_id=message.id)
            await self._queue.release([message], _REJECTED_AGAIN_S)
            return False
        await history.append(self._pool, Event.QUEUE_CLAIMED, job.id, message_id=message.id)
        await start_job(self._client, self._task_queue, job, parsed.priority_key)
        await history.append(self._pool, Event.WORKFLOW_STARTED, job.id, workflow_id=ids.job_workflow_id(job.id))
        await self._queue.delete(message)
        return True

    async def _send_batch(self) -> int:
        """Send and mark under the rows' locks: a relay that dies in between sends again, which the bridge forgives."""
        async with self._pool.acquire() as connection, connection.transaction():
            batch = await outbox.take(connection, BATCH)
            if not batch:
                return 0
            refused = await self._queue.send(
                {str(outbox_id): message.model_dump_json() for outbox_id, message in batch}
            )
            for outbox_id, code in refused.items():
                _log.error("message not sent", outbox_id=outbox_id, code=code)
            sent = [outbox_id for outbox_id, _ in batch if str(outbox_id) not in refused]
            await outbox.mark_sent(connection, sent)
            return len(sent)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
