"""The submission activity: fill, claim the intent, click once, watch, prove, record.

Before the claim every step may be repeated freely. After it nothing here clicks again: a retry that finds the row
`submitting` waits until the first attempt must be over and then says that the outcome is unknown.
"""

import asyncio
import contextlib
import dataclasses
import functools
from datetime import timedelta
from http import HTTPStatus

import structlog
from temporalio import activity

from activities import outcomes, proof
from activities.artifacts import ArtifactStore
from activities.boundary import ActivityFailure, boundary, heartbeating, to_its_end
from activities.browser.advance import Stuck, advance
from activities.browser.chromium import BrowserFailed
from activities.browser.fill import Filled, FormChanged, GuardRefused, fill_step
from activities.browser.gate import Deadline
from activities.browser.observe import observe
from activities.browser.pool import BrowserPool, Visit
from activities.browser.send import NeverArrived, Sent, send
from activities.browser.visit import DirectoryGone, go_to
from activities.captchas import Captchas, CaptchaStands
from activities.learned import learned_plan
from activities.solving import Solver
from activities.turns import in_turn
from brain import planner
from brain.answer import unsolved
from brain.models.advisor import Advisor
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import ModelUsage, Plan
from schema.contracts.submission import Outcome, Standing, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import results, submissions, turns
from schema.store.database import AWAY, Pool
from schema.store.results import JobStopped, LedgerConflict
from schema.store.submissions import Submission
from schema.store.transitions import given_up

_SEND_LIMIT_S = 45.0
_ADVICE_LIMIT_S = 20.0
_RECORD_LIMIT_S = 10.0
_RECORD_PAUSE_S = 0.5
ATTEMPT_IS_OVER = timedelta(seconds=_SEND_LIMIT_S + proof.LIMIT_S + _ADVICE_LIMIT_S + _RECORD_LIMIT_S + 2)
"""From the intent until whoever wrote it must have recorded an outcome, or has died."""

MOST_ATTEMPTS = 3
"""The first, and at most two amended ones (DESIGN.md §3)."""

_log = structlog.get_logger(__name__)


