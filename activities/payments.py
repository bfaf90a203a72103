"""Upkeep of payments: what Stripe could not deliver is fetched, and what was stopped is seen to end.

It knows Stripe by what it asks of it alone; every event goes through the one place that takes events, and comes twice
without harm.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Protocol

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.findings import Findings, looking
from schema import ids
from schema.contracts.job import JobStatus
from schema.contracts.payment import SessionFacts, StripeEvent, as_event
from schema.contracts.upkeep import Sweep, Task, UpkeepReport
from schema.store import jobs, payments
from schema.store.database import Pool
from schema.store.payments import Became

LOOKS_BACK = timedelta(days=30)
"""As long as Stripe keeps events."""


class StripeReader(Protocol):
    """What is read of Stripe."""

    def undelivered(self, since: timedelta) -> AsyncIterator[StripeEvent]:
        """Events that some endpoint did not take, within that time."""
        ...

    def paid_sessions(self, since: timedelta) -> AsyncIterator[SessionFacts]:
        """Sessions of ours that are paid, made within that time."""
        ...


class Payments:
    """Sees that what was paid is worked for, and that what was given back is not. Without Stripe, only the latter."""

    def __init__(self, pool: Pool, client: Client, stripe: StripeReader | None = None) -> None:
        self._pool = pool
        self._client = client
        self._stripe = stripe

    @activity.defn
    async def stop_jobs(self, sweep: Sweep) -> UpkeepReport:
        """End the jobs that were stopped: in the ledger what has not begun, through its workflow what runs."""
        async with looking(Task.STOPS, sweep) as found:
            for job_id, status, overdue in await jobs.to_stop(self._pool):
                found.healed("job that was stopped, told to end", job_id)
                if overdue:
                    found.reported("job that was stopped an hour ago, and has not ended", job_id)
                if sweep.dry_run:
                    continue
                if status is JobStatus.PENDING:
                    async with self._pool.acquire() as connection, connection.transaction():
                        await jobs.finish(connection, job_id, cancelled=True)
                await self._cancel(ids.job_workflow_id(job_id))
        return found.report

    @activity.defn
    async def reconcile_payments(self, sweep: Sweep) -> UpkeepReport:
        """Take what Stripe could not deliver within thirty days, and compare what is paid there with what is here."""
        async with looking(Task.PAYMENTS, sweep) as found:
            if self._stripe is not None:
                await reconcile(self._pool, self._stripe, found, dry_run=sweep.dry_run)
        return found.report

    async def _cancel(self, workflow_id: str) -> None:
        try:
            await self._client.get_workflow_handle(workflow_id).cancel()
        except RPCError as error:
            # Not started yet, or closed: what is open in the ledger all the same is started again, and ends then.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


async def reconcile(pool: Pool, stripe: StripeReader, found: Findings, *, dry_run: bool) -> None:
    """Safe to repeat, and while webhooks arrive. A job that must be told to stop is told by the next pass."""
    async for event in stripe.undelivered(LOOKS_BACK):
        if event.is_subscription:
            found.reported("event of a subscription, which nobody here sells", event.id)
        elif not await payments.taken(pool, event.id):
            became = Became.TAKEN if dry_run else await _take(pool, event)
            if became is Became.TAKEN:
                found.healed("event that had not arrived, taken", event.id)
    async for session in stripe.paid_sessions(LOOKS_BACK):
        payment = await payments.of_session(pool, session.id)
        if payment is not None and payment.status.settled:
            continue
        read = as_event(session)
        if payment is None and (session.payment_id is None or await payments.find(pool, session.payment_id) is None):
            found.reported("session that is paid at Stripe, and of no payment here", session.id)
        elif read is not None:
            found.healed("payment that we had not heard of, taken", session.id)
            if not dry_run:
                await _take(pool, read)


async def _take(pool: Pool, event: StripeEvent) -> Became:
    async with pool.acquire() as connection, connection.transaction():
        return (await payments.take_event(connection, event)).became
