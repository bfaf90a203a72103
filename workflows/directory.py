"""One directory of one job: wait for its turn, plan, submit, and wait for a person where one is needed.

It holds no truth of its own: what it decides it decides on outcomes that are already in the ledger.
"""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.ledger import Ledger
    from activities.planning import Planning
    from activities.reconciling import Reconciling
    from activities.submission import Submitting
    from schema.contracts.submission import (
        PARKED_AFTER,
        ActionResolution,
        Decision,
        DirectoryInput,
        DirectoryState,
        Failure,
        PersonNeeded,
        Resolution,
        Sighting,
        Standing,
        SubmissionRef,
        SubmissionStatus,
        Turn,
        WaitsFor,
    )
    from schema.failures import FailureType
    from schema.search_attributes import OUTCOME

from workflows.policies import BROWSER_QUEUE_SUFFIX, LEDGER, LOOK_UP, PLAN, SUBMIT, Policy, heed_cancellation

_MOST_ROUNDS = 4
"""Plans of one directory in a row: the first, and those that a redesign or a refusal made necessary."""

_MOST_OUTAGES = 20
"""Visits in a row, each with all its retries, that may fail because our database is away; then it is no outage."""

_LOOKS = (timedelta(), *(timedelta(hours=hours) for hours in (1, 6, 24, 72, 168)))
"""From one look whether a directory has published what may have been sent, to the next."""

_OUT_OF_ORDER = (FailureType.DIRECTORY_UNREACHABLE, FailureType.DIRECTORY_BUSY)

_PLAN_STANDS = (FailureType.REFUSED, FailureType.CAPTCHA)
"""Refusals that leave a plan to carry out: an amended one, or the same for a captcha that was answered wrongly."""

