"""A captcha on the way to a submission, with a real Chromium: who is asked, what they are shown, where it goes.

What is promised: an answer goes to the page that asked, nobody is asked who may not be, and nothing is sent before.
"""

import asyncio
import contextlib
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

import activities.attending
from activities.solving import Solution, Unanswered
from deploy.cli.example import example_profile
from schema.contracts.captcha import Challenge, ShownChallenge
from schema.contracts.form import CaptchaKind
from schema.contracts.submission import ActionResolution, Outcome, Resolution, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import actions, challenges, results
from schema.store.challenges import NotAsked
from tests.activities.counter import Counter
from tests.activities.site import FORM, THANKS, Answer, Post
from tests.factories import add_begun_job
from tests.patience import PATIENCE_S

_WRONG = "<p class=error>The characters you typed do not match the picture. Please try again.</p>"
_SVG = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='160' height='50'%3E"
    "%3Ctext y='30'%3E{}%3C/text%3E%3C/svg%3E"
)


class Guard:
    """Makes a site ask something else at every visit, and refuse whoever answers it wrongly."""

    def __init__(self, counter: Counter, kind: CaptchaKind = CaptchaKind.IMAGE) -> None:
        self.site = counter.site
        self.kind = kind
        self.codes: list[str] = []
        self._numbers = itertools.count(11)
        self.site.on_visit = self._visited
        self.site.on_post = self._posted

    @property
    def code(self) -> str:
        """The answer to what the last page asks."""
        return self.codes[-1]

    def form(self, said: str = "") -> str:
        number = next(self._numbers)
        if self.kind is CaptchaKind.QUESTION:
            self.codes.append(str(number + 4))
            field = f"<label>What is {number} + 4? <input name=captcha_code required></label>"
        else:
            self.codes.append(f"K{number}X")
            drawn = f'<img class=captcha alt="" width=160 height=50 src="{_SVG.format(self.code)}">'
            field = (
                f"<p>{drawn} <label>Enter the characters of the picture <input name=captcha_code required></label></p>"
            )
        return said + FORM.replace("<button>", f"{field}<button>")

    async def _visited(self, _: Post) -> None:
        self.site.form = self.form()

    async def _posted(self, post: Post) -> None:
        right = post.fields["captcha_code"] == self.code
        self.site.answers = [Answer(THANKS if right else self.form(_WRONG))]


class Person:
    """Somebody who looks for challenges and answers them, one after another, as they are told to."""

    def __init__(self, counter: Counter, guard: Guard) -> None:
        self._counter = counter
        self._guard = guard
        self.seen: list[ShownChallenge] = []

    async def shown(self, number: int = 1) -> ShownChallenge:
        """The challenge that waits for an answer, once it is this one or a later one."""
        row = await self._counter.row()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                now = await challenges.latest(self._counter.pool, row.id)
                if now and now.number >= number and not now.expired and now.answered_by is None:
                    self.seen.append(now)
                    return now
                await asyncio.sleep(0.05)

    async def say(self, number: int, text: str) -> None:
        row = await self._counter.row()
        await challenges.answer(self._counter.pool, row.id, number, text, "ana")

    async def solve(self, *, wrong: int = 0) -> None:
        """Answer one challenge rightly, after so many wrong ones."""
        for misread in [True] * wrong + [False]:
            shown = await self.shown()
            await self.say(shown.number, "nonsense" if misread else self._guard.code)


class Service:
    """A paid solver; `says` is its answer, or why there is none."""

    kinds = frozenset(CaptchaKind) - {CaptchaKind.NONE}

    def __init__(self, says: str | Unanswered) -> None:
        self.says = says
        self.asked: list[Challenge] = []
        self.judged: list[bool] = []

    async def solve(self, challenge: Challenge) -> Solution:
        self.asked.append(challenge)
        if isinstance(self.says, Unanswered):
            raise self.says
        return Solution(self.says, "1")

    async def judge(self, solution: Solution, *, right: bool) -> None:
        assert solution.ticket == "1"
        self.judged.append(right)


