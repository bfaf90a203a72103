"""Visits in a directory's turn: what a broken directory costs, and who may be there."""

import asyncio

import pytest
from temporalio.testing import ActivityEnvironment

from activities.boundary import ActivityFailure
from activities.browser import advance
from activities.planning import Planning
from activities.turns import in_turn
from schema.contracts.submission import Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store.database import Pool
from tests.activities.counter import Counter, kill_browser
from tests.activities.site import HANG_UP, Answer, Post
from tests.patience import eventually


async def failures(pool: Pool) -> int:
    return int(await pool.fetchval("select failures from directories"))


async def move_to(counter: Counter, answer: Answer) -> None:
    """The form at an address whose answer the test decides."""
    counter.site.pages["/list"] = answer
    await counter.pool.execute("update directories set submission_url = $1", f"{counter.site.url}list")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer("Down", 500), FailureType.DIRECTORY_UNREACHABLE),
        (Answer("Go away", 403), FailureType.DIRECTORY_UNREACHABLE),
        (Answer("Later", 429), FailureType.DIRECTORY_BUSY),
        (HANG_UP, FailureType.DIRECTORY_UNREACHABLE),
    ],
    ids=["500", "403", "429", "hangs up"],
)
async def test_a_visit_that_the_directory_makes_fail_is_counted_and_not_raised(
    counter: Counter, answer: Answer, failure: FailureType
) -> None:
    await move_to(counter, answer)
    planned = await counter.plan()
    assert (planned.status, planned.failure) == (SubmissionStatus.PENDING, failure)
    assert await failures(counter.pool) == 1
    assert await counter.pool.fetchval("select held_by is null and resting_until > now() from directories")
    assert (await counter.row()).outcome.reason


async def test_a_directory_that_breaks_between_plan_and_submission_is_sent_nothing(counter: Counter) -> None:
    await move_to(counter, Answer(counter.site.form))
    await counter.plan()
    await move_to(counter, Answer("Down", 500))
    outcome = await counter.submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.PLANNED, FailureType.DIRECTORY_UNREACHABLE)
    assert await failures(counter.pool) == 1
    await move_to(counter, Answer(counter.site.form))
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    assert await failures(counter.pool) == 0
    assert len(counter.site.posts) == 1


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize("answer", [Answer("<h1>Oops</h1>", 500), HANG_UP], ids=["500", "hangs up"])
async def test_a_directory_that_breaks_on_the_post_is_counted_too(counter: Counter, answer: Answer) -> None:
    counter.site.answers = [answer]
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.UNCERTAIN
    assert await failures(counter.pool) == 1


async def test_a_directory_that_answers_is_well_whatever_it_says(counter: Counter) -> None:
    await counter.pool.execute("update directories set failures = 2")
    counter.site.answers = [Answer("<h1>Error</h1><p>The phone number is invalid.</p>", 422)]
    await counter.plan_and_submit()
    assert await failures(counter.pool) == 0


@pytest.mark.usefixtures("short_patience")
async def test_a_browser_that_ends_is_not_the_directorys_fault(counter: Counter) -> None:
    async def crash(_: Post) -> None:
        kill_browser()

    counter.site.on_post = crash
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.UNCERTAIN
    assert await failures(counter.pool) == 0


async def test_who_is_told_to_go_still_says_that_the_directory_was_down(pool: Pool, counter: Counter) -> None:
    there, busy = asyncio.Event(), asyncio.Event()

    async def down() -> Outcome:
        there.set()
        await busy.wait()
        raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, "Down.")

    await counter.take_turn()
    visiting = asyncio.create_task(in_turn(pool, await counter.row(), down))
    await there.wait()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("select from directories for update")
        busy.set()
        await eventually(lambda: connection.fetchval("select exists (select from pg_locks where not granted)"))
        visiting.cancel()
        done, _ = await asyncio.wait([visiting], timeout=0.5)
        assert not done, "it has gone without a word"
    with pytest.raises(asyncio.CancelledError):
        await visiting
    assert await failures(pool) == 1
    assert await pool.fetchval("select held_by is null and resting_until > now() from directories")


async def test_whoever_lost_the_turn_does_not_visit(counter: Counter) -> None:
    await counter.pool.execute("update directories set held_by = null")
    planning = Planning(counter.pool, counter.browser, counter.drawer, counter.robots)
    standing = await ActivityEnvironment().run(planning.plan_submission, counter.ref)
    assert (standing.status, standing.failure) == (SubmissionStatus.PENDING, FailureType.DIRECTORY_BUSY)
    assert counter.site.visits == 0


_WIZARD = """
<form method="post" action="/add">
  <div id=step><h1>Add your business</h1><label>Business name <input name="name" required></label>
  <button type="button" onclick="%s">Next</button></div>
</form>
"""
_FETCHED = "fetch('/next').then(said => said.text()).then(html => document.getElementById('step').innerHTML = html)"


@pytest.mark.parametrize("onclick", [_FETCHED, "location = '/next'"], ids=["fetched", "another page"])
async def test_a_connection_that_breaks_between_two_steps_is_the_directorys_fault(
    counter: Counter, onclick: str
) -> None:
    counter.site.form = _WIZARD % onclick
    counter.site.pages["/next"] = HANG_UP
    planned = await counter.plan()
    assert (planned.status, planned.failure) == (SubmissionStatus.PENDING, FailureType.DIRECTORY_UNREACHABLE)
    assert await failures(counter.pool) == 1


async def test_a_wizard_that_just_does_not_go_on_is_a_persons(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "_PATIENCE_S", 1)
    counter.site.form = _WIZARD % "fetch('/next', {method: 'POST'})"
    stopped = await counter.plan()
    assert (stopped.status, stopped.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.PLAN_REJECTED)
    assert await failures(counter.pool) == 0
