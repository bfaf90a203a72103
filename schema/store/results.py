"""`job_results`: the submission ledger. Every change of state of one directory of one job is decided here.

Two locks keep the promise of at most one click. The claim moves a row from planned to submitting in one statement,
so that of two workers one loses; and a unique index lets one row per business and directory hold an intent.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from schema import ids
from schema.contracts.mapping import SeenStep
from schema.contracts.plan import Plan
from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import ActionResolution, Outcome, Resolution, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import actions, history, mappings, submissions, transitions
from schema.store.database import Connection, Executor, Pool
from schema.store.history import Event
from schema.store.submissions import Submission


class LedgerConflict(Exception):
    """The row has moved on: somebody else decided it first."""


class JobStopped(LedgerConflict):
    """The order was refunded or disputed: nothing more is sent for it."""


async def create(
    connection: Connection, job_id: UUID, profile: BusinessProfile, chosen: Sequence[tuple[UUID, str]]
) -> None:
    """One pending row per chosen directory (id, slug)."""
    key = ids.business_key(profile)
    await connection.executemany(
        """
        insert into job_results (job_id, directory_id, idempotency_key, business_key) values ($1, $2, $3, $4)
        on conflict (job_id, directory_id) do nothing
        """,
        [(job_id, directory_id, ids.idempotency_key(job_id, slug, profile), key) for directory_id, slug in chosen],
    )


async def mark_visited(db: Executor, submission: Submission) -> None:
    """Remember when work on the directory began; later visits change nothing."""
    await db.execute("update job_results set started_at = now() where id = $1 and started_at is null", submission.id)


async def save_plan(
    pool: Pool, submission: Submission, plan: Plan, seen: Sequence[SeenStep] = (), changes: Sequence[str] = ()
) -> None:
    """Keep the plan and move the row to planned. Raises LedgerConflict when the row is past that.

    `seen` is the form that the plan was made on, where it was looked at: the two are remembered together. `changes`
    is what was other on it than remembered.
    """
    async with pool.acquire() as connection, connection.transaction():
        await _keep_plan(connection, submission, plan, changes)
        if seen:
            await mappings.remember(connection, submission.directory_id, submission.profile, plan, seen)


async def claim_intent(pool: Pool, submission: Submission) -> int:
    """Write the intent, committed before anything is clicked; returns the attempt's number.

    Raises LedgerConflict when another worker holds the row, or another job holds the listing; JobStopped when nothing
    may be sent for the job any more, whether or not its workflow has heard of it.
    """
    try:
        async with pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(
                "select stop_requested_at is not null from jobs where id = $1", submission.ref.job_id
            ):
                raise JobStopped(f"Job {submission.ref.job_id} was stopped.")
            # Counted first: whoever takes a turn locks the two rows in this order too.
            await connection.execute(
                """
                update directories set sent_on = (now() at time zone 'utc')::date,
                    sent_today = case when sent_on = (now() at time zone 'utc')::date then sent_today else 0 end + 1
                where id = $1
                """,
                submission.directory_id,
            )
            attempt = await connection.fetchval(
                """
                update job_results set status = 'submitting', attempt = attempt + 1, intent_at = now()
                where id = $1 and attempt = $2 and replays = $3 and status in ('pending', 'planned') returning attempt
                """,
                submission.id,
                submission.attempt,
                submission.replays,
            )
            if attempt is None:
                raise LedgerConflict(f"{submission.ref.slug} was claimed by another worker.")
            await history.append(
                connection,
                Event.SUBMISSION_INTENT,
                submission.ref.job_id,
                directory=submission.ref.slug,
                attempt=attempt,
            )
    except asyncpg.UniqueViolationError as error:
        raise LedgerConflict(f"Another job holds this business's listing at {submission.ref.slug}.") from error
    return int(attempt)


async def record(
    pool: Pool, submission: Submission, outcome: Outcome, attempt: int, amended: Plan | None = None
) -> None:
    """Write an outcome with its evidence and its history, and what it says of the mapping used, in one transaction.

    `attempt` is the one the outcome belongs to; `amended` is the plan that a `planned` outcome goes on with, where
    it is not the same. Raises LedgerConflict when the row has moved on.
    """
    asked = {"usage": [usage.model_dump() for usage in outcome.usage]} if outcome.usage else {}
    async with pool.acquire() as connection, connection.transaction():
        if outcome.status is SubmissionStatus.PLANNED:
            # The retry of a worker that dies right after this must ask for a turn of its own before it sends again.
            await connection.execute(
                "update directories set held_by = null where id = $1 and held_by = $2",
                submission.directory_id,
                submission.id,
            )
        await _move(connection, submission, outcome, attempt)
        if outcome.status.ended or (submission.status.waits_for_person and not outcome.status.waits_for_person):
            await actions.cancel(connection, submission.id)
        event = {
            SubmissionStatus.SUBMITTED: Event.SUBMISSION_COMPLETE,
            SubmissionStatus.AWAITING_ACTION: Event.ACTION_REQUIRED,
            SubmissionStatus.UNCERTAIN: Event.ACTION_REQUIRED,
        }.get(outcome.status, Event.SUBMISSION_FAILED)
        await history.append(
            connection,
            event,
            submission.ref.job_id,
            directory=submission.ref.slug,
            status=outcome.status,
            evidence=outcome.evidence,
            failure=outcome.failure,
            **asked,
        )
        # An attempt of the same number as before made no click.
        await _judge(connection, submission, outcome, clicked=attempt > submission.attempt)
        if amended is not None:
            await _keep_plan(connection, submission, amended)


async def resolve(pool: Pool, ref: SubmissionRef, decision: ActionResolution) -> Outcome:
    """Do what a person decided, and close the open action; returns where the directory stands now.

    Safe to repeat. Raises LedgerConflict for a retry of something that may have been sent, and ActionClosed where the
    decision was about an action that is over: it may come late, from a worker that was thought dead.
    """
    submission = await submissions.find(pool, ref)
    if not submission.status.waits_for_person:
        return submission.outcome
    if decision.resolution.sends and submission.outcome.may_be_sent:
        raise LedgerConflict(f"{ref.slug} may already hold the business: a retry could list it twice.")
    outcome = transitions.resolved(submission.outcome, decision)
    async with pool.acquire() as connection, connection.transaction():
        await _move(connection, submission, outcome, submission.attempt)
        if decision.resolution is not Resolution.ATTEND:
            await actions.close(connection, submission.id, decision)
        await history.append(
            connection,
            Event.ACTION_RESOLVED,
            ref.job_id,
            directory=ref.slug,
            resolution=decision.resolution,
            by=decision.by,
        )
        # What waits for anything else than an answer to its click has been counted, or was sent by the person.
        await _judge(connection, submission, outcome, clicked=submission.status is SubmissionStatus.UNCERTAIN)
    return outcome


async def expire(pool: Pool, ref: SubmissionRef) -> Outcome:
    """Nobody came in time: an outcome of its own. Safe to repeat."""
    submission = await submissions.find(pool, ref)
    if not submission.status.waits_for_person:
        return submission.outcome
    outcome = transitions.expired(submission.outcome)
    async with pool.acquire() as connection, connection.transaction():
        await _move(connection, submission, outcome, submission.attempt)
        await actions.expire(connection, submission.id)
        await history.append(
            connection, Event.SUBMISSION_FAILED, ref.job_id, directory=ref.slug, failure=FailureType.ACTION_EXPIRED
        )
    return outcome


async def _judge(connection: Connection, submission: Submission, outcome: Outcome, *, clicked: bool) -> None:
    plan = submission.plan
    said = mappings.verdict(outcome, clicked=clicked, learned=plan is not None and plan.learned)
    if plan is not None and said is not None:
        await mappings.judge(connection, submission.directory_id, submission.profile, plan, said)


async def _keep_plan(connection: Connection, submission: Submission, plan: Plan, changes: Sequence[str] = ()) -> None:
    changed = await connection.fetchval(
        """
        update job_results set status = 'planned', plan = $2
        where id = $1 and replays = $3 and status in ('pending', 'planned') returning id
        """,
        submission.id,
        plan.model_dump(mode="json"),
        submission.replays,
    )
    if changed is None:
        raise LedgerConflict(f"{submission.ref.slug} is past planning.")
    await history.append(
        connection,
        Event.PLAN_READY,
        submission.ref.job_id,
        directory=submission.ref.slug,
        source=plan.source,
        steps=len(plan.steps),
        learned=plan.learned,
        changes=list(changes),
    )


async def _move(connection: Connection, submission: Submission, outcome: Outcome, attempt: int) -> None:
    """The one statement that changes a row's state after planning."""
    try:
        changed = await connection.fetchval(
            """
            update job_results set status = $2, evidence = $3, failure = $4, reason = $5, final_url = $6,
                page_text = $7, screenshot = $8, confidence = $9, response_status = $10,
                intent_at = case when $11 then coalesce(intent_at, now()) end,
                started_at = coalesce(started_at, now()), finished_at = now()
            where id = $1 and attempt = $12 and status = any($13) and replays = $14 returning id
            """,
            submission.id,
            outcome.status,
            outcome.evidence,
            outcome.failure,
            outcome.reason,
            outcome.final_url,
            outcome.page_text,
            outcome.screenshot,
            outcome.confidence,
            outcome.response_status,
            outcome.may_be_sent,
            attempt,
            list(transitions.may_become(outcome.status, clicked=attempt > 0)),
            submission.replays,
        )
    except asyncpg.UniqueViolationError as error:
        # A person confirms what was never sent here, and another order's row holds the intent.
        raise LedgerConflict(f"Another job holds this business's listing at {submission.ref.slug}.") from error
    if changed is None:
        raise LedgerConflict(f"{submission.ref.slug} has moved on since this outcome was seen.")