_KNOWN_FAILURES = {failure.value: failure for failure in FailureType}


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class DirectoryWorkflow:
    """`job-<job_id>-<slug>`: at most one click, whatever happens to whoever carries it out."""

    @workflow.init
    def __init__(self, directory: DirectoryInput) -> None:
        self._directory = directory
        self._ref = SubmissionRef(job_id=directory.job_id, slug=directory.slug)
        self._browser_queue = workflow.info().task_queue + BROWSER_QUEUE_SUFFIX
        self._outcome = Standing(status=SubmissionStatus.PENDING)
        self._amended = False
        """The ledger's plan answers the page's refusal: it is not made anew."""
        self._patience = timedelta(seconds=directory.directory_patience_s)
        self._parked = False
        self._looks: Iterator[timedelta] = iter(_LOOKS)
        self._deciding = False
        self._moved = False

    @workflow.run
    async def run(self, directory: DirectoryInput) -> DirectoryState:
        try:
            await self._submit()
            while not self._outcome.status.ended:
                if self._outcome.status.waits_for_person:
                    await self._wait_for_answer()
                else:
                    await self._submit()
        except BaseException as error:
            if not is_cancelled_exception(error):
                raise
            await self._give_up(FailureType.CANCELLED, "Cancelled.")
            await self._tell_job()
            raise
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state

    @workflow.query
    def outcome(self) -> Standing:
        """Where the directory stands."""
        return self._outcome

    @workflow.signal
    def row_moved(self) -> None:
        """The ledger's row went on without this workflow, by the hand of an attempt that was thought dead."""
        self._moved = True

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
        if decision.resolution.sends and self._outcome.may_be_sent:
            raise ValueError("The directory may already hold the business: confirm or give up, but do not send again.")
        if decision.resolution is Resolution.ATTEND and self._outcome.failure is not FailureType.CAPTCHA:
            raise ValueError("There is no captcha here that could be answered from elsewhere.")

    async def _submit(self) -> None:
        """Plan and submit until there is an outcome, or the plan had to be made anew too often."""
        rounds, self._amended, self._looks = 0, False, iter(_LOOKS)
        while rounds < _MOST_ROUNDS:
            if not await self._wait_for_turn():
                return
            heed_cancellation()
            if not self._amended:
                if not await self._visit(Planning.plan_submission, "plan", PLAN):
                    return
                heed_cancellation()
                if self._out_of_order:
                    continue
            # A retry of a lost worker may find the row submitting: the submission knows what to make of that.
            if self._outcome.status not in (SubmissionStatus.PLANNED, SubmissionStatus.SUBMITTING):
                return
            if not await self._visit(Submitting.submit, "submit", SUBMIT):
                return
            if self._outcome.status is not SubmissionStatus.PLANNED:
                return
            if not self._out_of_order:
                self._amended = self._outcome.failure in _PLAN_STANDS
                rounds += 1
        await self._give_up(self._outcome.failure or FailureType.FORM_CHANGED, f"Not sent after {_MOST_ROUNDS} tries.")

    @property
    def _out_of_order(self) -> bool:
        """The last visit failed by the directory's fault: the next turn says when to come again."""
        return self._outcome.failure in _OUT_OF_ORDER

    async def _visit(
        self, visit: Callable[[Any, SubmissionRef], Awaitable[Standing]], name: str, policy: Policy
    ) -> bool:
        """True when the visit has said where the directory stands; False when it was given up."""
        for outages in itertools.count(1):
            try:
                self._see(
                    await workflow.execute_activity_method(
                        visit, self._ref, task_queue=self._browser_queue, summary=name, **policy
                    )
                )
                break
            except ActivityError as error:
                if outages == _MOST_OUTAGES or _type_of(error) is not FailureType.STORE_UNAVAILABLE:
                    await self._failed(error)
                    return False
            # Our own database's fault is not paid by the directory: a turn is waited for, and the database with it.
            if not await self._wait_for_turn():
                return False
            heed_cancellation()
        return True

    async def _wait_for_turn(self) -> bool:
        """True with the directory's lease; False when it was out of order for too long and was given up."""
        while not (turn := await self._take_turn()).granted:
            wait = timedelta(milliseconds=turn.wait_ms)
            if turn.waits_for is WaitsFor.BREAKER:
                self._patience -= wait
                if self._patience < timedelta():
                    failure = self._outcome.failure if self._out_of_order else None
                    await self._give_up(
                        failure or FailureType.DIRECTORY_UNREACHABLE, "The directory was out of order for too long."
                    )
                    return False
            await self._park(parked=wait > PARKED_AFTER)
            await workflow.sleep(wait, summary=f"the directory's {turn.waits_for}")
            heed_cancellation()
        await self._park(parked=False)
        return True

    async def _take_turn(self) -> Turn:
        return await workflow.execute_activity_method(Ledger.take_turn, self._ref, summary="take a turn", **LEDGER)

    async def _park(self, *, parked: bool) -> None:
        """Tell the job when it is a long time until the turn: others may have the place in its window."""
        if parked is not self._parked:
            self._parked = parked
            await self._tell_job()

    async def _wait_for_answer(self) -> None:
        """Until it is known what became of the directory: by what it publishes itself, or by a person."""
        look_at = self._next_look()
        if look_at is not None:
            look_at = await self._look_up()
        if self._outcome.status.waits_for_person:
            await self._wait_for_person(look_at)

    async def _wait_for_person(self, look_at: datetime | None) -> None:
        """Ask, let the job go on with others, and wait: days if need be."""
        left_ms = await workflow.execute_activity_method(
            Ledger.ask_person,
            PersonNeeded(ref=self._ref, deadline_s=self._directory.action_deadline_s),
            summary=f"ask a person: {self._outcome.failure}",
            **LEDGER,
        )
        deadline = workflow.now() + timedelta(milliseconds=left_ms)
        await self._tell_job()
        heed_cancellation()
        while self._outcome.status.waits_for_person:
            looks = look_at is not None and look_at < deadline
            until = look_at if look_at is not None and looks else deadline
            try:
                await workflow.wait_condition(
                    lambda: self._moved or not self._outcome.status.waits_for_person,
                    timeout=max(until - workflow.now(), timedelta()),
                    timeout_summary="the next look" if looks else "a person's deadline",
                )
            except TimeoutError:
                if looks:
                    look_at = await self._look_up()
                else:
                    await self._read(Ledger.expire_action, "nobody came")
            if self._moved:
                self._moved = False
                await self._read(Ledger.read_standing, "the row has moved")

    async def _read(self, ledger: Callable[[Any, SubmissionRef], Awaitable[Standing]], summary: str) -> None:
        self._see(await workflow.execute_activity_method(ledger, self._ref, summary=summary, **LEDGER))

    def _next_look(self) -> datetime | None:
        """When to look next whether the directory has published it; None where nothing can have been sent."""
        pause = next(self._looks, None) if self._outcome.may_be_sent else None
        return workflow.now() + pause if pause is not None else None

    async def _look_up(self) -> datetime | None:
        """Look for the listing, if the directory has time for it now; returns when to look again, if ever."""
        turn = await self._take_turn()
        if not turn.granted:
            return workflow.now() + timedelta(milliseconds=turn.wait_ms)
        sighting: Sighting | None = None
        try:
            sighting = await workflow.execute_activity_method(
                Reconciling.look_up,
                self._ref,
                task_queue=self._browser_queue,
                summary="look for the listing",
                **LOOK_UP,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
        heed_cancellation()
        # A person may have decided meanwhile, and then the look came too late.
        if sighting is not None and self._outcome.status.waits_for_person:
            self._see(sighting.standing)
        if sighting is not None and sighting.again_in_s:
            return workflow.now() + timedelta(seconds=sighting.again_in_s)
        return self._next_look() if sighting is None or sighting.again else None

    async def _failed(self, error: ActivityError) -> None:
        """All retries are used up: write down why. A cancellation is not a failure and passes."""
        if is_cancelled_exception(error):
            raise error
        reason = error.cause.message if isinstance(error.cause, ApplicationError) else "The activity did not answer."
        await self._give_up(_type_of(error), reason)

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
            await job.signal("directory_settled", self._state)
        except ApplicationError:
            workflow.logger.info("the job has ended")

    @property
    def _state(self) -> DirectoryState:
        return DirectoryState(
            slug=self._directory.slug,
            status=self._outcome.status,
            parked=self._parked,
            replays=self._directory.replays,
        )

    def _see(self, outcome: Standing) -> None:
        self._outcome = outcome
        workflow.upsert_search_attributes([OUTCOME.value_set(outcome.status.value)])
        details = f"**{outcome.status}** · evidence: {outcome.evidence}"
        if outcome.failure:
            details += f" · {outcome.failure}"
        workflow.set_current_details(details)


def _type_of(error: ActivityError) -> FailureType:
    known = isinstance(error.cause, ApplicationError) and _KNOWN_FAILURES.get(error.cause.type or "")
    return known or FailureType.INTERNAL
