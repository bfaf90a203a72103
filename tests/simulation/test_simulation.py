"""The whole pipeline over virtual weeks, in worlds drawn from seeds. `python -m tests.simulation SEED` plays one."""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

import pytest

from schema.contracts.submission import SubmissionRef
from schema.store.database import Pool
from tests.factories import add_begun_job
from tests.simulation.audit import a_day, complaints, of_health
from tests.simulation.clock import Clock
from tests.simulation.people import BIG, Size
from tests.simulation.play import ClockStopped, staged
from tests.simulation.world import Character, Nature, Post, Site, Visit, World

SEEDS = 200
AT_ONCE = 25
"""Worlds on one server: the more there are, the likelier it is that an activity times out and stops its clock."""

_TRIES = 4

NewDatabase = Callable[[], Awaitable[str]]

MORNING = datetime(2031, 5, 1, tzinfo=UTC)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Workers are lost by the hundred, and each says so at length."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


async def played(new_database: NewDatabase, worlds: Mapping[int, Size]) -> list[str]:
    """Every promise that was not kept.

    Where the clock of a server stops, the same worlds are played once more, on a server and a database of their own.
    """
    for _ in range(_TRIES):
        with contextlib.suppress(ClockStopped):
            async with staged(await new_database()) as stage:
                await stage.play(worlds)
                return [complaint async for complaint in stage.complaints()]
    raise AssertionError("the clock has stopped each time")


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
async def test_whatever_happens_every_promise_is_kept(new_database: NewDatabase, first: int) -> None:
    assert await played(new_database, dict.fromkeys(range(first, first + AT_ONCE), Size())) == []


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("quiet")
async def test_a_world_of_five_hundred_directories(new_database: NewDatabase) -> None:
    assert await played(new_database, {SEEDS: BIG}) == []


def dead_site(*visits: tuple[timedelta, str]) -> Site:
    """Visited in vain, so long after the first time, by that attempt each."""
    ref = SubmissionRef(job_id=uuid4(), slug="seed-1-0")
    character = Character(Nature.DEAD, times=1, until=timedelta(), luck=0)
    site = Site(ref.slug, character, cast(Clock, None), MORNING, daily_cap=1, publishes_after=timedelta())
    for after, task in visits:
        at = MORNING + after
        site.visits.append(Visit(at, ref, task.encode(), failed=True, again=at))
    return site


def test_what_two_workers_make_of_one_attempt_is_one_visit() -> None:
    """The later of them may look at a clock that has moved on."""
    once, later = timedelta(seconds=2), timedelta(seconds=2, milliseconds=14)
    earlier = (timedelta(), "first")
    assert not list(of_health(dead_site(earlier, (once, "second"), (later, "second"))))
    assert list(of_health(dead_site(earlier, (once, "second"), (later, "third")))) == [
        "seed-1-0 was visited at 2031-05-01 00:00:02.014000+00:00, and was to be left alone until "
        "2031-05-01 00:00:05+00:00"
    ]


def test_what_arrives_in_a_days_first_moment_may_have_been_allowed_in_the_last_ones() -> None:
    ref = SubmissionRef(job_id=uuid4(), slug="seed-1-0")

    def most(cap: int, *after: timedelta) -> int:
        posts = [Post(MORNING + moment, ref, "business", taken=True) for moment in after]
        return max(a_day(posts, cap).values())

    moment, noon = timedelta(milliseconds=14), timedelta(hours=12)
    assert most(1, moment, noon) == 1
    assert most(1, -noon, moment, noon) == 2
    assert most(1, 2 * timedelta(seconds=1), noon) == 2


async def test_a_promise_that_is_not_kept_is_seen(pool: Pool) -> None:
    """Otherwise a simulation in which nothing goes wrong would prove nothing."""
    job_id = await add_begun_job(pool, ["seed-1-0"])
    ref = SubmissionRef(job_id=job_id, slug="seed-1-0")
    site = dead_site(*((timedelta(minutes=minute), str(minute)) for minute in range(4)))
    site.posts += [Post(MORNING + timedelta(hours=9), ref, "business", taken=True)] * 2
    world = World(1, cast(Clock, None), {ref.slug: site}, (), (job_id,))
    found = "\n".join(await complaints(pool, world))
    for broken in (
        "took business 2 times",
        "got 2 submissions on a day, and its cap is 1",
        "was to be left alone until 2031-05-01 00:07",
        "is stuck: pending",
        "was taken, and the ledger does not know",
        "has not ended: in_progress",
    ):
        assert broken in found