async def attend(counter: Counter) -> None:
    """Planning stops at the captcha, and a person says that they are there."""
    stopped = await counter.plan()
    assert (stopped.status, stopped.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA)
    row = await counter.row()
    await actions.open_for(counter.pool, row.id, row.outcome, timedelta(days=14))
    here = await results.resolve(counter.pool, counter.ref, ActionResolution(resolution=Resolution.ATTEND, by="ana"))
    assert here.status is SubmissionStatus.PLANNED
    planned = await counter.plan()
    assert planned.status is SubmissionStatus.PLANNED, planned


async def action(counter: Counter) -> str:
    return str(await counter.pool.fetchval("select status from actions"))


@pytest.mark.parametrize("kind", [CaptchaKind.IMAGE, CaptchaKind.QUESTION])
async def test_a_person_who_is_there_answers_and_the_form_leaves(counter: Counter, kind: CaptchaKind) -> None:
    guard = Guard(counter, kind)
    await attend(counter)
    person = Person(counter, guard)
    outcome, _ = await asyncio.gather(counter.submit(), person.solve())
    assert outcome.status is SubmissionStatus.SUBMITTED
    [post] = counter.site.posts
    assert post.fields["captcha_code"] == guard.code
    [shown] = person.seen
    assert shown.kind is kind
    if kind is CaptchaKind.IMAGE:
        assert counter.drawer.kept[shown.picture].startswith(b"\x89PNG")
    else:
        assert shown.question == f"What is {int(guard.code) - 4} + 4?"
    assert await action(counter) == "cancelled"
    [judged] = await counter.pool.fetch("select answered_by, is_right from challenges")
    assert tuple(judged) == ("ana", True)


async def test_nothing_is_claimed_or_sent_while_the_captcha_waits(counter: Counter) -> None:
    guard = Guard(counter)
    await attend(counter)
    submitting = asyncio.create_task(counter.submit())
    shown = await Person(counter, guard).shown()
    row = await counter.row()
    assert (row.status, row.attempt, row.intent_age, counter.site.posts) == (SubmissionStatus.PLANNED, 0, None, [])
    await Person(counter, guard).say(shown.number, guard.code)
    assert (await submitting).status is SubmissionStatus.SUBMITTED


async def test_a_wrong_answer_is_a_refusal_and_the_next_page_asks_anew(counter: Counter) -> None:
    guard = Guard(counter)
    await attend(counter)
    person = Person(counter, guard)
    answering = asyncio.create_task(person.solve(wrong=1))
    refused = await counter.submit()
    assert (refused.status, refused.failure) == (SubmissionStatus.PLANNED, FailureType.CAPTCHA)
    assert not refused.may_be_sent
    assert await action(counter) == "open"
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    await answering
    assert [shown.number for shown in person.seen] == [1, 2]
    assert len({shown.picture for shown in person.seen}) == 2
    assert len(counter.site.posts) == 2


async def test_wrong_answers_come_to_an_end(counter: Counter) -> None:
    guard = Guard(counter)
    await attend(counter)
    answering = asyncio.create_task(Person(counter, guard).solve(wrong=3))
    tries = [await counter.submit() for _ in range(3)]
    answering.cancel()
    assert [outcome.status for outcome in tries] == [
        SubmissionStatus.PLANNED,
        SubmissionStatus.PLANNED,
        SubmissionStatus.AWAITING_ACTION,
    ]
    assert tries[-1].failure is FailureType.CAPTCHA
    assert not tries[-1].may_be_sent
    assert await action(counter) == "open"


async def test_nobody_answers_in_time_and_it_waits_for_a_person_again(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activities.attending, "PATIENCE", timedelta(seconds=1))
    guard = Guard(counter)
    await attend(counter)
    outcome = await counter.submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA)
    assert (await action(counter), counter.site.posts, (await counter.row()).attempt) == ("open", [], 0)
    with pytest.raises(NotAsked, match="has expired"):
        await Person(counter, guard).say(1, guard.code)


