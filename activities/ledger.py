"""The ledger's activities: what a workflow reads from and writes to PostgreSQL. It decides no transition itself.

Each is one query or one transaction and safe to repeat.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.boundary import ActivityFailure, boundary
from schema import ids
from schema.contracts.job import JobChildren, JobFinish, JobProgress, JobSetup, Tier
from schema.contracts.submission import (
    Decision,
    DirectoryState,
    Failure,
    Outcome,
    PersonNeeded,
    Standing,
    SubmissionRef,
)
from schema.failures import FailureType
from schema.store import actions, directories, jobs, results, transitions
from schema.store.database import Pool


class Ledger:
    """Reads and writes jobs, results, slots and actions."""

    def __init__(self, pool: Pool, client: Client, windows: Mapping[Tier, int]) -> None:
        self._pool = pool
        self._client = client
        self._windows = windows

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
            )

    @activity.defn
    async def settle_children(self, children: JobChildren) -> tuple[DirectoryState, ...]:
        """Where the job's directories stand; a child that closed without a word is given up first.

        For children that an earlier run of the job's workflow started: their end may have gone unheard.
        """
        with boundary(FailureType.STORE_UNAVAILABLE):
            open_now = {state.slug for state in await self._states(children.job_id) if not state.status.ended}
            for slug in children.slugs:
                if slug in open_now and await self._closed(ids.directory_workflow_id(children.job_id, slug)):
                    ref = SubmissionRef(job_id=children.job_id, slug=slug)
                    await self._give_up(ref, FailureType.WORKFLOW_CLOSED, "Its workflow was closed from outside.")
            return await self._states(children.job_id)

    @activity.defn
    async def finish_job(self, finish: JobFinish) -> JobProgress:
        """Close the job by what the ledger says, and tell its totals."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            if finish.cancelled:
                for state in await self._states(finish.job_id):
                    if not state.status.ended:
                        ref = SubmissionRef(job_id=finish.job_id, slug=state.slug)
                        await self._give_up(ref, FailureType.CANCELLED, "The job was cancelled.")
            async with self._pool.acquire() as connection, connection.transaction():
                status = await jobs.finish(connection, finish.job_id, cancelled=finish.cancelled)
                return JobProgress(status=status, counts=await jobs.count(connection, finish.job_id))

    @activity.defn
    async def reserve_slot(self, ref: SubmissionRef) -> int:
        """Take the directory's next slot; milliseconds to wait until it begins."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            return await directories.reserve_slot(self._pool, ref.slug)

    @activity.defn
    async def give_up(self, failure: Failure) -> Standing:
        """Write a failure that ended all retries; a row whose click may have happened becomes uncertain instead."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            return (await self._give_up(failure.ref, failure.failure, failure.reason)).standing

    @activity.defn
    async def ask_person(self, needed: PersonNeeded) -> None:
        """Open an action for a row that waits for a person."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            submission = await results.find(self._pool, needed.ref)
            if submission.status.waits_for_person:
                await actions.open_for(
                    self._pool, submission.id, submission.outcome, timedelta(seconds=needed.deadline_s)
                )

    @activity.defn
    async def resolve_action(self, decision: Decision) -> Standing:
        """Do what a person decided."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            return (await results.resolve(self._pool, decision.ref, decision.resolution)).standing

    @activity.defn
    async def expire_action(self, ref: SubmissionRef) -> Standing:
        """Nobody acted before the deadline."""
        with boundary(FailureType.STORE_UNAVAILABLE):
            return (await results.expire(self._pool, ref)).standing

    async def _states(self, job_id: UUID) -> tuple[DirectoryState, ...]:
        return await results.states(self._pool, job_id)

    async def _give_up(self, ref: SubmissionRef, failure: FailureType, reason: str) -> Outcome:
        submission = await results.find(self._pool, ref)
        outcome = transitions.given_up(submission.outcome, failure, reason)
        if outcome != submission.outcome:
            await results.record(self._pool, submission, outcome, submission.attempt)
        return outcome

    async def _closed(self, workflow_id: str) -> bool:
        try:
            description = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return True
            raise
        return description.status not in (None, WorkflowExecutionStatus.RUNNING)
