"""One directory of one job: wait for a slot, plan, submit, and wait for a person where one is needed.

It holds no truth of its own: what it decides it decides on outcomes that are already in the ledger.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.ledger import Ledger
    from activities.planning import Planning
    from activities.submission import Submitting
    from schema.contracts.submission import (
        ActionResolution,
        Decision,
        DirectoryInput,
        DirectoryState,
        Failure,
        PersonNeeded,
        Resolution,
        Standing,
        SubmissionRef,
        SubmissionStatus,
    )
    from schema.failures import FailureType
    from schema.search_attributes import OUTCOME

from workflows.policies import BROWSER_QUEUE_SUFFIX, LEDGER, PLAN, SUBMIT, heed_cancellation

_MOST_ROUNDS = 4
"""Plans of one directory in a row: the first, and those that a redesign or a refusal made necessary."""

_KNOWN_FAILURES = {failure.value: failure for failure in FailureType}


@workflow.defn
class DirectoryWorkflow:
    """`job-<job_id>-<slug>`: at most one click, whatever happens to whoever carries it out."""

    @workflow.init
    def __init__(self, directory: DirectoryInput) -> None:
        self._directory = directory
        self._ref = SubmissionRef(job_id=directory.job_id, slug=directory.slug)
        self._browser_queue = workflow.info().task_queue + BROWSER_QUEUE_SUFFIX
        self._outcome = Standing(status=SubmissionStatus.PENDING)
        self._deciding = False

    @workflow.run
    async def run(self, directory: DirectoryInput) -> DirectoryState:
        try:
            await self._submit()
            while not self._outcome.status.ended:
                await self._wait_for_person()
                if self._outcome.status is SubmissionStatus.PLANNED:
                    await self._submit()
        except BaseException as error:
            if not is_cancelled_exception(error):
                raise
            await self._give_up(FailureType.CANCELLED, "Cancelled.")
            await self._tell_job()
            raise
        await workflow.wait_condition(workflow.all_handlers_finished)
        return DirectoryState(slug=directory.slug, status=self._outcome.status)

    @workflow.query
    def outcome(self) -> Standing:
        """Where the directory stands."""
        return self._outcome

    @workflow.update
    async def resolve(self, decision: ActionResolution) -> Standing:
        """A person decided: what they confirmed is recorded, what they send on is tried again."""
        self._deciding = True
        try:
            outcome = await workflow.execute_activity_method(
                Ledger.resolve_action,
                Decision(ref=self._ref, resolution=decision),
                summary=f"{decision.resolution} by {decision.by}",
                **LEDGER,
            )
            self._see(outcome)
            return outcome
        finally:
            self._deciding = False

    @resolve.validator
    def _may_be_resolved(self, decision: ActionResolution) -> None:
        if not self._outcome.status.waits_for_person:
            raise ValueError(f"Nothing waits for a person here: the directory is {self._outcome.status}.")
        if self._deciding:
            raise ValueError("Somebody else is resolving this action right now.")
        if decision.resolution is Resolution.RETRY and self._outcome.may_be_sent:
            raise ValueError("The directory may already hold the business: confirm or give up, but do not send again.")

    async def _submit(self) -> None:
        """Plan and submit until there is an outcome, or the plan had to be made anew too often."""
        for _ in range(_MOST_ROUNDS):
            if not await self._planned():
                return
            heed_cancellation()
            await self._sleep_until_slot()
            heed_cancellation()
            try:
                outcome = await workflow.execute_activity_method(
                    Submitting.submit, self._ref, task_queue=self._browser_queue, summary="submit", **SUBMIT
                )
            except ActivityError as error:
                await self._failed(error)
                return
            self._see(outcome)
            if outcome.status is not SubmissionStatus.PLANNED:
                return
        await self._give_up(self._outcome.failure or FailureType.FORM_CHANGED, f"Not sent after {_MOST_ROUNDS} tries.")

    async def _planned(self) -> bool:
        """True when the ledger holds a plan to carry out. An amended plan is one: it is not made anew."""
        if self._outcome.failure is FailureType.REFUSED:
            return True
        try:
            outcome = await workflow.execute_activity_method(
                Planning.plan_submission, self._ref, task_queue=self._browser_queue, summary="plan", **PLAN
            )
        except ActivityError as error:
            await self._failed(error)
            return False
        self._see(outcome)
        # A retry of a lost worker may find the row submitting: the submission activity knows what to make of that.
        return outcome.status in (SubmissionStatus.PLANNED, SubmissionStatus.SUBMITTING)

    async def _sleep_until_slot(self) -> None:
        wait_ms = await workflow.execute_activity_method(
            Ledger.reserve_slot, self._ref, summary="reserve a slot", **LEDGER
        )
        if wait_ms:
            await workflow.sleep(timedelta(milliseconds=wait_ms), summary="the directory's interval")

    async def _wait_for_person(self) -> None:
        """Ask, let the job go on with others, and wait: days if need be."""
        waiting = self._outcome
        patience = timedelta(seconds=self._directory.action_deadline_s)
        await workflow.execute_activity_method(
            Ledger.ask_person,
            PersonNeeded(ref=self._ref, deadline_s=self._directory.action_deadline_s),
            summary=f"ask a person: {waiting.failure}",
            **LEDGER,
        )
        await self._tell_job()
        heed_cancellation()
        try:
            await workflow.wait_condition(
                lambda: not self._outcome.status.waits_for_person,
                timeout=patience,
                timeout_summary="a person's deadline",
            )
        except TimeoutError:
            self._see(
                await workflow.execute_activity_method(Ledger.expire_action, self._ref, summary="nobody came", **LEDGER)
            )

    async def _failed(self, error: ActivityError) -> None:
        """All retries are used up: write down why. A cancellation is not a failure and passes."""
        if is_cancelled_exception(error):
            raise error
        failure, reason = FailureType.INTERNAL, "The activity did not answer."
        if isinstance(error.cause, ApplicationError):
            reason = error.cause.message
            failure = _KNOWN_FAILURES.get(error.cause.type or "", failure)
        await self._give_up(failure, reason)

    async def _give_up(self, failure: FailureType, reason: str) -> None:
        self._see(
            await workflow.execute_activity_method(
                Ledger.give_up,
                Failure(ref=self._ref, failure=failure, reason=reason),
                summary=f"give up: {failure}",
                **LEDGER,
            )
        )

    async def _tell_job(self) -> None:
        """The job's window is free again; a job that has ended in the meantime need not know."""
        parent = workflow.info().parent
        if parent is None:
            return
        job = workflow.get_external_workflow_handle(parent.workflow_id)
        try:
            await job.signal(
                "directory_settled", DirectoryState(slug=self._directory.slug, status=self._outcome.status)
            )
        except ApplicationError:
            workflow.logger.info("the job has ended")

    def _see(self, outcome: Standing) -> None:
        self._outcome = outcome
        workflow.upsert_search_attributes([OUTCOME.value_set(outcome.status.value)])
        details = f"**{outcome.status}** · evidence: {outcome.evidence}"
        if outcome.failure:
            details += f" · {outcome.failure}"
        workflow.set_current_details(details)
