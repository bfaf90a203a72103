"""The ledger's activities: what a workflow reads from and writes to PostgreSQL. It decides no transition itself.

Each is one query or one transaction and safe to repeat.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.boundary import ActivityFailure, boundary
from activities.executions import is_closed
from schema import ids
from schema.contracts.job import JobChildren, JobFinish, JobProgress, JobSetup, Tier
from schema.contracts.replay import Reopened, Reopening
from schema.contracts.submission import (
    Decision,
    DirectoryState,
    Failure,
    Outcome,
    PersonNeeded,
    Standing,
    SubmissionRef,
    Turn,
)
from schema.failures import FailureType
from schema.store import actions, jobs, replays, results, submissions, transitions, turns
from schema.store.actions import ActionClosed
from schema.store.database import Pool
from schema.store.results import LedgerConflict


class Ledger:
    """Reads and writes jobs, results, turns and actions."""

    def __init__(self, pool: Pool, client: Client, windows: Mapping[Tier, int], patience: timedelta) -> None:
        self._pool = pool
        self._client = client
        self._windows = windows
        self._patience = patience

    @activity.defn
    async def begin_job(self, job_id: UUID) -> JobSetup:
        """Choose the job's directories once, and tell where each of them stands."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            job = await jobs.find(self._pool, job_id)
            if job is None:
                raise ActivityFailure(FailureType.INVALID_INPUT, f"There is no job {job_id}.")
            async with self._pool.acquire() as connection, connection.transaction():
                await jobs.begin(connection, job)
            return JobSetup(
                customer_id=job.customer_id,
                tier=job.tier,
                window=self._windows[job.tier],
                directories=await self._states(job_id),
                directory_patience_s=int(self._patience.total_seconds()),
            )

    @activity.defn
    async def settle_children(self, children: JobChildren) -> tuple[DirectoryState, ...]:
        """Where the job's directories stand; a child that closed without a word is given up first.

        For children that an earlier run of the job's workflow started: their end may have gone unheard.
        """
        with boundary(FailureType.STORE_UNAVAILABLE):
            replays = {child.slug: child.replays for child in children.children}
            for state in await self._states(children.job_id):
                slug = state.slug
                # One that was reopened a moment ago has yet to get its child.
                if state.status.ended or replays.get(slug) != state.replays:
                    continue
                if await is_closed(self._client, ids.directory_workflow_id(children.job_id, slug, state.replays)):
                    ref = SubmissionRef(job_id=children.job_id, slug=slug)
                    await self._give_up(ref, FailureType.WORKFLOW_CLOSED, "Its workflow was closed from outside.")
            return await self._states(children.job_id)

    @activity.defn
    async def reopen_directories(self, reopening: Reopening) -> Reopened:
        """Make failed directories pending again where nothing of ours can be there; an answer for each."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            report = await replays.reopen(self._pool, reopening.job_id, reopening.request)
            granted = {retry.slug for retry in report.directories if retry.answer.granted}
            states = await self._states(reopening.job_id)
            return Reopened(report=report, states=tuple(state for state in states if state.slug in granted))

    @activity.defn
    async def finish_job(self, finish: JobFinish) -> JobProgress:
        """Close the job by what the ledger says, unless a replay came in between, and tell its totals."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            if finish.cancelled:
                for state in await self._states(finish.job_id):
                    if not state.status.ended:
                        ref = SubmissionRef(job_id=finish.job_id, slug=state.slug)
                        await self._give_up(ref, FailureType.CANCELLED, "The job was cancelled.")
            async with self._pool.acquire() as connection, connection.transaction():
                status = await jobs.finish(connection, finish.job_id, cancelled=finish.cancelled)
                if finish.cancelled and not status.ended:
                    raise LedgerConflict("A directory was reopened while the job was being cancelled.")
                return JobProgress(status=status, counts=await jobs.count(connection, finish.job_id))

    @activity.defn
    async def take_turn(self, ref: SubmissionRef) -> Turn:
        """Take the directory's next turn, or hear when to ask again."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            return await turns.take(self._pool, ref)

    @activity.defn
    async def give_up(self, failure: Failure) -> Standing:
        """Write a failure that ended all retries; a row whose click may have happened becomes uncertain instead."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            return (await self._give_up(failure.ref, failure.failure, failure.reason)).standing

    @activity.defn
    async def ask_person(self, needed: PersonNeeded) -> int:
        """Open an action for a row that waits for a person; milliseconds that are left until its deadline.

        An action that is open already keeps its deadline.
        """
        with boundary(FailureType.STORE_UNAVAILABLE):
            submission = await submissions.find(self._pool, needed.ref)
            patience = timedelta(seconds=needed.deadline_s)
            return await actions.open_for(self._pool, submission.id, submission.outcome, patience)

    @activity.defn
    async def resolve_action(self, decision: Decision) -> Standing:
        """Do what a person decided. What the ledger does not do is told them, and not tried again."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            try:
                return (await results.resolve(self._pool, decision.ref, decision.resolution)).standing
            except (ActionClosed, LedgerConflict) as refused:
                raise ApplicationError(str(refused), type=FailureType.INVALID_INPUT, non_retryable=True) from None

    @activity.defn
    async def read_standing(self, ref: SubmissionRef) -> Standing:
        """Where the row stands now."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            return (await submissions.find(self._pool, ref)).outcome.standing

    @activity.defn
    async def expire_action(self, ref: SubmissionRef) -> Standing:
        """Nobody acted before the deadline."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            return (await results.expire(self._pool, ref)).standing

    async def _states(self, job_id: UUID) -> tuple[DirectoryState, ...]:
        return await submissions.states(self._pool, job_id)

    async def _give_up(self, ref: SubmissionRef, failure: FailureType, reason: str) -> Outcome:
        submission = await submissions.find(self._pool, ref)
        outcome = transitions.given_up(submission.outcome, failure, reason)
        if outcome != submission.outcome:
            await results.record(self._pool, submission, outcome, submission.attempt)
        await turns.leave(self._pool, submission)
        return outcome
