"""When a job will be done: by what was measured, or not at all."""

from datetime import UTC, datetime, timedelta

from schema.pace import Course, Recent, estimate
from schema.store.database import Pool
from tests.factories import add_begun_job

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_RECENT = Recent(seconds=10, jobs=3)


def _minutes(number: float) -> datetime:
    return _START + timedelta(minutes=number)


def _course(now: float, *ends: float, left: int = 10) -> Course:
    return Course(
        now=_minutes(now), started_at=_START, total=left + len(ends), left=left, ends=tuple(map(_minutes, ends))
    )


def test_its_own_pace_counts_once_enough_has_ended() -> None:
    found = estimate(_course(5.5, 1, 2, 3, 4, 5), _RECENT)
    assert found is not None
    assert (found.done_at, found.based_on) == (_minutes(15), "the pace of this order")


def test_before_that_recent_jobs_tell() -> None:
    found = estimate(_course(1, 0.5, left=59), _RECENT)
    assert found is not None
    assert (found.done_at, found.based_on) == (_minutes(10), "the last 3 orders of this size")


def test_a_turn_that_is_known_to_come_late_counts() -> None:
    course = _course(5.5, 1, 2, 3, 4, 5)
    late = Course(**{name: getattr(course, name) for name in course.__slots__} | {"not_before": _minutes(600)})
    found = estimate(late, None)
    assert found is not None
    assert found.done_at == _minutes(600)


def test_there_is_none_rather_than_a_guess() -> None:
    assert estimate(_course(5, 1, 2, 3, 4, 5, left=0), _RECENT) is None, "nothing is left"
    assert estimate(_course(60, 1, 2, 3, 4, 5), _RECENT) is None, "it stands still"
    assert estimate(_course(1, 0.5), Recent(seconds=10, jobs=2)) is None, "two jobs are no measure"
    assert estimate(_course(1, 0.5), None) is None, "nothing is known"
    assert estimate(_course(60, 0.5), _RECENT) is None, "it should have been done long ago"
    assert estimate(Course(now=_START, started_at=None, total=0, left=0), _RECENT) is None, "it has not begun"


async def test_recent_jobs_are_measured_without_those_that_waited_for_people(pool: Pool) -> None:
    for seconds in (100, 200, 300):
        job_id = await add_begun_job(pool, [f"site-{number}" for number in range(10)])
        await pool.execute(
            """
            with ended as (
                select id, row_number() over (order by id) as place from job_results where job_id = $1
            )
            update job_results r set status = 'skipped', finished_at = j.started_at
                + case when place = 10 then interval '9 days' else make_interval(secs => $2 * place / 10.0) end
            from ended, jobs j where ended.id = r.id and j.id = r.job_id
            """,
            job_id,
            seconds,
        )
        await pool.execute("update jobs set status = 'completed', completed_at = now() where id = $1", job_id)
    row = await pool.fetchrow("select seconds, jobs from recent_pace('starter')")
    assert row is not None
    assert (round(row["seconds"], 3), row["jobs"]) == (20.0, 3)
