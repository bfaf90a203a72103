"""`idempotency_keys`: which requests are being carried out, and what became of those of the last day."""

import dataclasses
from datetime import timedelta

from schema.store.database import Executor

KEPT = timedelta(hours=24)
"""How long an answer is given again."""

_ABANDONED = timedelta(minutes=2)
"""Longer than any request takes: whoever carried it out has died over it."""

_SWEPT = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """Whether the caller may carry it out now. If not: what was `sent` under this key and the answer, if any."""

    ours: bool
    sent: bytes = b""
    answer: bytes | None = None


async def claim(db: Executor, key: bytes, sent: bytes) -> Claim:
    """Take the key, of which only one at a time can; keys that are over are forgotten by the way."""
    await db.execute(
        """
        delete from idempotency_keys where id in (
            select id from idempotency_keys where claimed_at < now() - $1::interval limit $2 for update skip locked
        )
        """,
        KEPT,
        _SWEPT,
    )
    taken = await db.fetchval(
        """
        insert into idempotency_keys as k (id, request_hash) values ($1, $2)
        on conflict (id) do update set request_hash = excluded.request_hash, claimed_at = now()
        where k.answer is null and k.claimed_at < now() - $3::interval
        returning true
        """,
        key,
        sent,
        _ABANDONED,
    )
    if taken:
        return Claim(ours=True)
    row = await db.fetchrow("select request_hash, answer from idempotency_keys where id = $1", key)
    # Given back in this very moment: for the caller it is as if it were still under way.
    return Claim(ours=False, sent=row["request_hash"], answer=row["answer"]) if row else Claim(ours=False, sent=sent)


async def keep(db: Executor, key: bytes, answer: bytes) -> None:
    """It is carried out: whoever asks again under this key gets the answer."""
    await db.execute("update idempotency_keys set answer = $2 where id = $1", key, answer)


async def give_back(db: Executor, key: bytes) -> None:
    """Nothing came of it: it may be asked again."""
    await db.execute("delete from idempotency_keys where id = $1 and answer is null", key)
