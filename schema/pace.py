"""When a job will be done, by what was measured: its own pace once enough of it has ended, else that of recent jobs.

Pure functions of facts that the ledger holds. There is no estimate rather than a guess: a job that stands still, or
of which nothing comparable is known, has none.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from schema.contracts.progress import Estimate

_ENOUGH = 5
"""Of so many directories of its own a job has a pace."""

_STALLED = 6
"""A job of which nothing ended for so many times its usual interval stands still, for all we know."""

_LEAST_STALL = timedelta(minutes=2)
_FEWEST_JOBS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Recent:
    """The median of recent jobs of the same size: seconds of the whole job for each of its directories."""

    seconds: float
    jobs: int


@dataclasses.dataclass(frozen=True, slots=True)
class Course:
    """How far a job is at the moment `now`, by the database's clock.

    `left` are the directories that machines still have to do; `ends` are the latest moments at which one of the others
    was done with, in any order; `not_before` is when the last of those whose turn is known is due.
    """

    now: datetime
    started_at: datetime | None
    total: int
    left: int
    ends: tuple[datetime, ...] = ()
    not_before: datetime | None = None


def has_own(ends: Sequence[datetime]) -> bool:
    """Whether so much of a job has ended that it has a pace of its own."""
    return len(ends) >= _ENOUGH


def estimate(course: Course, recent: Recent | None) -> Estimate | None:
    """None where nothing is left to be done by machines, or where nobody can tell."""
    if course.started_at is None or not course.left:
        return None
    if has_own(course.ends):
        done_at, based_on = _by_own_pace(course), "the pace of this order"
    elif recent is not None and recent.jobs >= _FEWEST_JOBS:
        done_at = course.started_at + timedelta(seconds=recent.seconds * course.total)
        based_on = f"the last {recent.jobs} orders of this size"
    else:
        return None
    if done_at is None or done_at <= course.now:
        return None
    if course.not_before is not None:
        done_at = max(done_at, course.not_before)
    return Estimate(done_at=done_at.replace(microsecond=0), based_on=based_on)


def _by_own_pace(course: Course) -> datetime | None:
    """None where the job stands still."""
    first, last = min(course.ends), max(course.ends)
    interval = (last - first) / (len(course.ends) - 1)
    idle = course.now - last
    if idle > max(interval * _STALLED, _LEAST_STALL):
        return None
    # One of them is under way since the last has ended.
    return max(last + interval, course.now) + interval * (course.left - 1)
