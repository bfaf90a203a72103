"""The planning activity: looks at a directory's form and writes down what goes where. It sends nothing.

It visits with the post gate shut, so that even a page that submits by itself could not.
"""

from temporalio import activity

from activities.artifacts import ArtifactStore
from activities.boundary import boundary, heartbeating
from activities.browser.pool import BrowserPool, Visit
from activities.browser.visit import DirectoryGone, go_to
from activities.browser.walk import walk
from activities.proof import keep_screenshot
from brain import planner
from schema.contracts.directory import Automation
from schema.contracts.plan import Obstacle, Plan
from schema.contracts.submission import Outcome, Standing, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from schema.store.database import Pool
from schema.store.results import Submission

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
    async def plan_submission(self, ref: SubmissionRef) -> Standing:
        """Ends as planned, or as the outcome that no plan can change. Does nothing when that is already decided."""
        with boundary():
            async with heartbeating():
                submission = await results.find(self._pool, ref)
                if submission.status not in (SubmissionStatus.PENDING, SubmissionStatus.PLANNED):
                    return submission.outcome.standing
                await results.mark_visited(self._pool, submission)
                outcome = await self._stopped_by_policy(submission) or await self._plan(submission)
                if outcome.status is not SubmissionStatus.PLANNED:
                    await results.record(self._pool, submission, outcome, submission.attempt)
                return outcome.standing

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
            steps = await walk(
                visit.page, submission.profile, submission.submission_url, accept_terms=submission.accept_terms
            )
            if isinstance(steps, Obstacle):
                return await self._stopped(steps, visit, submission)
        plan = Plan(
            directory=submission.ref.slug,
            url=submission.submission_url,
            steps=steps,
            mapper_version=planner.MAPPER_VERSION,
        )
        await results.save_plan(self._pool, submission, plan)
        return Outcome(status=SubmissionStatus.PLANNED)

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
