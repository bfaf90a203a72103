"""Upkeep, every minute: what the ledger holds is compared with what runs, and put right where that is provably safe.

Each activity is safe to repeat, and to run twice at once: it finds, asks Temporal, and moves rows through the ledger's
own transitions, which refuse what has moved on meanwhile. What cannot be proven safe is reported and left alone.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client

from activities.executions import EDGES, is_closed, is_paused, start_edge, start_job
from activities.findings import looking
from schema import ids
from schema.contracts.submission import DirectoryInput, SubmissionRef, SubmissionStatus
from schema.contracts.upkeep import Sweep, Task, UpkeepReport
from schema.failures import FailureType
from schema.store import actions, history, jobs, outbox, results, submissions, transitions, upkeep, workers
from schema.store.database import Pool
from schema.store.history import Event
from schema.store.jobs import Job
from schema.store.results import LedgerConflict
from schema.store.submissions import Submission
from schema.store.upkeep import Still

_BY = "upkeep"
_MOST_STARTS = 3
"""Of one job within a day: a workflow that keeps closing is for a person to look at."""

_ATTEMPT = timedelta(minutes=15)
"""No attempt lasts so long: the activity that claims the intent is timed out long before."""

_LONG = timedelta(hours=1)
"""More than all attempts together take, where somebody carries them out."""

_MOMENT = timedelta(seconds=30)
"""In which a workflow has heard of what its own activity recorded."""

_PATIENCE = timedelta(minutes=5)
"""What its own workflow has not done by then, it will hardly do."""


class Upkeep:
    """Heals what a death at the wrong moment left behind."""

    def __init__(self, pool: Pool, client: Client, task_queue: str) -> None:
        self._pool = pool
        self._client = client
        self._task_queue = task_queue

    @activity.defn
    async def sweep_outbox(self, sweep: Sweep) -> UpkeepReport:
        """See that bridge and relay run; report messages that do not leave, or left often and led to nothing."""
        async with looking(Task.OUTBOX, sweep) as found:
            for edge in EDGES:
                if await is_closed(self._client, edge.workflow_id):
                    found.healed("edge without a running workflow, started again", edge.workflow_id)
                    if not sweep.dry_run:
                        await start_edge(self._client, self._task_queue, edge)
            for job_id in await outbox.unsent(self._pool):
                found.reported("message not sent for five minutes: does the queue answer?", job_id)
            for job_id in await outbox.in_vain(self._pool):
                found.reported("message sent five times, and no job begun: look into the dead-letter queue", job_id)
        return found.report

    @activity.defn
    async def mark_lost_workers(self, sweep: Sweep) -> UpkeepReport:
        """Mark workers that went silent, and forget those of another day."""
        async with looking(Task.WORKERS, sweep) as found:
            lost = await (workers.silent if sweep.dry_run else workers.mark_lost)(self._pool)
            for worker in lost:
                found.reported("worker silent for two minutes, marked as lost", worker)
            if not sweep.dry_run:
                await workers.forget(self._pool)
        return found.report

    @activity.defn
    async def restart_jobs(self, sweep: Sweep) -> UpkeepReport:
        """Start the workflow of every claimed job that has none: it goes on from the ledger."""
        async with looking(Task.JOBS, sweep) as found:
            running = await self._running_jobs()
            for job_id in await upkeep.claimed(self._pool):
                workflow_id = ids.job_workflow_id(job_id)
                if workflow_id in running or not await is_closed(self._client, workflow_id):
                    continue
                # It closes its job before itself: what is open now was open when it closed.
                job = await jobs.find(self._pool, job_id)
                if job is None or job.status.ended:
                    continue
                if await upkeep.starts_by(self._pool, job_id, _BY) >= _MOST_STARTS:
                    found.reported("job's workflow closes again and again", workflow_id)
                    continue
                paused = await is_paused(self._client, workflow_id)
                if paused is None:
                    found.reported("job without a running workflow, perhaps a paused one", workflow_id)
                    continue
                found.healed("job without a running workflow, started again", workflow_id)
                if not sweep.dry_run:
                    await self._start_again(job, paused=paused)
        return found.report

    @activity.defn
    async def settle_submissions(self, sweep: Sweep) -> UpkeepReport:
        """Mark as uncertain what died between click and record, ask a person where nobody has been asked, and tell
        workflows that wait for one in vain.
        """
        async with looking(Task.SUBMISSIONS, sweep) as found:
            async for row in self._without_workflow(await upkeep.long_submitting(self._pool, _ATTEMPT)):
                if sweep.dry_run or await self._mark_uncertain(row.ref):
                    found.healed("died after the intent, now uncertain and a person's", row.workflow_id)
            for row in await upkeep.long_submitting(self._pool, _LONG):
                if not await is_closed(self._client, row.workflow_id):
                    found.reported("submitting for an hour, though its workflow runs", row.workflow_id)
            async for row in self._without_workflow(await upkeep.unasked(self._pool, _PATIENCE)):
                found.healed("waited for a person whom nobody had asked", row.workflow_id)
                if not sweep.dry_run:
                    await self._ask(await submissions.find(self._pool, row.ref))
            for row in await upkeep.called_off(self._pool, _MOMENT):
                if not await is_closed(self._client, row.workflow_id):
                    found.healed("moved on by an attempt that was thought dead, its workflow told", row.workflow_id)
                    if not sweep.dry_run:
                        await self._client.get_workflow_handle(row.workflow_id).signal("row_moved")
            async for row in self._without_workflow(await upkeep.left_behind(self._pool, _PATIENCE)):
                found.reported("never sent, though its job has ended", row.workflow_id)
        return found.report

    @activity.defn
    async def expire_actions(self, sweep: Sweep) -> UpkeepReport:
        """Expire what nobody did in time and no workflow waits for; report what its workflow should have expired."""
        async with looking(Task.ACTIONS, sweep) as found:
            for row in await upkeep.overdue(self._pool, _PATIENCE):
                if not await is_closed(self._client, row.workflow_id):
                    found.reported("action past its deadline, though its workflow runs", row.workflow_id)
                    continue
                if not row.status.waits_for_person:
                    found.reported("action past its deadline, though its directory waits for nobody", row.workflow_id)
                    continue
                found.healed("action past its deadline, expired", row.workflow_id)
                if not sweep.dry_run:
                    # Whoever decided it at this moment was first.
                    with contextlib.suppress(LedgerConflict):
                        await results.expire(self._pool, row.ref)
        return found.report

    async def _running_jobs(self) -> set[str]:
        """By visibility: cheap, and a moment late, so that what is missing here is asked for by name."""
        query = "WorkflowType = 'JobWorkflow' AND ExecutionStatus = 'Running'"
        return {execution.id async for execution in self._client.list_workflows(query)}

    async def _start_again(self, job: Job, *, paused: bool) -> None:
        await start_job(self._client, self._task_queue, job, job.tier.priority_key, again=True, paused=paused)
        await history.append(
            self._pool, Event.WORKFLOW_STARTED, job.id, workflow_id=ids.job_workflow_id(job.id), by=_BY
        )

    async def _without_workflow(self, rows: Iterable[Still]) -> AsyncIterator[Still]:
        for row in rows:
            if await is_closed(self._client, row.workflow_id):
                yield row

    async def _mark_uncertain(self, ref: SubmissionRef) -> bool:
        submission = await submissions.find(self._pool, ref)
        if submission.status is not SubmissionStatus.SUBMITTING:
            return False
        outcome = transitions.given_up(submission.outcome, FailureType.WORKFLOW_CLOSED, "Its workflow has closed.")
        try:
            await results.record(self._pool, submission, outcome, submission.attempt)
        except LedgerConflict:
            return False
        await self._ask(await submissions.find(self._pool, ref))
        return True

    async def _ask(self, submission: Submission) -> None:
        patience = DirectoryInput(job_id=submission.ref.job_id, slug=submission.ref.slug).action_deadline_s
        await actions.open_for(self._pool, submission.id, submission.outcome, timedelta(seconds=patience))
