"""Who has the money back gets nothing more: at the button, in the workflow, in the ledger. And what is paid leaves."""

import asyncio
import json
from uuid import UUID

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.payments import Payments
from schema.contracts.job import JobStatus
from schema.contracts.submission import SubmissionStatus
from schema.contracts.upkeep import Sweep, UpkeepReport
from schema.failures import FailureType
from schema.store import jobs
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.edge import Edge
from tests.api import stripe_wire as wire
from tests.factories import add_directories, row
from tests.patience import PATIENCE_S
from tests.schema.test_payments import take
from tests.workflows.bench import working
from tests.workflows.scripted import Turn

EVERYTHING = 14_900


async def paid(pool: Pool, *slugs: str) -> tuple[UUID, UUID]:
    """A payment, and its job, which nobody has begun."""
    await add_directories(pool, slugs)
    payment_id = await wire.add_payment(pool)
    await take(pool, wire.completed(payment_id))
    job_id = await pool.fetchval("select id from jobs where payment_id = $1", payment_id)
    return payment_id, job_id


async def stop(upkeep: Payments, *, dry_run: bool = False) -> dict[tuple[str, bool], int]:
    report: UpkeepReport = await ActivityEnvironment().run(upkeep.stop_jobs, Sweep(dry_run=dry_run))
    return {(finding.what, finding.healed): finding.count for finding in report.findings}


TOLD = ("job that was stopped, told to end", True)


async def test_a_refund_ends_a_running_job_and_what_was_clicked_stays(dev: WorkflowEnvironment, pool: Pool) -> None:
    upkeep = Payments(pool, dev.client)
    async with working(dev, pool, {"beta": [Turn.CAPTCHA], "gamma": [Turn.HANG]}, window=2) as bench:
        payment_id, job_id = await paid(pool, "alpha", "beta", "gamma")
        handle = await bench.start_job(job_id)
        await bench.until(job_id, "alpha", SubmissionStatus.SUBMITTED)
        await bench.until(job_id, "beta", SubmissionStatus.AWAITING_ACTION)
        await bench.directories.begun("gamma")
        assert await stop(upkeep) == {}, "nobody has asked for it"
        await take(pool, wire.refunded(payment_id, EVERYTHING))
        assert await stop(upkeep, dry_run=True) == {TOLD: 1}
        assert await pool.fetchval("select status from jobs where id = $1", job_id) == JobStatus.IN_PROGRESS
        # Twice, as a pass of upkeep and the webhook's own word may.
        assert await stop(upkeep) == await stop(upkeep) == {TOLD: 1}
        with pytest.raises(WorkflowFailureError):
            await asyncio.wait_for(handle.result(), PATIENCE_S)
    assert await stop(upkeep) == {}
    assert await pool.fetchval("select status from jobs where id = $1", job_id) == JobStatus.CANCELLED
    statuses = [(await row(pool, job_id, slug)).status for slug in ("alpha", "beta", "gamma")]
    assert statuses == [SubmissionStatus.SUBMITTED, SubmissionStatus.SKIPPED, SubmissionStatus.SKIPPED]
    assert sum(bench.directories.clicks.values()) == 1


async def test_a_job_that_was_refunded_before_it_began_sends_nothing(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with working(dev, pool, {}) as bench:
        payment_id, job_id = await paid(pool, "alpha")
        await take(pool, wire.disputed(payment_id))
        assert await pool.fetchval("select status from jobs where id = $1", job_id) == JobStatus.CANCELLED
        # Its message is on its way all the same.
        await bench.run_job(job_id)
        assert not bench.directories.clicks
    assert await pool.fetchval("select status from jobs where id = $1", job_id) == JobStatus.CANCELLED
    assert await stop(Payments(pool, dev.client)) == {}


async def test_a_stop_that_nobody_carried_out_is_carried_out_and_told(dev: WorkflowEnvironment, pool: Pool) -> None:
    _, job_id = await paid(pool, "alpha")
    await pool.execute("update jobs set stop_requested_at = now() - interval '2 hours'")
    overdue = ("job that was stopped an hour ago, and has not ended", False)
    assert await stop(Payments(pool, dev.client)) == {TOLD: 1, overdue: 1}
    summary = await jobs.summary(pool, job_id)
    assert summary is not None
    assert summary.status is JobStatus.CANCELLED


async def test_at_the_button_it_is_known_that_the_order_was_stopped(counter: Counter) -> None:
    await counter.plan()
    await counter.pool.execute("update jobs set stop_requested_at = now()")
    outcome = await counter.submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.SKIPPED, FailureType.CANCELLED)
    assert not outcome.may_be_sent
    assert counter.site.posts == []


async def test_what_is_paid_is_in_the_queue_as_soon_as_it_is_committed(edge: Edge) -> None:
    """Without a look of either relay at the clock: they are told."""
    edge.shift.endless = True
    relays = [asyncio.create_task(edge.relay()) for _ in range(2)]
    for _ in relays:
        await edge.shift.idle.acquire()
    for _ in range(5):
        _, job_id = await paid(edge.pool, "alpha")
        answer = await asyncio.to_thread(edge.sqs.receive_message, QueueUrl=edge.queue, WaitTimeSeconds=20)
        [message] = answer["Messages"]
        assert json.loads(message["Body"])["job_id"] == str(job_id)
        edge.sqs.delete_message(QueueUrl=edge.queue, ReceiptHandle=message["ReceiptHandle"])
    for relay in relays:
        relay.cancel()
    await asyncio.gather(*relays, return_exceptions=True)
    assert edge.waiting() == []
