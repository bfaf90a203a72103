"""`form_mappings`: the plans that are remembered, and how far each is trusted. `form_changes`: what met us instead.

The database's `is_trusted` is the only rule of trust. A mapping belongs to one directory, one form (its fingerprint)
and one version of the mapper; nothing is ever shared across directories. Its counts belong to the choices it holds.
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import structlog
from pydantic import ValidationError

from schema.contracts.mapping import (
    FormChange,
    SeenStep,
    choices_digest,
    for_everyone,
    form_fingerprint,
    speaks_of,
)
from schema.contracts.plan import Plan
from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import Standing, SubmissionStatus
from schema.failures import FailureType
from schema.store.database import Connection, Executor

_log = structlog.get_logger(__name__)

_COMPARED = 20
"""As many faces of one form as are looked through for the one that was met."""


class Verdict(StrEnum):
    """What an attempt says of the mapping it was made with."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"


_FORM_WAS_UNDERSTOOD = (FailureType.CONFIRMATION_NEEDED, FailureType.ALREADY_LISTED)
"""Not yet a listing of ours, and still the directory's word that it read every field as meant."""


def verdict(standing: Standing, *, clicked: bool, learned: bool) -> Verdict | None:
    """What an outcome says of the plan: the directory's own word after a click, or that it could not be used at all.

    Silence, a broken browser and an obstacle say nothing of it.
    """
    if not clicked:
        in_vain = learned and standing.failure is FailureType.FORM_CHANGED
        return Verdict.REFUSED if in_vain else None
    if standing.failure is FailureType.REFUSED:
        return Verdict.REFUSED
    taken = standing.status is SubmissionStatus.SUBMITTED or standing.failure in _FORM_WAS_UNDERSTOOD
    return Verdict.CONFIRMED if taken else None


async def trusted(db: Executor, directory_id: UUID, mapper_version: str, first_step: str | None = None) -> Plan | None:
    """Of the directory's plans that may be used without looking at the form first, the one confirmed last.

    `first_step`: only of those for a form whose first step has this fingerprint. One that this build cannot read is
    none: it would stop every customer of the directory.
    """
    row = await db.fetchrow(
        """
        select plan from form_mappings
        where directory_id = $1 and mapper_version = $2 and is_trusted(confirmed, refused, confirmed_at)
            and ($3::text is null or plan #>> '{steps,0,fingerprint}' = $3)
        order by confirmed_at desc limit 1
        """,
        directory_id,
        mapper_version,
        first_step,
    )
    try:
        return Plan.model_validate(row["plan"]).model_copy(update={"learned": True}) if row else None
    except ValidationError:
        _log.warning("remembered plan not readable", directory_id=str(directory_id))
        return None


async def faces(db: Executor, directory_id: UUID, mapper_version: str) -> tuple[tuple[SeenStep, ...], ...]:
    """The directory's form as confirmed submissions knew it, the latest first; trusted or not."""
    rows = await db.fetch(
        """
        select seen from form_mappings where directory_id = $1 and mapper_version = $2 and confirmed > 0
        order by confirmed_at desc limit $3
        """,
        directory_id,
        mapper_version,
        _COMPARED,
    )
    return tuple(tuple(SeenStep.model_validate(step) for step in row["seen"]) for row in rows)


async def remember(
    connection: Connection, directory_id: UUID, profile: BusinessProfile, plan: Plan, seen: Sequence[SeenStep]
) -> None:
    """Keep a plan that was made by looking at the form; it is trusted once a submission with it is confirmed.

    One that is there already stays. What would tell of the customer is not kept, nor what nobody confirmed in time.
    """
    await connection.execute(
        """
        delete from form_mappings
        where directory_id = $1 and confirmed = 0 and created_at < now() - learning_lifetime()
        """,
        directory_id,
    )
    kept = for_everyone(plan)
    if speaks_of(profile, kept, *seen):
        return
    await connection.execute(
        """
        insert into form_mappings (directory_id, fingerprint, mapper_version, source, plan, choices, seen)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (directory_id, fingerprint, mapper_version) do nothing
        """,
        *_key(directory_id, plan),
        plan.source,
        kept.model_dump(mode="json"),
        choices_digest(kept),
        [step.model_dump(mode="json") for step in seen],
    )


async def judge(
    connection: Connection, directory_id: UUID, profile: BusinessProfile, plan: Plan, said: Verdict
) -> None:
    """Promote or demote the mapping that the plan came from or became; in the transaction that records the outcome.

    A confirmed plan takes the place of another one for the same form, unless that one is trusted: what was amended
    for one customer does not push out what works for everybody else.
    """
    kept = for_everyone(plan)
    if said is Verdict.REFUSED:
        await connection.execute(
            """
            update form_mappings set refused = refused + 1
            where directory_id = $1 and fingerprint = $2 and mapper_version = $3 and choices = $4
            """,
            *_key(directory_id, plan),
            choices_digest(kept),
        )
    elif not speaks_of(profile, kept):
        await connection.execute(
            """
            update form_mappings set
                confirmed = case when choices = $4 then confirmed else 0 end + 1,
                refused = case when choices = $4 then refused else 0 end,
                plan = case when choices = $4 then plan else $5 end,
                source = case when choices = $4 then source else $6 end,
                choices = $4,
                confirmed_at = now()
            where directory_id = $1 and fingerprint = $2 and mapper_version = $3
                and (choices = $4 or not coalesce(is_trusted(confirmed, refused, confirmed_at), false))
            """,
            *_key(directory_id, plan),
            choices_digest(kept),
            kept.model_dump(mode="json"),
            plan.source,
        )


async def report_change(db: Executor, directory_id: UUID, fingerprint: str, changes: Sequence[str]) -> None:
    """Keep, for operators, what is other on the form than remembered, as long as it is met. Safe to repeat."""
    await db.execute(
        "delete from form_changes where directory_id = $1 and updated_at < now() - learning_lifetime()", directory_id
    )
    await db.execute(
        """
        insert into form_changes (directory_id, fingerprint, changes) values ($1, $2, $3)
        on conflict (directory_id, fingerprint) do update set changes = excluded.changes
        """,
        directory_id,
        fingerprint,
        list(changes),
    )


async def changes(db: Executor) -> tuple[FormChange, ...]:
    """Every form that was met otherwise than remembered, the latest first."""
    rows = await db.fetch(
        """
        select d.slug as directory, c.changes, c.created_at as first_met_at, c.updated_at as last_met_at,
            exists(select from form_mappings m where m.directory_id = c.directory_id
                and m.fingerprint = c.fingerprint and m.confirmed > 0) as taken
        from form_changes c join directories d on d.id = c.directory_id
        order by c.updated_at desc, d.slug
        """
    )
    return tuple(FormChange.model_validate(dict(row)) for row in rows)


def _key(directory_id: UUID, plan: Plan) -> tuple[UUID, str, str]:
    return directory_id, form_fingerprint(tuple(step.fingerprint for step in plan.steps)), plan.mapper_version
