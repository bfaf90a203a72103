"""`job_results` as it stands: one row with what is needed of its directory, and a job's rows in a list.

Nothing is changed here; what may become of a row is decided in `schema.store.results`.
"""

import dataclasses
from datetime import timedelta
from uuid import UUID

from pydantic import ValidationError

from schema.contracts.directory import Automation
from schema.contracts.lookup import Lookup
from schema.contracts.plan import Plan
from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import (
    PARKED_AFTER,
    DirectoryState,
    Evidence,
    Outcome,
    SubmissionRef,
    SubmissionResult,
    SubmissionStatus,
)
from schema.failures import FailureType
from schema.store.database import Executor


class NotInLedger(Exception):
    """There is no row for this job and directory."""


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


def _lookup(column: object) -> Lookup | None:
    """None also for one that this build cannot read: it would stop every customer of the directory."""
    try:
        return Lookup.model_validate(column) if column is not None else None
    except ValidationError:
        return None
