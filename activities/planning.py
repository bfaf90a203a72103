"""The planning activity: looks at a directory's form and writes down what goes where. It sends nothing.

It visits with the post gate shut, so that even a page that submits by itself could not.
"""

from playwright.async_api import Page
from temporalio import activity

from activities.artifacts import ArtifactStore
from activities.boundary import boundary, heartbeating
from activities.browser.advance import Stuck, advance
from activities.browser.fill import GuardRefused, fill_step
from activities.browser.observe import observe
from activities.browser.pool import BrowserPool
from activities.browser.visit import DirectoryGone, go_to, screenshot
from brain import planner
from schema.contracts.directory import Automation
from schema.contracts.form import ButtonKind, FieldKind, FormField, FormSnapshot
from schema.contracts.plan import Obstacle, Plan, PlanStep
from schema.contracts.submission import Outcome, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from schema.store.database import Pool
from schema.store.results import Submission

_MOST_STEPS = 10

_PERSON_CAN_HELP = frozenset(
    {
        FailureType.CAPTCHA,
        FailureType.LOGIN_REQUIRED,
        FailureType.PAYMENT_REQUIRED,
        FailureType.PLAN_REJECTED,
        FailureType.PROFILE_INCOMPLETE,
    }
)
"""Obstacles that wait for a person; the others end the directory."""


class Planning:
    """Makes the plan of one submission and keeps it in the ledger."""

    def __init__(self, pool: Pool, browser: BrowserPool, artifacts: ArtifactStore) -> None:
        self._pool = pool
        self._browser = browser
        self._artifacts = artifacts

    @activity.defn
    async def plan_submission(self, ref: SubmissionRef) -> Outcome:
        """Ends as planned, or as the outcome that no plan can change. Does nothing when that is already decided."""
        with boundary(FailureType.BROWSER_FAILED):
            async with heartbeating():
                submission = await results.find(self._pool, ref)
                if submission.status not in (SubmissionStatus.PENDING, SubmissionStatus.PLANNED):
                    return submission.outcome
                outcome = await self._stopped_by_policy(submission) or await self._plan(submission)
                if outcome.status is not SubmissionStatus.PLANNED:
                    await results.record(self._pool, submission, outcome, submission.attempt)
                return outcome

    async def _stopped_by_policy(self, submission: Submission) -> Outcome | None:
        if submission.automation is Automation.FORBIDDEN:
            return _skipped("The directory's terms forbid automated submissions.")
        if not submission.active:
            return _skipped("The directory is not active.")
        return await results.listed_by_another_job(self._pool, submission)

    async def _plan(self, submission: Submission) -> Outcome:
        async with self._browser.visit() as visit:
            try:
                await go_to(visit.page, submission.submission_url)
            except DirectoryGone as gone:
                return Outcome(status=SubmissionStatus.FAILED, failure=FailureType.FORM_NOT_FOUND, reason=str(gone))
            steps: list[PlanStep] = []
            while not steps or steps[-1].button_kind is ButtonKind.ADVANCE:
                observation = await observe(visit.page)
                step = planner.plan_step(observation.snapshot, submission.profile, accept_terms=submission.accept_terms)
                if isinstance(step, PlanStep):
                    step = await _walk(visit.page, step, observation.snapshot, submission)
                if isinstance(step, PlanStep) and len(steps) == _MOST_STEPS:
                    step = Obstacle(failure=FailureType.PLAN_REJECTED, reason="The form has more steps than we follow.")
                if isinstance(step, Obstacle):
                    return await self._stopped(step, visit.page, submission)
                steps.append(step)
        plan = Plan(
            directory=submission.ref.slug,
            url=submission.submission_url,
            steps=tuple(steps),
            mapper_version=planner.MAPPER_VERSION,
        )
        await results.save_plan(self._pool, submission, plan)
        return Outcome(status=SubmissionStatus.PLANNED)

    async def _stopped(self, obstacle: Obstacle, page: Page, submission: Submission) -> Outcome:
        helps = obstacle.failure in _PERSON_CAN_HELP
        return Outcome(
            status=SubmissionStatus.AWAITING_ACTION if helps else SubmissionStatus.FAILED,
            failure=obstacle.failure,
            reason=obstacle.reason,
            final_url=page.url,
            screenshot=await self._artifacts.put_screenshot(submission.ref, await screenshot(page)) if helps else "",
        )


async def _walk(page: Page, step: PlanStep, snapshot: FormSnapshot, submission: Submission) -> PlanStep | Obstacle:
    """Fill the step in rehearsal where something hangs on it: fields that appear, or the next step of a wizard."""
    if step.button_kind is not ButtonKind.ADVANCE and not any(map(_has_dependents, snapshot.fields)):
        return step
    try:
        filled = await fill_step(page, step, submission.profile, submission.submission_url)
    except GuardRefused as refused:
        return Obstacle(failure=FailureType.PLAN_REJECTED, reason=str(refused))
    again = planner.plan_step(filled.observation.snapshot, submission.profile, accept_terms=submission.accept_terms)
    if isinstance(again, Obstacle):
        return again
    known = {decision.handle for decision in step.decisions}
    appeared = tuple(decision for decision in again.decisions if decision.handle not in known)
    step = step.model_copy(
        update={"decisions": step.decisions + appeared, "button": again.button, "button_kind": again.button_kind}
    )
    if step.button_kind is ButtonKind.ADVANCE:
        try:
            await advance(page, filled.observation, step)
        except Stuck as stuck:
            return Obstacle(failure=FailureType.PLAN_REJECTED, reason=str(stuck))
    return step


def _has_dependents(field: FormField) -> bool:
    return field.visible and (bool(field.depends_on) or (field.kind is FieldKind.SELECT and not field.options))


def _skipped(reason: str) -> Outcome:
    return Outcome(status=SubmissionStatus.SKIPPED, failure=FailureType.POLICY_FORBIDS, reason=reason)
