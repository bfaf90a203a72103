"""One paid job: starts a window of DirectoryWorkflows, and closes the job when every directory has ended.

It never decides what became of a directory. Children are abandoned on purpose: they outlive a continue-as-new and a
reset, and whatever this run did not hear from them itself it reads from the ledger.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Iterable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import (
    ApplicationError,
    ChildWorkflowError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.ledger import Ledger
    from schema import ids, search_attributes
    from schema.contracts.job import JobChildren, JobCounts, JobFinish, JobInput, JobProgress, JobSetup, JobStatus
    from schema.contracts.replay import Reopening, RetryReport, RetryRequest
    from schema.contracts.submission import DirectoryInput, DirectoryState, Failure, SubmissionRef
    from schema.failures import FailureType

from workflows.directory import DirectoryWorkflow
from workflows.policies import LEDGER, heed_cancellation

_FIRST_LOOK_S = 5
_LONGEST_LOOK_S = 15 * 60
"""Seconds between two looks into the ledger for children of an earlier run; doubled while nothing changes."""


_HEED_RESETS = "heed-resets"
"""Patch: jobs that were reset before it was there did not notice."""

_CANCELLED = "The job is being cancelled."


@workflow.defn
class JobWorkflow:
    """`job-<job_id>`. `progress` tells how far it is; `pause` and `resume` hold back children not yet started.

    `retry_directories` replays what failed. A job that has ended is started once more for that.
    """

    @workflow.init
    def __init__(self, job: JobInput) -> None:
        self._job_id = job.job_id
        self._paused = job.paused
        self._setup: JobSetup | None = None
        self._states: dict[str, DirectoryState] = {}
        """The latest that was heard of each directory."""
        self._queue: deque[str] = deque()
        self._children: dict[str, asyncio.Task[None]] = {}
        self._adopted: set[str] = set()
        """Children that an earlier run started: alive or not, their word comes by signal or from the ledger."""
        self._reset = False
        """Somebody reset the workflow, and what this run knows is of before."""
        self._orphans: set[str] = set()
        """Children that were alive when somebody reset the workflow: their end may be lost to this run."""
        self._watch: asyncio.Task[None] | None = None
        self._broken: Exception | None = None
        self._cancelled = False
        # Of all that a workflow is told, this alone comes with a reset and with nothing else.
        workflow.register_random_seed_callback(self._note_reset)

    @workflow.run
    async def run(self, job: JobInput) -> JobProgress:
        try:
            while True:
                await self._begin()
                heed_cancellation()
                await self._work()
                await workflow.wait_condition(workflow.all_handlers_finished)
                progress = await self._finish(cancelled=False)
                # A replay may have come in the last moment: the ledger knows of it, or this run does.
                await workflow.wait_condition(workflow.all_handlers_finished)
                if progress.status.ended and not self._queue and not self._is_outdated():
                    return progress
        except BaseException as error:
            if not is_cancelled_exception(error):
                raise
            self._cancelled = True
            await self._cancel_children()
            await workflow.wait_condition(workflow.all_handlers_finished)
            await self._finish(cancelled=True)
            raise

    @workflow.query
    def progress(self) -> JobProgress:
        """How far the job is, as far as this workflow has heard; the ledger is the authority."""
        return JobProgress(
            status=JobStatus.IN_PROGRESS,
            paused=self._paused,
            counts=self._counts(),
            running=tuple(sorted(slug for slug in self._alive() if self._works(slug))),
        )

    @workflow.signal
    def directory_settled(self, state: DirectoryState) -> None:
        """A child ended, or waits for long and leaves its place in the window to the next, or takes one again."""
        self._hear(state)

    @workflow.update
    def pause(self) -> None:
        """Start no further directory; those under way go on."""
        self._paused = True
        self._show()

    @pause.validator
    def _is_not_paused(self) -> None:
        if self._paused:
            raise ValueError("The job is paused already.")

    @workflow.update
    def resume(self) -> None:
        """Go on starting directories."""
        self._paused = False
        self._show()

    @resume.validator
    def _is_paused(self) -> None:
        if not self._paused:
            raise ValueError("The job is not paused.")

    @workflow.update
    async def retry_directories(self, request: RetryRequest) -> RetryReport:
        """Try directories again that failed: the ledger decides which, and each of those gets a fresh child."""
        await workflow.wait_condition(lambda: self._setup is not None or self._cancelled)
        if self._cancelled:
            raise ApplicationError(_CANCELLED)
        reopened = await workflow.execute_activity_method(
            Ledger.reopen_directories,
            Reopening(job_id=self._job_id, request=request),
            summary=f"replay of {len(request.slugs)}, asked for by {request.by}",
            **LEDGER,
        )
        for state in reopened.states:
            self._take_on(state)
        return reopened.report

    @retry_directories.validator
    def _is_not_cancelled(self, request: RetryRequest) -> None:
        if self._cancelled:
            raise ValueError(_CANCELLED)

    def _note_reset(self, _seed: int) -> None:
        self._reset = True
        self._orphans.update(self._children)

    def _is_outdated(self) -> bool:
        """True when the ledger was read before a reset, and not since: much may have happened."""
        return self._reset and workflow.patched(_HEED_RESETS)

    async def _begin(self) -> None:
        self._reset = False
        self._setup = await workflow.execute_activity_method(
            Ledger.begin_job, self._job_id, summary="choose the directories", **LEDGER
        )
        for state in self._setup.directories:
            self._take_on(state)

    async def _work(self) -> None:
        while self._queue or self._alive():
            self._adopt_orphans()
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(JobInput(job_id=self._job_id, paused=self._paused))
            while self._may_start():
                slug = self._queue.popleft()
                self._children[slug] = asyncio.create_task(self._run_child(slug))
            await workflow.wait_condition(
                lambda: (
                    self._broken is not None
                    or bool(self._orphans)
                    or self._may_start()
                    or not (self._queue or self._alive())
                    # Weeks of waiting for people fill a history too.
                    or workflow.info().is_continue_as_new_suggested()
                )
            )
            if self._broken:
                raise self._broken

    def _may_start(self) -> bool:
        assert self._setup is not None
        return bool(self._queue) and not self._paused and sum(map(self._works, self._alive())) < self._setup.window

    def _alive(self) -> set[str]:
        return self._adopted | self._children.keys()

    def _works(self, slug: str) -> bool:
        """True for a child that takes a place in the window: one that waits for a person, or is parked, does not."""
        state = self._states[slug]
        return not state.status.waits_for_person and not state.parked

    async def _run_child(self, slug: str) -> None:
        """Start the child and wait for its end. One that was started before is answered from the ledger."""
        replays = self._states[slug].replays
        try:
            child = await self._start(slug, replays)
            self._hear(await child)
        except WorkflowAlreadyStartedError:
            if replays == self._states[slug].replays:
                self._adopt([slug])
        except ChildWorkflowError as error:
            # Terminated, cancelled or failed from outside: the ledger is told, and knows better than the error.
            workflow.logger.warning("child closed early", extra={"directory": slug, "cause": str(error.cause)})
            await self._give_up(slug, replays)
        except Exception as error:
            self._broken = error
        finally:
            # Otherwise a replay's child has taken its place already.
            if replays == self._states[slug].replays:
                self._children.pop(slug, None)

    async def _start(
        self, slug: str, replays: int
    ) -> "workflow.ChildWorkflowHandle[DirectoryWorkflow, DirectoryState]":
        assert self._setup is not None
        return await workflow.start_child_workflow(
            DirectoryWorkflow.run,
            DirectoryInput(
                job_id=self._job_id,
                slug=slug,
                directory_patience_s=self._setup.directory_patience_s,
                replays=replays,
            ),
            id=ids.directory_workflow_id(self._job_id, slug, replays),
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            parent_close_policy=ParentClosePolicy.ABANDON,
            cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            static_summary=slug,
            search_attributes=search_attributes.of_job(self._job_id, self._setup.customer_id, self._setup.tier, slug),
        )

    async def _give_up(self, slug: str, replays: int) -> None:
        if replays < self._states[slug].replays:
            return
        outcome = await workflow.execute_activity_method(
            Ledger.give_up,
            Failure(
                ref=SubmissionRef(job_id=self._job_id, slug=slug),
                failure=FailureType.WORKFLOW_CLOSED,
                reason="Its workflow was closed from outside.",
            ),
            summary=f"{slug} was closed",
            **LEDGER,
        )
        self._hear(DirectoryState(slug=slug, status=outcome.status, replays=replays))

    def _adopt_orphans(self) -> None:
        """After a reset, children that ended while the job's workflow was closed tell nobody: look into the ledger."""
        orphans = sorted(self._orphans & self._children.keys())
        self._orphans.clear()
        if orphans and workflow.patched(_HEED_RESETS):
            for slug in orphans:
                del self._children[slug]
            self._adopt(orphans)

    def _adopt(self, slugs: Iterable[str]) -> None:
        self._adopted.update(slugs)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watch_adopted())

    async def _watch_adopted(self) -> None:
        """Look into the ledger for children of an earlier run, less and less often while nothing changes."""
        pause_s = 0
        while self._adopted:
            heard = dict(self._states)
            await self._look()
            pause_s = _FIRST_LOOK_S if heard != self._states else min(2 * pause_s or _FIRST_LOOK_S, _LONGEST_LOOK_S)
            if self._adopted:
                await workflow.sleep(timedelta(seconds=pause_s), summary="look into the ledger")

    async def _look(self) -> None:
        states = await workflow.execute_activity_method(
            Ledger.settle_children,
            JobChildren(job_id=self._job_id, children=tuple(self._states[slug] for slug in sorted(self._adopted))),
            summary="children of an earlier run",
            **LEDGER,
        )
        for state in states:
            self._take_on(state)

    async def _cancel_children(self) -> None:
        """Ask every child to stop, and wait until each has: its browser page is closed by then."""
        self._queue.clear()
        tasks = list(self._children.values())
        for task in tasks:
            task.cancel()
        for slug in sorted(self._adopted):
            with contextlib.suppress(ApplicationError):
                workflow_id = ids.directory_workflow_id(self._job_id, slug, self._states[slug].replays)
                await workflow.get_external_workflow_handle(workflow_id).cancel()
        await workflow.wait_condition(lambda: bool(self._orphans) or all(task.done() for task in tasks))
        self._adopt_orphans()
        while any(self._works(slug) for slug in self._adopted):
            await workflow.sleep(timedelta(seconds=_FIRST_LOOK_S), summary="children are stopping")
            await self._look()

    async def _finish(self, *, cancelled: bool) -> JobProgress:
        progress = await workflow.execute_activity_method(
            Ledger.finish_job,
            JobFinish(job_id=self._job_id, cancelled=cancelled),
            summary="close the job",
            **LEDGER,
        )
        workflow.upsert_search_attributes([search_attributes.OUTCOME.value_set(progress.status.value)])
        return progress

    def _take_on(self, state: DirectoryState) -> None:
        """Hear what the ledger says, and line a directory up that is open and has no child."""
        self._hear(state)
        known = self._states[state.slug]
        if not known.status.ended and state.slug not in self._queue and state.slug not in self._alive():
            self._queue.append(state.slug)

    def _hear(self, state: DirectoryState) -> None:
        known = self._states.get(state.slug, state)
        if state.replays < known.replays:
            # Said of a child whose directory has been reopened since.
            return
        if state.replays > known.replays or state.status.ended:
            self._adopted.discard(state.slug)
        if state.replays > known.replays:
            # The child of before is over, whether this run has heard its last word or not.
            self._children.pop(state.slug, None)
        self._states[state.slug] = state
        self._show()

    def _counts(self) -> JobCounts:
        tally = Counter(state.status.value for state in self._states.values())
        return JobCounts(total=len(self._states), **tally)

    def _show(self) -> None:
        """The job in the Web UI, as a small table."""
        counts = self._counts()
        rows = "\n".join(f"| {state} | {number} |" for state, number in counts.model_dump().items() if number)
        paused = "**Paused.** " if self._paused else ""
        workflow.set_current_details(
            f"{paused}{counts.ended} of {counts.total} ended, {counts.waiting} wait for a person.\n\n"
            f"| state | directories |\n|---|---|\n{rows}"
        )
