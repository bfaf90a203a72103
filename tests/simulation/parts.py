"""The real activities with the browser taken out: what a visit meets is a simulated site's word."""

from typing import Any, cast

from activities import reconciling
from activities.planning import Planning
from activities.reconciling import Reconciling
from activities.submission import MOST_ATTEMPTS, Submitting
from schema.contracts.form import ButtonKind
from schema.contracts.lookup import Lookup
from schema.contracts.plan import Plan, PlanStep
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from schema.store.database import Pool
from schema.store.results import LedgerConflict
from schema.store.submissions import Submission
from tests.simulation.world import World, Worlds

_NOTHING = cast(Any, None)
"""In place of a browser, an artifact store, robots.txt: whatever would use them is replaced."""

_SENT = {
    None: Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True),
    FailureType.REFUSED: Outcome(status=SubmissionStatus.FAILED),
    FailureType.ALREADY_LISTED: Outcome(status=SubmissionStatus.SKIPPED),
    FailureType.CONFIRMATION_NEEDED: Outcome(
        status=SubmissionStatus.AWAITING_ACTION, evidence=Evidence.TEXT, may_be_sent=True
    ),
    FailureType.OUTCOME_UNKNOWN: Outcome(status=SubmissionStatus.UNCERTAIN, may_be_sent=True),
    FailureType.DIRECTORY_UNREACHABLE: Outcome(status=SubmissionStatus.UNCERTAIN, may_be_sent=True),
}


class WorkerLost(Exception):
    """The worker dies here: nothing of the activity happens after this."""


class SimulatedPlanning(Planning):
    def __init__(self, pool: Pool, worlds: Worlds) -> None:
        super().__init__(pool, _NOTHING, _NOTHING, _NOTHING)
        self._worlds = worlds

    async def _plan(self, submission: Submission) -> Outcome:
        site = self._worlds.site(submission.ref.slug)
        async with site.visited(submission.ref):
            obstacle = site.obstacle(submission)
        if obstacle is FailureType.CAPTCHA:
            return Outcome(status=SubmissionStatus.AWAITING_ACTION, failure=obstacle)
        if obstacle is not None:
            return Outcome(status=SubmissionStatus.FAILED, failure=obstacle)
        await results.save_plan(self._pool, submission, _plan(submission))
        return Outcome(status=SubmissionStatus.PLANNED)


class SimulatedSubmitting(Submitting):
    def __init__(self, pool: Pool, worlds: Worlds) -> None:
        super().__init__(pool, _NOTHING, _NOTHING)
        self._worlds = worlds

    async def _submit(self, submission: Submission) -> Outcome:
        world, ref = self._worlds.of(submission.ref.slug), submission.ref
        site = world.sites[ref.slug]
        async with site.visited(ref):
            if site.has_changed(submission):
                outcome = Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.FORM_CHANGED)
                await results.record(self._pool, submission, outcome, submission.attempt)
                return outcome
            try:
                attempt = await results.claim_intent(self._pool, submission)
            except LedgerConflict:
                return await self._lost_the_claim(submission)
            _may_die(world, submission, "before the click")
            answer = site.post(submission)
            world.tell(f"{ref.slug}: {ref.job_id} is sent, and told {answer or 'thank you'}")
            _may_die(world, submission, "after the click")
        outcome = _SENT[answer].model_copy(update={"failure": answer})
        amended = submission.plan if answer is FailureType.REFUSED and attempt < MOST_ATTEMPTS else None
        if amended is not None:
            outcome = outcome.model_copy(update={"status": SubmissionStatus.PLANNED})
        await self._record(submission, outcome, attempt, amended)
        _may_die(world, submission, "after the record")
        await self._judge_directory(submission, answer is not FailureType.DIRECTORY_UNREACHABLE)
        return outcome


class SimulatedReconciling(Reconciling):
    def __init__(self, pool: Pool, worlds: Worlds) -> None:
        super().__init__(pool, _NOTHING, _NOTHING, _NOTHING)
        self._worlds = worlds

    async def _look(self, submission: Submission, lookup: Lookup) -> Outcome:
        site = self._worlds.site(submission.ref.slug)
        async with site.visited(submission.ref):
            if site.shows(submission.business_key):
                return Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.LISTING, may_be_sent=True)
            if reconciling._absence_is_proof(submission, lookup):
                return Outcome(status=SubmissionStatus.PLANNED)
        return submission.outcome


def _plan(submission: Submission) -> Plan:
    step = PlanStep(fingerprint="f", decisions=(), button="0:send", button_kind=ButtonKind.SUBMIT)
    return Plan(directory=submission.ref.slug, url=submission.submission_url, steps=(step,))


def _may_die(world: World, submission: Submission, when: str) -> None:
    """Raises WorkerLost once in a while."""
    if world.dice("dies", when, submission.ref, submission.attempt).random() < 0.04:
        world.tell(f"{submission.ref.slug}: the worker dies {when}")
        raise WorkerLost(when)