class Submitting:
    """Carries out the plan of one submission.

    Without an advisor, no model reads the page that answers; without a solver, captchas are people's business alone.
    """

    def __init__(
        self,
        pool: Pool,
        browser: BrowserPool,
        artifacts: ArtifactStore,
        advisor: Advisor | None = None,
        solver: Solver | None = None,
    ) -> None:
        self._pool = pool
        self._browser = browser
        self._artifacts = artifacts
        self._advisor = advisor
        self._captchas = Captchas(pool, artifacts, solver)

    @activity.defn
    async def submit(self, ref: SubmissionRef) -> Standing:
        """Where the directory stands after at most one click.

        `planned` with FORM_CHANGED asks for a new plan, made by looking at the form; `planned` with REFUSED says that
        the plan has been amended; `planned` with a failure of `OUT_OF_ORDER` asks for the directory's next turn.
        """
        with boundary():
            async with heartbeating():
                submission = await submissions.find(self._pool, ref)
                match submission.status:
                    case SubmissionStatus.PLANNED:
                        outcome = await in_turn(self._pool, submission, functools.partial(self._submit, submission))
                    case SubmissionStatus.SUBMITTING:
                        outcome = await self._outcome_of_lost_attempt(submission)
                    case _:
                        outcome = submission.outcome
                await turns.leave(self._pool, submission)
                return outcome.standing

    async def _outcome_of_lost_attempt(self, submission: Submission) -> Outcome:
        assert submission.intent_age is not None, "the table's constraint: submitting needs an intent"
        remaining = ATTEMPT_IS_OVER - submission.intent_age
        if remaining > timedelta():
            raise ActivityFailure(
                FailureType.OUTCOME_UNKNOWN,
                "An attempt that claimed the intent may still be under way.",
                retry_after=remaining,
            )
        outcome = outcomes.uncertain("The attempt died between the intent and the proof.")
        await results.record(self._pool, submission, outcome, submission.attempt)
        return outcome

    async def _submit(self, submission: Submission) -> Outcome:
        plan = submission.plan
        assert plan is not None, "a planned row has a plan"
        async with self._browser.visit() as visit:
            visit.gate.confine(submission.submission_url, submission.profile)
            try:
                await go_to(visit.page, plan.url)
                plan = await self._suited(visit, plan, submission)
                submission = dataclasses.replace(submission, plan=plan)
                filled = await _fill(visit, plan, submission)
                answered = await self._captchas.answer(visit, filled, submission)
            except LedgerConflict:
                return await self._lost_the_claim(submission)
            except (DirectoryGone, GuardRefused, Stuck, FormChanged, CaptchaStands) as stopped:
                outcome = await self._stopped(stopped, plan, visit, submission)
                await results.record(self._pool, submission, outcome, submission.attempt)
                return outcome
            until = Deadline.after(_SEND_LIMIT_S)
            try:
                attempt = await results.claim_intent(self._pool, submission)
            except JobStopped:
                outcome = given_up(submission.outcome, FailureType.CANCELLED, "The order was stopped.")
                await results.record(self._pool, submission, outcome, submission.attempt)
                return outcome
            except LedgerConflict:
                return await self._lost_the_claim(submission)
            visit.gate.open(until)
            filled = answered.filled if answered else filled
            outcome = await to_its_end(self._send(visit, filled, plan, submission, attempt))
            if answered:
                await answered.judge(outcome)
            return outcome

    async def _suited(self, visit: Visit, plan: Plan, submission: Submission) -> Plan:
        """The plan, or the remembered one for the form that stands in its form's place: some show now one, now another.

        Raises LedgerConflict.
        """
        if not plan.learned:
            return plan
        met = (await observe(visit.page)).snapshot.fingerprint
        other = await learned_plan(self._pool, submission, met) if met != plan.steps[0].fingerprint else None
        if other is not None:
            await results.save_plan(self._pool, submission, other)
        return other or plan

    async def _stopped(self, why: Exception, plan: Plan, visit: Visit, submission: Submission) -> Outcome:
        match why:
            case FormChanged():
                return Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.FORM_CHANGED, reason=str(why))
            case DirectoryGone():
                return Outcome(status=SubmissionStatus.FAILED, failure=FailureType.FORM_NOT_FOUND, reason=str(why))
            case CaptchaStands():
                return await self._for_a_person(visit, submission, why.failure, str(why))
            case _ if plan.learned:
                # It worked for somebody else. What stands in this customer's way, a look at the form will tell.
                return Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.FORM_CHANGED, reason=str(why))
            case _:
                return await self._for_a_person(visit, submission, FailureType.PLAN_REJECTED, str(why))

    async def _for_a_person(self, visit: Visit, submission: Submission, failure: FailureType, reason: str) -> Outcome:
        return Outcome(
            status=SubmissionStatus.AWAITING_ACTION,
            failure=failure,
            reason=reason,
            final_url=visit.page.url,
            screenshot=await proof.keep_screenshot(self._artifacts, visit, submission.ref),
        )

    async def _lost_the_claim(self, submission: Submission) -> Outcome:
        """Another job holds the listing, or another worker the row: nothing was clicked here."""
        listed = await submissions.listed_by_another_job(self._pool, submission)
        if listed is None:
            now = await submissions.find(self._pool, submission.ref)
            if now.status is SubmissionStatus.SUBMITTING:
                return await self._outcome_of_lost_attempt(now)
            return now.outcome
        await results.record(self._pool, submission, listed, submission.attempt)
        return listed

    async def _send(self, visit: Visit, filled: Filled, plan: Plan, submission: Submission, attempt: int) -> Outcome:
        amended: Plan | None = None
        answered: bool | None = None
        try:
            async with asyncio.timeout(_SEND_LIMIT_S):
                sent = await send(visit, filled.observation, plan.steps[-1].button)
        except (BrowserFailed, TimeoutError):
            visit.gate.close()
            outcome = outcomes.after_error(left=bool(visit.gate.sent))
        except NeverArrived as refused:
            outcome = Outcome(status=SubmissionStatus.PLANNED, failure=refused.failure, reason=str(refused))
            answered = False
        else:
            if sent.left:
                answered = sent.response_status is not None and sent.response_status < HTTPStatus.INTERNAL_SERVER_ERROR
            image = await proof.keep_screenshot(self._artifacts, visit, submission.ref)
            sent, usage = await self._advised(filled.observation.snapshot, sent, submission)
            outcome = outcomes.read(sent, visit.page.url, image).model_copy(update={"usage": usage})
            if outcome.failure is FailureType.REFUSED and attempt < MOST_ATTEMPTS:
                amended = planner.amend(plan, sent.after, sent.answer.refusals, submission.profile)
            elif unsolved(sent.answer) and attempt < MOST_ATTEMPTS:
                # Nothing is wrong with the plan: the next page poses the next captcha.
                amended = plan
        if amended is not None:
            outcome = outcome.model_copy(update={"status": SubmissionStatus.PLANNED})
        await self._record(submission, outcome, attempt, amended)
        await self._judge_directory(submission, answered)
        return outcome

    async def _judge_directory(self, submission: Submission, answered: bool | None) -> None:
        """A directory that shows its form and breaks on the post must not do so to every customer: it is out of order.

        `answered` is None where the fault, if any, was on our side.
        """
        if answered is False:
            await turns.failed(self._pool, submission)
        else:
            await turns.leave(self._pool, submission, well=answered is True)

    async def _advised(
        self, before: FormSnapshot, sent: Sent, submission: Submission
    ) -> tuple[Sent, tuple[ModelUsage, ...]]:
        """What was sent, with what models can add to the answer, and what asking them cost."""
        if self._advisor is None or not sent.left:
            return sent, ()
        consultation = self._advisor.consultation(submission.profile)
        answer = sent.answer
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ADVICE_LIMIT_S):
                answer = await consultation.read_answer(answer, before, sent.after, sent.response_status)
        return dataclasses.replace(sent, answer=answer), consultation.usage

    async def _record(self, submission: Submission, outcome: Outcome, attempt: int, amended: Plan | None) -> None:
        """Write what the click led to. It is known nowhere else yet, so a database that restarts is waited for."""
        async with asyncio.timeout(_RECORD_LIMIT_S):
            while True:
                try:
                    await results.record(self._pool, submission, outcome, attempt, amended)
                except AWAY as error:
                    _log.warning("outcome not yet recorded", error=type(error).__name__)
                    await asyncio.sleep(_RECORD_PAUSE_S)
                else:
                    return


async def _fill(visit: Visit, plan: Plan, submission: Submission) -> Filled:
    for step in plan.steps[:-1]:
        filled = await fill_step(visit.page, step, submission.profile, submission.submission_url)
        await advance(visit.page, filled.observation, step)
    return await fill_step(visit.page, plan.steps[-1], submission.profile, submission.submission_url)
