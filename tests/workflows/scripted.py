"""Directories that follow a script, in place of a browser: they use the real ledger, and count every click.

The script of a directory is a list of what its next visits do; the last word is repeated.
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from temporalio import activity

from activities.boundary import ActivityFailure, boundary, heartbeating, to_its_end
from schema.contracts.form import ButtonKind
from schema.contracts.plan import Plan, PlanStep
from schema.contracts.submission import Evidence, Outcome, Sighting, Standing, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import results, submissions, turns
from schema.store.database import Pool
from schema.store.submissions import Submission
from tests.patience import PATIENCE_S

_BUSY_FOR = timedelta(milliseconds=100)


class Turn(StrEnum):
    """What one visit of a directory leads to."""

    ACCEPT = "accept"
    CAPTCHA = "captcha"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    REFUSE_AND_AMEND = "refuse_and_amend"
    CHANGED = "changed"
    SILENT = "silent"
    BUSY = "busy"
    DIE_AFTER_CLICK = "die_after_click"
    HANG = "hang"
    SLOW = "slow"
    JAMMED = "jammed"
    """The button cannot be pressed, and nothing has left."""
    OUTAGE = "outage"
    """Our own database goes away during the visit."""
    DEAF = "deaf"
    """Goes on through a cancellation until told to, and then needs a person."""


class Seen(StrEnum):
    """What a look at a directory tells of what may have been sent there."""

    NOTHING = "nothing"
    NOT_YET = "not_yet"
    TOO_EARLY = "too_early"
    """Whatever is there can be seen in two minutes."""
    LISTED = "listed"
    ABSENT = "absent"


_SEEN = {
    Seen.LISTED: Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.LISTING, may_be_sent=True),
    Seen.ABSENT: Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.OUTCOME_UNKNOWN),
}

_AFTER_CLICK = {
    Turn.ACCEPT: Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True),
    Turn.CONFIRM: Outcome(
        status=SubmissionStatus.AWAITING_ACTION,
        evidence=Evidence.TEXT,
        failure=FailureType.CONFIRMATION_NEEDED,
        may_be_sent=True,
    ),
    Turn.REFUSE: Outcome(status=SubmissionStatus.FAILED, failure=FailureType.REFUSED),
    Turn.REFUSE_AND_AMEND: Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.REFUSED),
    Turn.JAMMED: Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.BROWSER_FAILED),
    Turn.SILENT: Outcome(status=SubmissionStatus.UNCERTAIN, failure=FailureType.OUTCOME_UNKNOWN, may_be_sent=True),
}


class ScriptedDirectories:
    """Stands in for Planning and Submitting."""

    def __init__(self, pool: Pool, scripts: Mapping[str, Sequence[Turn]] | None = None) -> None:
        self._pool = pool
        self._scripts = {slug: list(script) for slug, script in (scripts or {}).items()}
        self.plans: Counter[str] = Counter()
        self.clicks: Counter[str] = Counter()
        self.looks: Counter[str] = Counter()
        self.seen: dict[str, Seen] = {}
        self.at_work: set[str] = set()
        self.most_at_work = 0
        self.visitors: defaultdict[str, list[UUID]] = defaultdict(list)
        self.most_visitors: Counter[str] = Counter()
        self.visit_s = 0.0
        self.closed: list[str] = []
        self.hanging: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._go_on = asyncio.Event()

    @activity.defn(name="plan_submission")
    async def plan_submission(self, ref: SubmissionRef) -> Standing:
        with boundary():
            submission = await submissions.find(self._pool, ref)
            if submission.status not in (SubmissionStatus.PENDING, SubmissionStatus.PLANNED):
                return submission.outcome.standing
            listed = await submissions.listed_by_another_job(self._pool, submission)
            if listed:
                await results.record(self._pool, submission, listed, submission.attempt)
                await turns.leave(self._pool, submission)
                return listed.standing
            self.plans[ref.slug] += 1
            async with self._visit(ref):
                pass
            if self._turn(ref.slug) is Turn.CAPTCHA:
                self._next(ref.slug)
                captcha = Outcome(status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.CAPTCHA)
                await results.record(self._pool, submission, captcha, submission.attempt)
                await turns.leave(self._pool, submission)
                return captcha.standing
            step = PlanStep(fingerprint="f", decisions=(), button="0:send", button_kind=ButtonKind.SUBMIT)
            url = f"https://{ref.slug}.example/submit"
            await results.save_plan(self._pool, submission, Plan(directory=ref.slug, url=url, steps=(step,)))
            return Standing(status=SubmissionStatus.PLANNED)

    @activity.defn(name="submit")
    async def submit(self, ref: SubmissionRef) -> Standing:
        with boundary():
            async with heartbeating():
                self.at_work.add(ref.slug)
                self.most_at_work = max(self.most_at_work, len(self.at_work))
                try:
                    async with self._visit(ref):
                        return (await self._submit(ref)).standing
                finally:
                    await turns.leave(self._pool, await submissions.find(self._pool, ref))
                    self.at_work.discard(ref.slug)
                    self.closed.append(ref.slug)

    @contextlib.asynccontextmanager
    async def _visit(self, ref: SubmissionRef) -> AsyncIterator[None]:
        """A job is at the directory, and counted there: once, though an attempt of before may still be there too."""
        visitors = self.visitors[ref.slug]
        visitors.append(ref.job_id)
        self.most_visitors[ref.slug] = max(self.most_visitors[ref.slug], len(set(visitors)))
        try:
            await asyncio.sleep(self.visit_s)
            yield
        finally:
            visitors.remove(ref.job_id)

    async def _submit(self, ref: SubmissionRef) -> Outcome:
        submission = await submissions.find(self._pool, ref)
        if submission.status is SubmissionStatus.SUBMITTING:
            outcome = _AFTER_CLICK[Turn.SILENT]
            await results.record(self._pool, submission, outcome, submission.attempt)
            return outcome
        if submission.status is not SubmissionStatus.PLANNED:
            return submission.outcome
        turn = self._next(ref.slug)
        if turn is Turn.BUSY:
            await turns.failed(self._pool, submission, _BUSY_FOR)
            return submission.outcome.model_copy(update={"failure": FailureType.DIRECTORY_BUSY})
        if turn is Turn.OUTAGE:
            raise ActivityFailure(FailureType.STORE_UNAVAILABLE, "the database system is starting up")
        if turn is Turn.HANG:
            self.hanging[ref.slug].set()
            await asyncio.sleep(3600)
        if turn is Turn.SLOW:
            self.hanging[ref.slug].set()
            await self._go_on.wait()
            turn = Turn.ACCEPT
        if turn is Turn.DEAF:
            self.hanging[ref.slug].set()
            with contextlib.suppress(asyncio.CancelledError):
                await to_its_end(self._go_on.wait())
            turn = Turn.CONFIRM
        if turn is Turn.CHANGED:
            outcome = Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.FORM_CHANGED)
            await results.record(self._pool, submission, outcome, submission.attempt)
            return outcome
        # A cancellation that comes between the two would leave a question that the script does not have.
        return await to_its_end(self._click(submission, turn))

    async def _click(self, submission: Submission, turn: Turn) -> Outcome:
        attempt = await results.claim_intent(self._pool, submission)
        self.clicks[submission.ref.slug] += 1
        if turn is Turn.DIE_AFTER_CLICK:
            raise ActivityFailure(FailureType.BROWSER_FAILED, "the worker died")
        outcome = _AFTER_CLICK[turn]
        await results.record(self._pool, submission, outcome, attempt)
        if turn is Turn.REFUSE_AND_AMEND:
            assert submission.plan is not None
            await results.save_plan(self._pool, submission, submission.plan)
        return outcome

    @activity.defn(name="look_up")
    async def look_up(self, ref: SubmissionRef) -> Sighting:
        """What `seen` says of the directory: by default nothing, now and for ever."""
        submission = await submissions.find(self._pool, ref)
        self.looks[ref.slug] += 1
        outcome = _SEEN.get(self.seen.get(ref.slug, Seen.NOTHING))
        if outcome is not None and submission.status.waits_for_person:
            await results.record(self._pool, submission, outcome, submission.attempt)
        await turns.leave(self._pool, submission)
        seen = self.seen.get(ref.slug)
        return Sighting(
            standing=(outcome or submission.outcome).standing,
            again=seen in (Seen.NOT_YET, Seen.TOO_EARLY),
            again_in_s=120 if seen is Seen.TOO_EARLY else 0,
        )

    async def begun(self, slug: str) -> None:
        """Wait until a HANG, SLOW or DEAF directory is being submitted to."""
        async with asyncio.timeout(PATIENCE_S):
            await self.hanging[slug].wait()

    async def until_at_work(self, number: int) -> None:
        """Wait until so many are being submitted to at once."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.at_work) < number:
                await asyncio.sleep(0.02)

    def go_on(self) -> None:
        """Let the SLOW and the DEAF ones end."""
        self._go_on.set()

    def _turn(self, slug: str) -> Turn:
        return self._scripts.get(slug, [Turn.ACCEPT])[0]

    def _next(self, slug: str) -> Turn:
        script = self._scripts.get(slug, [Turn.ACCEPT])
        return script.pop(0) if len(script) > 1 else script[0]
