"""The planning activity: writes down what goes where on a directory's form. It sends nothing.

The first plan of a submission is the one that is trusted for this form, if there is one: then nothing is visited, and
whether the form is still the same is seen when it is filled. Every other plan is made by looking at the form, with the
post gate shut, so that even a page that submits by itself could not.
"""

import functools

from temporalio import activity

from activities.artifacts import ArtifactStore
from activities.boundary import boundary, heartbeating
from activities.browser.pool import BrowserPool, Visit
from activities.browser.visit import DirectoryGone, go_to
from activities.browser.walk import Walked, walk
from activities.captchas import Captchas
from activities.learned import learned_plan
from activities.proof import keep_screenshot
from activities.robots import Robots
from activities.solving import Solver
from activities.turns import OUT_OF_ORDER, in_turn
from brain import planner
from brain.drift import drift, seen
from brain.models.advisor import Advisor
from schema.contracts.directory import Automation
from schema.contracts.mapping import SeenStep, form_fingerprint, speaks_of
from schema.contracts.plan import Obstacle, Plan
from schema.contracts.submission import Outcome, Standing, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import directories, mappings, results, submissions, turns
from schema.store.database import Pool
from schema.store.submissions import Submission

_PERSON_CAN_HELP = frozenset(
    {
        FailureType.CAPTCHA,
        FailureType.CAPTCHA_ON_PAGE,
        FailureType.LOGIN_REQUIRED,
        FailureType.PAYMENT_REQUIRED,
        FailureType.PLAN_REJECTED,
        FailureType.PROFILE_INCOMPLETE,
    }
)
"""Obstacles that wait for a person; the others end the directory."""


class Planning:
    """Makes the plan of one submission and keeps it in the ledger. Without an advisor, no model is asked."""

    def __init__(
        self,
        pool: Pool,
        browser: BrowserPool,
        artifacts: ArtifactStore,
        robots: Robots,
        advisor: Advisor | None = None,
        solver: Solver | None = None,
    ) -> None:
        self._pool = pool
        self._browser = browser
        self._artifacts = artifacts
        self._robots = robots
        self._advisor = advisor
        self._captchas = Captchas(pool, artifacts, solver)

    @activity.defn
    async def plan_submission(self, ref: SubmissionRef) -> Standing:
        """Ends as planned, or as the outcome that no plan can change. Does nothing when that is already decided.

        A row left where it was, with a failure of `OUT_OF_ORDER`, asks for the directory's next turn.
        """
        with boundary():
            async with heartbeating():
                submission = await submissions.find(self._pool, ref)
                if submission.status not in (SubmissionStatus.PENDING, SubmissionStatus.PLANNED):
                    return submission.outcome.standing
                await results.mark_visited(self._pool, submission)
                outcome = await self._stopped_by_policy(submission) or await in_turn(
                    self._pool, submission, functools.partial(self._plan, submission)
                )
                if outcome.failure in OUT_OF_ORDER:
                    return outcome.standing
                if outcome.status is not SubmissionStatus.PLANNED:
                    await results.record(self._pool, submission, outcome, submission.attempt)
                    await turns.leave(self._pool, submission)
                return outcome.standing

    async def _stopped_by_policy(self, submission: Submission) -> Outcome | None:
        if submission.automation is Automation.FORBIDDEN:
            return _skipped("The directory's terms forbid automated submissions.")
        if not submission.active:
            return _skipped("The directory is not active.")
        return await submissions.listed_by_another_job(self._pool, submission)

    async def _forbidden_by_robots(self, submission: Submission) -> Outcome | None:
        manners = await self._robots.manners(submission.submission_url)
        await directories.keep_apart(self._pool, submission.directory_id, manners.delay)
        if not manners.forbidden_by:
            return None
        return _skipped(f"The site's robots.txt asks robots to stay away ({manners.forbidden_by}).")

    async def _plan(self, submission: Submission) -> Outcome:
        forbidden = await self._forbidden_by_robots(submission)
        if forbidden is not None:
            return forbidden
        # Only ever the first plan of a submission: what it met once is not met blindly again.
        first = submission.status is SubmissionStatus.PENDING
        learned = await learned_plan(self._pool, submission) if first else None
        if learned is not None:
            await results.save_plan(self._pool, submission, learned)
            return Outcome(status=SubmissionStatus.PLANNED)
        return await self._plan_by_visit(submission)

    async def _plan_by_visit(self, submission: Submission) -> Outcome:
        consultation = self._advisor.consultation(submission.profile) if self._advisor else None
        answerable = await self._captchas.answerable(submission)
        async with self._browser.visit() as visit:
            visit.gate.confine(submission.submission_url, submission.profile)
            try:
                await go_to(visit.page, submission.submission_url)
            except DirectoryGone as gone:
                return Outcome(status=SubmissionStatus.FAILED, failure=FailureType.FORM_NOT_FOUND, reason=str(gone))
            walked = await walk(
                visit.page,
                submission.profile,
                submission.submission_url,
                accept_terms=submission.accept_terms,
                consultation=consultation,
                answerable=answerable,
            )
            usage = consultation.usage if consultation else ()
            met = tuple(map(seen, walked.met))
            changes = await self._changes(submission, met, walked)
            if isinstance(walked.made, Obstacle):
                outcome = await self._stopped(walked.made, visit, submission)
                return outcome.model_copy(update={"usage": usage})
        plan = Plan(
            directory=submission.ref.slug,
            url=submission.submission_url,
            steps=walked.made,
            source=consultation.source if consultation else "mapper",
            mapper_version=planner.MAPPER_VERSION,
            usage=usage,
        )
        await results.save_plan(self._pool, submission, plan, met, changes)
        return Outcome(status=SubmissionStatus.PLANNED)

    async def _changes(self, submission: Submission, met: tuple[SeenStep, ...], walked: Walked) -> tuple[str, ...]:
        """What is other on the form than remembered, reported to the operators whatever comes of the plan."""
        faces = await mappings.faces(self._pool, submission.directory_id, planner.MAPPER_VERSION)
        changes = drift(faces, met, whole=not isinstance(walked.made, Obstacle))
        if not changes or speaks_of(submission.profile, *met):
            return ()
        fingerprint = form_fingerprint(tuple(step.fingerprint for step in met))
        await mappings.report_change(self._pool, submission.directory_id, fingerprint, changes)
        return changes

    async def _stopped(self, obstacle: Obstacle, visit: Visit, submission: Submission) -> Outcome:
        if obstacle.failure not in _PERSON_CAN_HELP:
            return Outcome(status=SubmissionStatus.FAILED, failure=obstacle.failure, reason=obstacle.reason)
        return Outcome(
            status=SubmissionStatus.AWAITING_ACTION,
            failure=obstacle.failure,
            reason=obstacle.reason,
            final_url=visit.page.url,
            screenshot=await keep_screenshot(self._artifacts, visit, submission.ref),
        )


def _skipped(reason: str) -> Outcome:
    return Outcome(status=SubmissionStatus.SKIPPED, failure=FailureType.POLICY_FORBIDS, reason=reason)
