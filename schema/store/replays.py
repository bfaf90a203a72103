"""Replays in the ledger: what an operator's selection holds, and the one statement that reopens an ended row.

Whether a row may be reopened is decided by the database's `replay_answer`, here and nowhere else.
"""

from datetime import datetime
from uuid import UUID

from schema.contracts.replay import (
    GRANTED,
    DirectoryRetry,
    JobReplay,
    ReplayAnswer,
    ReplayCount,
    ReplayPreview,
    ReplaySelection,
    RetryReport,
    RetryRequest,
)
from schema.store import history
from schema.store.database import Connection, Executor, Pool
from schema.store.history import Event
from schema.store.results import LedgerConflict

_SELECTED = """
    from job_results r join jobs j on j.id = r.job_id join directories d on d.id = r.directory_id
    where ($1::uuid is null or r.job_id = $1) and ($2::text is null or d.slug = $2)
        and ($3::text is null or r.status = $3) and ($4::text is null or r.failure = $4)
        and ($5::timestamptz is null or r.finished_at >= $5) and ($6::timestamptz is null or r.finished_at < $6)
        and ($7::uuid[] is null or exists (
            select from unnest($7, $8::text[]) as seen (job_id, slug)
            where seen.job_id = r.job_id and coalesce(seen.slug, d.slug) = d.slug))
"""


async def preview(db: Executor, selection: ReplaySelection) -> ReplayPreview:
    """What a replay of the selection would do now, oldest job first. Changes nothing."""
    arguments = _arguments(selection)
    counted = await db.fetch(
        f"""
        select r.status, r.failure, replay_answer(r, j, d) as answer, count(*) as directories {_SELECTED}
        group by 1, 2, 3 order by 4 desc, 1, 2, 3
        """,
        *arguments,
    )
    jobs = await db.fetch(
        f"""
        select r.job_id, array_agg(d.slug order by d.domain_authority desc, d.slug) as slugs {_SELECTED}
            and replay_answer(r, j, d) = any($9)
        group by r.job_id, j.created_at order by j.created_at, r.job_id
        """,
        *arguments,
        list(GRANTED),
    )
    return ReplayPreview(
        counts=tuple(ReplayCount.model_validate(dict(row)) for row in counted),
        jobs=tuple(JobReplay.model_validate(dict(row)) for row in jobs),
    )


async def reopen(pool: Pool, job_id: UUID, request: RetryRequest) -> RetryReport:
    """Make every row pending again that may be, and its job in progress; one transaction. Safe to repeat.

    A row that was reopened before and has not ended since is answered with ALREADY_REQUESTED and stays as it is.
    Raises LedgerConflict when the job is cancelled at this very moment.
    """
    async with pool.acquire() as connection, connection.transaction():
        # Results before their job: whoever records an outcome locks the two in this order too.
        rows = await connection.fetch(
            """
            select r.id, d.slug, r.status, r.failure, r.attempt, r.replays, replay_answer(r, j, d) as answer
            from job_results r join jobs j on j.id = r.job_id join directories d on d.id = r.directory_id
            where r.job_id = $1 and d.slug = any($2) order by r.id for update of r
            """,
            job_id,
            list(request.slugs),
        )
        accepted = [row for row in rows if row["answer"] == ReplayAnswer.ACCEPTED]
        if accepted:
            await _reopen(connection, job_id, [row["id"] for row in accepted])
        for row in accepted:
            before = {name: row[name] for name in ("status", "failure", "attempt", "replays")}
            await history.append(
                connection,
                Event.REPLAY_REQUESTED,
                job_id,
                directory=row["slug"],
                by=request.by,
                reason=request.reason,
                before=before,
            )
    answers = {row["slug"]: ReplayAnswer(row["answer"]) for row in rows}
    return RetryReport(
        directories=tuple(
            DirectoryRetry(slug=slug, answer=answers.get(slug, ReplayAnswer.NOT_IN_JOB))
            for slug in dict.fromkeys(request.slugs)
        )
    )


async def _reopen(connection: Connection, job_id: UUID, results: list[UUID]) -> None:
    """Nothing of the last outcome stays. Whoever still has the row as it was can neither claim nor record any more."""
    await connection.execute(
        """
        update job_results set status = 'pending', replays = replays + 1, plan = null, evidence = 'none',
            failure = null, reason = '', final_url = '', page_text = '', screenshot = '', response_status = null,
            confidence = 0, started_at = null, finished_at = null, queued_at = null, expected_at = null
        where id = any($1)
        """,
        results,
    )
    reopened = await connection.fetchval(
        """
        update jobs set status = 'in_progress', failure = null, completed_at = null
        where id = $1 and status <> 'cancelled' returning id
        """,
        job_id,
    )
    if reopened is None:
        raise LedgerConflict(f"Job {job_id} was cancelled meanwhile.")


def _arguments(
    selection: ReplaySelection,
) -> tuple[UUID | None, str | None, str | None, str | None, datetime | None, datetime | None, object, object]:
    visible = selection.visible
    return (
        selection.job_id,
        selection.slug,
        selection.outcome,
        selection.failure,
        selection.since,
        selection.until,
        None if visible is None else [work.job_id for work in visible],
        None if visible is None else [work.slug for work in visible],
    )
