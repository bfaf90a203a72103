"""`job_results`: the submission ledger. Every change of state of one directory of one job is decided here.

Two locks keep the promise of at most one click. The claim moves a row from planned to submitting in one statement,
so that of two workers one loses; and a unique index lets one row per business and directory hold an intent.
"""

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
from pydantic import ValidationError

from schema import ids
from schema.contracts.directory import Automation
from schema.contracts.lookup import Lookup
from schema.contracts.mapping import SeenStep
from schema.contracts.plan import Plan
from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import (
    PARKED_AFTER,
    ActionResolution,
    DirectoryState,
    Evidence,
    Outcome,
    Resolution,
    SubmissionRef,
    SubmissionResult,
    SubmissionStatus,
)
from schema.failures import FailureType
from schema.store import actions, history, mappings, transitions
from schema.store.database import Connection, Executor, Pool
from schema.store.history import Event


class NotInLedger(Exception):
    """There is no row for this job and directory."""


class LedgerConflict(Exception):
    """The row has moved on: somebody else decided it first."""


class JobStopped(LedgerConflict):
    """The order was refunded or disputed: nothing more is sent for it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Submission:
    """One row of the ledger, with what is needed of its directory and of the pinned business data."""

    id: UUID
    ref: SubmissionRef
    directory_id: UUID
    status: SubmissionStatus
    attempt: int
    replays: int
    intent_age: timedelta | None
    plan: Plan | None
    outcome: Outcome
    idempotency_key: str
    business_key: str
    profile: BusinessProfile
    submission_url: str
    active: bool
    automation: Automation
    accept_terms: bool
    lookup: Lookup | None
    solver_allowed: bool


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


async def find(db: Executor, ref: SubmissionRef) -> Submission:
    """The row, by the database's clock. Raises NotInLedger."""
    row = await db.fetchrow(
        """
        select r.*, now() - r.intent_at as intent_age, j.business_data, d.submission_url, d.active, d.automation,
            d.accept_terms, d.lookup, d.solver_allowed
        from job_results r join jobs j on j.id = r.job_id join directories d on d.id = r.directory_id
        where r.job_id = $1 and d.slug = $2
        """,
        ref.job_id,
        ref.slug,
    )
    if row is None:
        raise NotInLedger(f"Job {ref.job_id} has no directory {ref.slug!r}.")
    return Submission(
        id=row["id"],
        ref=ref,
        directory_id=row["directory_id"],
        status=SubmissionStatus(row["status"]),
        attempt=row["attempt"],
        replays=row["replays"],
        intent_age=row["intent_age"],
        plan=Plan.model_validate(row["plan"]) if row["plan"] is not None else None,
        outcome=Outcome.model_validate({**row, "may_be_sent": row["intent_at"] is not None}),
        idempotency_key=row["idempotency_key"],
        business_key=row["business_key"],
        profile=BusinessProfile.model_validate(row["business_data"]),
        submission_url=row["submission_url"],
        active=row["active"],
        automation=Automation(row["automation"]),
        accept_terms=row["accept_terms"],
        lookup=_lookup(row["lookup"]),
        solver_allowed=row["solver_allowed"],
    )


def _lookup(column: object) -> Lookup | None:
    """None also for one that this build cannot read: it would stop every customer of the directory."""
    try:
        return Lookup.model_validate(column) if column is not None else None
    except ValidationError:
        return None


async def states(db: Executor, job_id: UUID) -> tuple[DirectoryState, ...]:
    """Where every directory of the job stands, best first."""
    rows = await db.fetch(
        """
        select d.slug, r.status, r.replays, coalesce(r.expected_at > now() + $2::interval, false) as parked
        from job_results r join directories d on d.id = r.directory_id
        where r.job_id = $1 order by d.domain_authority desc, d.slug
        """,
        job_id,
        PARKED_AFTER,
    )
    return tuple(DirectoryState.model_validate(dict(row)) for row in rows)


async def listed_by_another_job(db: Executor, submission: Submission) -> Outcome | None:
    """What another order of the same business left at this directory, if anything: with its proof."""
    row = await db.fetchrow(
        """
        select * from job_results
        where business_key = $1 and directory_id = $2 and job_id <> $3 and intent_at is not null
        """,
        submission.business_key,
        submission.directory_id,
        submission.ref.job_id,
    )
    if row is None:
        return None
    return Outcome(
        status=SubmissionStatus.SKIPPED,
        evidence=Evidence(row["evidence"]),
        failure=FailureType.ALREADY_LISTED,
        reason=f"Job {row['job_id']} already sent this business there ({row['status']}).",
        final_url=row["final_url"],
        screenshot=row["screenshot"],
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
    submission = await find(pool, ref)
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
    submission = await find(pool, ref)
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


async def shown_for_job(db: Executor, job_id: UUID) -> tuple[SubmissionResult, ...]:
    """Every directory of the job as people are shown it, best first."""
    rows = await db.fetch(
        """
        select d.slug as directory, d.name, r.status, r.evidence, r.failure, r.reason, r.final_url, r.screenshot,
            extract(epoch from r.finished_at - r.started_at)::float8 as seconds, r.updated_at
        from job_results r join directories d on d.id = r.directory_id
        where r.job_id = $1 order by d.domain_authority desc, d.slug
        """,
        job_id,
    )
    return tuple(SubmissionResult.model_validate(dict(row)) for row in rows)


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
    changed = await connection.fetchval(
        """
        update job_results set status = $2, evidence = $3, failure = $4, reason = $5, final_url = $6, page_text = $7,
            screenshot = $8, confidence = $9, response_status = $10,
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
        list(transitions.MAY_BECOME[outcome.status]),
        submission.replays,
    )
    if changed is None:
        raise LedgerConflict(f"{submission.ref.slug} has moved on since this outcome was seen.")
