"""How far a job is, as its customer is shown it.

What has changed is found by the rows' own transaction ids, not by the history's numbers: numbers are given out before
they are committed, in any order, but whatever is not yet in a snapshot has an id that is at or above its horizon.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from schema import pace, wording
from schema.contracts.job import JobCounts, JobStatus, Tier
from schema.contracts.progress import (
    CustomerAction,
    DirectoryView,
    JobView,
    ResultsFilter,
    ResultsPage,
    StateGroup,
)
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType
from schema.pace import Course, Recent
from schema.store.database import Executor

_SHOWN_NOW = 5
_PACE_OF = 30
"""So many of the latest directories make a job's own pace."""

_ROW = """
    select r.job_id, d.slug, d.name, d.domain_authority, r.status, state_group(r, d) as state_group, r.failure,
        r.evidence, r.screenshot <> '' as proof, r.final_url, r.updated_at, j.business_data ->> 'email' as email,
        extract(epoch from r.finished_at - r.started_at)::float8 as seconds, a.id as action, a.kind, a.deadline_at
    from job_results r join directories d on d.id = r.directory_id join jobs j on j.id = r.job_id
        left join actions a on a.result_id = r.id and a.status = 'open'
    where r.job_id = $1
"""
_BEST_FIRST = "order by d.domain_authority desc, d.slug"


class BadCursor(Exception):
    """What was given as a page's cursor is none of ours."""


async def directories(db: Executor, job_id: UUID) -> tuple[DirectoryView, ...]:
    """Every directory of the job, best first."""
    return tuple(map(_directory, await db.fetch(f"{_ROW} {_BEST_FIRST}", job_id)))


async def changed(db: Executor, job_id: UUID, since: int) -> tuple[DirectoryView, ...]:
    """The directories of the job that may have changed since the `seq` of a view of less than 2^31 transactions ago."""
    rows = await db.fetch(
        f"""
        {_ROW} and least(age(r.xmin), age(d.xmin), (select min(age(x.xmin)) from actions x where x.result_id = r.id))
            <= age(($2::bigint % 4294967296)::text::xid)
        {_BEST_FIRST}
        """,  # noqa: S608
        job_id,
        since,
    )
    return tuple(map(_directory, rows))


async def page(db: Executor, job_id: UUID, wanted: ResultsFilter, limit: int, after: str | None = None) -> ResultsPage:
    """At most `limit` of the job's directories that are wanted, best first. Raises BadCursor."""
    authority, slug = _read(after) if after else (None, None)
    rows = await db.fetch(
        f"""
        {_ROW} and ($2::text is null or state_group(r, d) = $2) and ($3::text is null or r.status = $3)
            and ($4::text is null or r.failure = $4)
            and ($5::text is null or position(lower($5) in lower(d.name)) > 0)
            and ($6::smallint is null or (-d.domain_authority, d.slug) > (-$6, $7::text))
        {_BEST_FIRST} limit $8
        """,
        job_id,
        wanted.group,
        wanted.status,
        wanted.failure,
        wanted.search,
        authority,
        slug,
        limit + 1,
    )
    more = len(rows) > limit
    return ResultsPage(results=tuple(map(_directory, rows[:limit])), next=_cursor(rows[limit - 1]) if more else None)


async def view(db: Executor, job_id: UUID) -> JobView | None:
    """The job as a whole, or None when there is no such job.

    Its `seq` is the horizon of its snapshot: whatever is committed later has a transaction id that is not lower.
    """
    row = await db.fetchrow(
        """
        select j.*, now() as now, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as seq, array(
                select r.finished_at from job_results r
                where r.job_id = j.id and (is_ended(r.status) or is_waiting(r.status)) and r.finished_at is not null
                order by r.finished_at desc limit $2) as ends,
            (select max(r.expected_at) from job_results r
                where r.job_id = j.id and r.status in ('pending', 'planned')) as not_before
        from jobs j where j.id = $1
        """,
        job_id,
        _PACE_OF,
    )
    if row is None:
        return None
    states = await db.fetch(
        """
        select r.status, state_group(r, d) as state_group, count(*) as number,
            array_agg(d.name order by d.domain_authority desc, d.slug) filter (where state_group(r, d) = 'working')
                as names
        from job_results r join directories d on d.id = r.directory_id where r.job_id = $1 group by 1, 2
        """,
        job_id,
    )
    compare = row["status"] == JobStatus.IN_PROGRESS and not pace.has_own(row["ends"])
    return _view(row, states, await _recent(db, Tier(row["tier"])) if compare else None)


