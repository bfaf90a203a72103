"""Whose turn it is at a directory, over all jobs and workers. The rules are the SQL function `take_turn`.

A turn is a lease on `directories`: whoever holds it may visit. What the visits say of the directory's health is kept
with it, so that what one customer's visit has met, the next one's need not meet again.
"""

from datetime import timedelta

from schema.contracts.submission import SubmissionRef, Turn
from schema.failures import FailureType
from schema.store.database import Executor
from schema.store.submissions import NotInLedger, Submission


async def take(db: Executor, ref: SubmissionRef) -> Turn:
    """Take the next turn, or the time to ask again. Safe to repeat. Raises NotInLedger."""
    row = await db.fetchrow(
        """
        select turn.* from job_results r join directories d on d.id = r.directory_id, take_turn(r.id) turn
        where r.job_id = $1 and d.slug = $2
        """,
        ref.job_id,
        ref.slug,
    )
    if row is None:
        raise NotInLedger(f"Job {ref.job_id} has no directory {ref.slug!r}.")
    return Turn.model_validate(dict(row))


async def hold(db: Executor, submission: Submission) -> bool:
    """Renew the lease for one visit; False when it was lost meanwhile, and somebody else may be there."""
    held = await db.fetchval(
        """
        update directories set held_until = now() + lease_length()
        where id = $1 and held_by = $2 and held_until > now() returning true
        """,
        submission.directory_id,
        submission.id,
    )
    return bool(held)


async def leave(db: Executor, submission: Submission, *, well: bool = False) -> None:
    """Give the turn back. `well` says that the directory took what was sent and answered: its failures are over."""
    await db.execute(
        """
        update directories set held_by = nullif(held_by, $2), failures = case when $3 then 0 else failures end
        where id = $1 and (held_by = $2 or $3 and failures > 0)
        """,
        submission.directory_id,
        submission.id,
        well,
    )


async def failed(db: Executor, submission: Submission, retry_after: timedelta | None = None) -> None:
    """Count a visit that the directory made fail, let it rest, and give the turn back.

    `retry_after` is the directory's own wish; it rests at least so long.
    """
    await db.execute(
        """
        update directories set held_by = nullif(held_by, $2), failures = failures + 1,
            resting_until = greatest(resting_until, now() + greatest(rest_after(failures + 1), $3))
        where id = $1
        """,
        submission.directory_id,
        submission.id,
        retry_after,
    )


async def note_failure(db: Executor, submission: Submission, failure: FailureType, reason: str) -> None:
    """Write on a row that is not sent yet why its last visit came to nothing: for people, no change of state."""
    await db.execute(
        """
        update job_results set failure = $2, reason = $3 where id = $1 and status in ('pending', 'planned')
        """,
        submission.id,
        failure,
        reason,
    )