async def test_a_page_that_is_rebuilt_asks_under_a_new_number_and_the_old_one_takes_no_answer(counter: Counter) -> None:
    guard = Guard(counter)
    await attend(counter)
    environment = ActivityEnvironment()
    lost = asyncio.create_task(counter.submit(environment))
    person = Person(counter, guard)
    first = await person.shown()
    environment.cancel()
    with contextlib.suppress(asyncio.CancelledError, ApplicationError):
        await lost
    old = guard.code
    again = asyncio.create_task(counter.submit())
    second = await person.shown(2)
    assert (first.number, second.number) == (1, 2)
    with pytest.raises(NotAsked, match="the one shown now is 2"):
        await person.say(1, old)
    await person.say(2, guard.code)
    assert (await again).status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1


async def test_of_two_workers_with_one_page_each_the_older_one_leaves_the_row_alone(counter: Counter) -> None:
    guard = Guard(counter)
    await attend(counter)
    person = Person(counter, guard)
    zombie = asyncio.create_task(counter.submit())
    await person.shown()
    again = asyncio.create_task(counter.submit())
    await person.shown(2)
    with pytest.raises(ApplicationError):
        await zombie
    assert (await counter.row()).status is SubmissionStatus.PLANNED
    await person.say(2, guard.code)
    assert (await again).status is SubmissionStatus.SUBMITTED


async def test_a_learned_plan_brings_the_next_customer_as_far_as_the_captcha(counter: Counter) -> None:
    guard = Guard(counter)
    await attend(counter)
    await asyncio.gather(counter.submit(), Person(counter, guard).solve())
    job_id = await add_begun_job(counter.pool, ["alpha"], profile=example_profile(2))
    await counter.pool.execute("update directories set submission_url = $1", counter.site.url)
    following = replace(counter, ref=SubmissionRef(job_id=job_id, slug="alpha"))
    visits = counter.site.visits
    outcome = await following.plan_and_submit()
    plan = (await following.row()).plan
    assert plan is not None
    assert (plan.learned, counter.site.visits) == (True, visits + 1)
    assert (outcome.status, outcome.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA)
    assert len(counter.site.posts) == 1


async def test_a_solver_is_asked_only_where_the_directory_permits_it(counter: Counter) -> None:
    guard = Guard(counter)
    counter.solver = service = Service("")
    stopped = await counter.plan()
    assert (stopped.status, service.asked) == (SubmissionStatus.AWAITING_ACTION, [])
    await counter.pool.execute("update directories set solver_allowed = true")
    await results.resolve(counter.pool, counter.ref, ActionResolution(resolution=Resolution.RETRY, by="ana"))
    assert (await counter.plan()).status is SubmissionStatus.PLANNED
    assert guard.codes
    service.says = "nonsense"
    refused = await counter.submit()
    assert (refused.status, refused.failure, service.judged) == (
        SubmissionStatus.PLANNED,
        FailureType.CAPTCHA,
        [False],
    )
    [asked] = service.asked
    assert asked.picture.startswith(b"\x89PNG")
    assert asked.page_url == counter.site.url


async def test_a_solver_without_an_answer_leaves_it_to_a_person(counter: Counter) -> None:
    Guard(counter)
    counter.solver = Service(Unanswered("2Captcha's account is empty."))
    await counter.pool.execute("update directories set solver_allowed = true")
    outcome: Outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA)
    assert outcome.reason == "2Captcha's account is empty."
    assert counter.site.posts == []


async def test_a_widgets_token_goes_where_the_widget_would_put_it(counter: Counter) -> None:
    widget = (
        '<div class="h-captcha" data-sitekey="key-7" data-callback="told" style="height:78px">I am human'
        '<textarea name="h-captcha-response" hidden></textarea></div><script>function told(token) {'
        "document.querySelector('button').disabled = false; }</script>"
    )
    counter.site.form = FORM.replace("<button>", f"{widget}<button disabled>")
    counter.solver = service = Service("token-9")
    await counter.pool.execute("update directories set solver_allowed = true")
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.SUBMITTED
    assert (service.asked[0].site_key, service.judged) == ("key-7", [True])
    assert counter.site.posts[0].fields["h-captcha-response"] == "token-9"