async def proof_key(db: Executor, job_id: UUID, slug: str) -> str | None:
    """Under which key the artifact store keeps the proof; None where there is none."""
    key: str | None = await db.fetchval(
        """
        select r.screenshot from job_results r join directories d on d.id = r.directory_id
        where r.job_id = $1 and d.slug = $2 and r.screenshot <> ''
        """,
        job_id,
        slug,
    )
    return key


async def proof_keys(db: Executor, job_id: UUID) -> dict[str, str]:
    """The keys of all of the job's proofs, by directory."""
    rows = await db.fetch(
        """
        select d.slug, r.screenshot from job_results r join directories d on d.id = r.directory_id
        where r.job_id = $1 and r.screenshot <> ''
        """,
        job_id,
    )
    return {row["slug"]: row["screenshot"] for row in rows}


async def _recent(db: Executor, tier: Tier) -> Recent | None:
    row = await db.fetchrow("select seconds, jobs from recent_pace($1)", tier)
    return Recent(seconds=row["seconds"], jobs=row["jobs"]) if row and row["seconds"] is not None else None


def _view(row: asyncpg.Record, states: Sequence[asyncpg.Record], recent: Recent | None) -> JobView:
    numbers: dict[str, int] = {}
    groups = dict.fromkeys(StateGroup, 0)
    now: list[str] = []
    for state in states:
        numbers[state["status"]] = numbers.get(state["status"], 0) + state["number"]
        groups[StateGroup(state["state_group"])] += state["number"]
        now += state["names"] or ()
    counts = JobCounts(total=sum(numbers.values()), **numbers)
    status, stopped = JobStatus(row["status"]), row["stop_requested_at"] is not None
    course = Course(
        now=row["now"],
        started_at=row["started_at"],
        total=counts.total,
        left=counts.pending + counts.planned + counts.submitting,
        ends=tuple(row["ends"]),
        not_before=row["not_before"],
    )
    return JobView(
        job_id=row["id"],
        business_name=row["business_name"],
        tier=Tier(row["tier"]),
        status=status,
        words=wording.job(status, counts, groups, stopped=stopped),
        percent=round(100 * counts.ended / counts.total, 1) if counts.total else 0.0,
        counts=counts,
        groups=groups,
        now=tuple(now[:_SHOWN_NOW]),
        estimate=pace.estimate(course, recent) if status is JobStatus.IN_PROGRESS and not stopped else None,
        stopped=wording.stopped(row["stop_reason"]) if stopped else None,
        created_at=row["created_at"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        seq=row["seq"],
    )


def _directory(row: asyncpg.Record) -> DirectoryView:
    status, group = SubmissionStatus(row["status"]), StateGroup(row["state_group"])
    failure = FailureType(row["failure"]) if row["failure"] else None
    evidence = Evidence(row["evidence"])
    # What is not sent yet bears the trouble of its last visit, which its words tell of.
    trouble = failure if status.ended or status.waits_for_person else None
    return DirectoryView(
        slug=row["slug"],
        name=row["name"],
        status=status,
        group=group,
        words=wording.directory(status, group, failure, evidence, proof=row["proof"]),
        failure=trouble,
        evidence=evidence,
        proof=f"/api/jobs/{row['job_id']}/proof/{row['slug']}" if row["proof"] else None,
        listing_url=_listing(row["final_url"], status, evidence),
        action=_action(row) if group is StateGroup.NEEDS_YOU else None,
        seconds=row["seconds"],
        updated_at=row["updated_at"],
    )


def _listing(final_url: str, status: SubmissionStatus, evidence: Evidence) -> str | None:
    """Only where the visit that proved it ended at the listing itself."""
    seen = evidence is Evidence.LISTING or status is SubmissionStatus.APPROVED
    return final_url if seen and final_url.startswith(("https://", "http://")) else None


def _action(row: asyncpg.Record) -> CustomerAction | None:
    if row["action"] is None:
        return None
    return CustomerAction(
        id=row["action"],
        kind=FailureType(row["kind"]),
        title=wording.action_title(row["name"]),
        steps=wording.action_steps(row["name"], row["email"]),
        deadline_at=row["deadline_at"],
    )


def _cursor(row: asyncpg.Record) -> str:
    """Where a page ends; opaque to whoever is given it."""
    place = json.dumps([row["domain_authority"], row["slug"]], separators=(",", ":"))
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str]:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise BadCursor from None
    match place:
        case [int(authority), str(slug)] if 0 <= authority <= 100 and slug.isascii() and "\x00" not in slug:
            return authority, slug
        case _:
            raise BadCursor
