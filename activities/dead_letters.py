"""The dead-letter queue in an operator's hands: why a message is there, and the way back for it.

A look takes every message in hand for a moment and lets go of all of them: none is lost, moved on or hidden for
long. SQS has a call of its own that moves messages back; it tells nobody which, and not every server knows it.
"""

import contextlib
from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import UTC, datetime

from activities.boundary import to_its_end
from activities.messages import Rejected, understand
from activities.queues import Message, Queue
from schema.contracts.dead_letter import DeadLetterBody, Redrive, Redriven
from schema.store import history
from schema.store.database import Pool
from schema.store.history import Event, MessageEvent
from schema.store.jobs import Job

_HIDDEN_S = 60
"""So long is a message hidden where whoever looked at it died."""

_WAIT_S = 1
"""A receive that does not wait asks only some of SQS's servers, and may miss what the others hold."""


class DeadLetters:
    """Raises botocore's and asyncpg's errors."""

    def __init__(self, pool: Pool, jobs: Queue, dead: Queue) -> None:
        self._pool = pool
        self._jobs = jobs
        self._dead = dead

    async def count(self) -> int:
        """How many messages there are, as far as SQS knows."""
        return await self._dead.depth()

    async def listed(self, limit: int) -> tuple[DeadLetterBody, ...]:
        """Up to `limit` messages, oldest first."""
        found = []
        async with contextlib.aclosing(self._walk()) as walk:
            async for message in walk:
                found.append(message)
                if len(found) == limit:
                    break
        events = await history.of_messages(self._pool, [message.id for message in found])
        shown = [await self._shown(message, events.get(message.id, ())) for message in found]
        return tuple(sorted(shown, key=lambda letter: letter.sent_at))

    async def find(self, message_id: str) -> DeadLetterBody | None:
        async with contextlib.aclosing(self._walk()) as walk:
            async for message in walk:
                if message.id == message_id:
                    events = await history.of_messages(self._pool, [message_id])
                    return await self._shown(message, events.get(message_id, ()))
        return None

    async def redrive(
        self, wanted: Collection[str] | None, by: str, *, force: bool, dry_run: bool
    ) -> AsyncGenerator[Redriven, None]:
        """Send the wanted messages (None: all) to the job queue again, one after the other.

        What the bridge would reject again is refused, unless `force`; `by` is who asks, for the record. Safe to repeat
        and to interrupt: a message is deleted after it was sent, and one that comes twice changes nothing.
        """
        left = set(wanted or ())
        async with contextlib.aclosing(self._walk()) as walk:
            async for message in walk:
                if wanted is not None and message.id not in left:
                    continue
                left.discard(message.id)
                yield await self._redrive(message, by, force=force, dry_run=dry_run)
                if wanted is not None and not left:
                    break

    async def _redrive(self, message: Message, by: str, *, force: bool, dry_run: bool) -> Redriven:
        job, rejection = await self._understood(message)
        job_id = job.id if job else rejection.job_id if rejection else None
        became = Redrive.WOULD_BE_SENT if dry_run else Redrive.SENT
        if rejection and not force:
            became = Redrive.REFUSED
        result = Redriven(
            message_id=message.id, became=became, rejected=str(rejection) if rejection else "", job_id=job_id
        )
        if became is Redrive.SENT:
            await to_its_end(self._send(message, result, by))
        return result

    async def _send(self, message: Message, result: Redriven, by: str) -> None:
        sent_as = await self._jobs.put_back(message)
        await history.append(
            self._pool,
            Event.DLQ_REDRIVEN,
            result.job_id,
            message_id=message.id,
            sent_as=sent_as,
            forced_past=result.rejected,
            by=by,
        )
        await self._dead.delete(message)

    async def _walk(self) -> AsyncGenerator[Message, None]:
        """Every message once; nobody else sees them until the walk is over."""
        held: dict[str, Message] = {}
        try:
            while batch := await self._dead.receive(wait_s=_WAIT_S, hidden_s=_HIDDEN_S):
                # On a long walk the first ones come again: then they are only taken in hand anew.
                new = [message for message in batch if message.id not in held]
                held.update({message.id: message for message in batch})
                for message in new:
                    yield message
        finally:
            await self._dead.release(list(held.values()))

    async def _understood(self, message: Message) -> tuple[Job | None, Rejected | None]:
        try:
            _, job = await understand(self._pool, message.body)
        except Rejected as rejection:
            return None, rejection
        return job, None

    async def _shown(self, message: Message, events: Sequence[MessageEvent]) -> DeadLetterBody:
        job, rejection = await self._understood(message)
        return DeadLetterBody(
            message_id=message.id,
            sent_at=datetime.fromtimestamp(message.sent_at, UTC),
            reason=_reason(events),
            rejected=str(rejection) if rejection else "",
            job_id=job.id if job else rejection.job_id if rejection else None,
            job_status=job.status if job else None,
            body=message.body,
        )


def _reason(events: Sequence[MessageEvent]) -> str:
    """Why the message was not taken, from what was written down about it, oldest first."""
    rejections = [event.reason for event in events if event.event is Event.QUEUE_REJECTED]
    if rejections:
        return rejections[-1]
    claims = sum(event.event is Event.QUEUE_CLAIMED for event in events)
    if claims:
        return (
            f"Understood {claims} times, but each time its job could not be started, or the message not deleted: "
            "Temporal, the queue or the worker failed in between."
        )
    return "Received, and never a word about it: each time the worker died, or the database was away."
