"""Upkeep on a real Temporal server: what lost its workflow goes on, once; what cannot be proven is reported only."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities import executions
from activities.executions import EDGES, start_edge, start_job
from activities.upkeep import Upkeep
from schema import ids
from schema.contracts.job import JobStatus
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.contracts.upkeep import Sweep, UpkeepReport
from schema.failures import FailureType
from schema.store import history, jobs, results
from schema.store.database import Pool
from schema.store.history import Event
from tests.factories import add_begun_job, add_job, row
from tests.patience import PATIENCE_S
from tests.schema.clerk import UNKNOWN, made
from tests.workflows.bench import Bench
from tests.workflows.fleet import Fleet
from tests.workflows.scripted import Turn
from workflows.job import JobWorkflow

SLUGS = ("alpha", "beta", "gamma")


class House:
    """Upkeep, and a ledger whose rows can be made older."""

    def __init__(self, client: Client, pool: Pool, task_queue: str = "nobody") -> None:
        self.pool = pool
        self.upkeep = Upkeep(pool, client, task_queue)

    async def look(self, name: str, *, dry_run: bool = False) -> dict[tuple[str, bool], int]:
        """(first words, healed) and number of what one activity finds."""
        report: UpkeepReport = await ActivityEnvironment().run(getattr(self.upkeep, name), Sweep(dry_run=dry_run))
        assert report.dry_run is dry_run
        return {(finding.what.split(",")[0], finding.healed): finding.count for finding in report.findings}

    async def age(self, by: timedelta = timedelta(hours=1)) -> None:
        """Make all that is in the ledger so much older."""
        async with self.pool.acquire() as connection, connection.transaction():
            # Without triggers: one of them would say that the rows were touched just now.
            await connection.execute("set local session_replication_role = replica")
            for table, columns in {
                "jobs": ("updated_at", "started_at", "created_at"),
                "job_results": ("updated_at", "intent_at"),
                "actions": ("deadline_at",),
                "queue_history": ("created_at",),
                "outbox": ("created_at", "sent_at"),
                "worker_heartbeats": ("beat_at",),
            }.items():
                older = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
                await connection.execute(f"update {table} set {older}", by)


@pytest.fixture
async def house(dev: WorkflowEnvironment, pool: Pool) -> House:
    """Without a worker: nothing runs."""
    return House(dev.client, pool)


@pytest.fixture
async def edges(house: House, dev: WorkflowEnvironment) -> AsyncIterator[House]:
    """With bridge and relay, which wait for a worker."""
    for edge in EDGES:
        await start_edge(dev.client, "nobody", edge)
    yield house
    for edge in EDGES:
        await dev.client.get_workflow_handle(edge.workflow_id).terminate()


class Inhabited(House):
    """With a worker on its task queue."""

    def __init__(self, bench: Bench, pool: Pool) -> None:
        super().__init__(bench.client, pool, bench.task_queue)
        self.bench = bench

    async def begun(self, job_id: UUID) -> None:
        """The job's workflow runs, beta is being submitted to, and the others have ended."""
        await self.bench.start_job(job_id)
        await self.bench.directories.begun("beta")
        for slug in ("alpha", "gamma"):
            await self.bench.until(job_id, slug, SubmissionStatus.SUBMITTED)


@pytest.fixture
async def inhabited(dev: WorkflowEnvironment, pool: Pool) -> AsyncIterator[Inhabited]:
    async with Fleet(dev, pool).build("one", {"beta": [Turn.SLOW]}) as bench:
        yield Inhabited(bench, pool)


async def test_a_job_whose_workflow_was_terminated_goes_on_and_clicks_once(inhabited: Inhabited, pool: Pool) -> None:
    job_id = await add_job(pool, SLUGS)
    await inhabited.begun(job_id)
    assert await inhabited.look("restart_jobs") == {}
    await inhabited.bench.job(job_id).terminate()
    healed = {("job without a running workflow", True): 1}
    assert await inhabited.look("restart_jobs", dry_run=True) == healed
    assert (await inhabited.bench.job(job_id).describe()).status is WorkflowExecutionStatus.TERMINATED
    first, second = await asyncio.gather(inhabited.look("restart_jobs"), inhabited.look("restart_jobs"))
    assert healed in (first, second)
    inhabited.bench.directories.go_on()
    async with asyncio.timeout(PATIENCE_S):
        progress = await inhabited.bench.job(job_id).result()
    assert (progress.status, progress.counts.submitted) == (JobStatus.COMPLETED, 3)
    assert dict(inhabited.bench.directories.clicks) == dict.fromkeys(SLUGS, 1)
    await inhabited.age()
    assert await inhabited.look("restart_jobs") == {}


async def test_a_claimed_job_that_never_began_is_started(inhabited: Inhabited, pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha"])
    await inhabited.age()
    assert await inhabited.look("restart_jobs") == {}, "its message has yet to come"
    await history.append(pool, Event.QUEUE_CLAIMED, job_id)
    await inhabited.age()
    assert await inhabited.look("restart_jobs") == {("job without a running workflow", True): 1}
    async with asyncio.timeout(PATIENCE_S):
        assert (await inhabited.bench.job(job_id).result()).counts.submitted == 1


async def test_a_paused_job_stays_paused(inhabited: Inhabited, pool: Pool) -> None:
    job_id = await add_job(pool, SLUGS)
    await inhabited.bench.start_job(job_id, paused=True)
    assert (await inhabited.bench.job(job_id).query(JobWorkflow.progress)).paused
    await inhabited.bench.job(job_id).terminate()
    await inhabited.age()
    assert await inhabited.look("restart_jobs") == {("job without a running workflow", True): 1}
    assert (await inhabited.bench.job(job_id).query(JobWorkflow.progress)).paused
    assert inhabited.bench.directories.clicks.total() == 0
    await inhabited.bench.job(job_id).terminate()


async def test_a_job_that_cannot_say_whether_it_was_paused_is_left_alone(
    house: House, dev: WorkflowEnvironment, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executions, "_QUERY_PATIENCE", timedelta(milliseconds=300))
    job_id = await add_begun_job(pool, SLUGS)
    job = await jobs.find(pool, job_id)
    assert job
    # Nobody works on this queue, so nobody answers.
    await start_job(dev.client, "nobody", job, 4)
    handle = dev.client.get_workflow_handle(ids.job_workflow_id(job_id))
    await handle.terminate()
    assert await house.look("restart_jobs") == {("job without a running workflow", False): 1}
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED


async def test_a_workflow_that_keeps_closing_is_for_a_person_to_look_at(house: House, pool: Pool) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    for _ in range(3):
        await history.append(pool, Event.WORKFLOW_STARTED, job_id, by="upkeep")
    await house.age()
    assert await house.look("restart_jobs") == {("job's workflow closes again and again", False): 1}
    await house.age(timedelta(days=1))
    assert await house.look("restart_jobs", dry_run=True) == {("job without a running workflow", True): 1}


async def test_what_died_after_the_intent_becomes_a_persons(house: House, pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta"])
    for slug in ("alpha", "beta"):
        await results.save_plan(pool, await row(pool, job_id, slug), made())
        await results.claim_intent(pool, await row(pool, job_id, slug))
    assert await house.look("settle_submissions") == {}
    await house.age()
    expected = {("died after the intent", True): 2}
    assert await house.look("settle_submissions", dry_run=True) == expected
    assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.SUBMITTING
    first, second = await asyncio.gather(house.look("settle_submissions"), house.look("settle_submissions"))
    assert first.get(("died after the intent", True), 0) + second.get(("died after the intent", True), 0) == 2
    for slug in ("alpha", "beta"):
        marked = await row(pool, job_id, slug)
        assert (marked.status, marked.outcome.failure) == (SubmissionStatus.UNCERTAIN, FailureType.OUTCOME_UNKNOWN)
    assert await pool.fetchval("select count(*) from actions where status = 'open'") == 2
    assert await house.look("settle_submissions") == {}


async def test_what_its_own_workflow_cares_for_is_left_alone(inhabited: Inhabited, pool: Pool) -> None:
    job_id = await add_job(pool, SLUGS)
    await inhabited.begun(job_id)
    await results.claim_intent(pool, await row(pool, job_id, "beta"))
    await inhabited.age(timedelta(minutes=50))
    for look in ("restart_jobs", "settle_submissions", "expire_actions"):
        assert await inhabited.look(look) == {}
    await inhabited.age()
    assert await inhabited.look("settle_submissions") == {("submitting for an hour", False): 1}
    assert (await row(pool, job_id, "beta")).status is SubmissionStatus.SUBMITTING
    await inhabited.bench.child(job_id, "beta").terminate()
    await inhabited.bench.job(job_id).terminate()


async def test_a_workflow_hears_of_a_late_attempts_outcome(dev: WorkflowEnvironment, pool: Pool) -> None:
    async with Fleet(dev, pool).build("one", {"beta": [Turn.SILENT]}) as bench:
        inhabited = Inhabited(bench, pool)
        job_id = await add_job(pool, ["beta"])
        handle = await bench.start_job(job_id)
        await bench.until_asked(job_id, 1)
        submission = await row(pool, job_id, "beta")
        late = Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True)
        await results.record(pool, submission, late, submission.attempt)
        assert await inhabited.look("settle_submissions") == {}
        await pool.execute("update actions set closed_at = closed_at - interval '1 minute'")
        told = {("moved on by an attempt that was thought dead", True): 1}
        assert await inhabited.look("settle_submissions", dry_run=True) == told
        assert await inhabited.look("settle_submissions") == told
        async with asyncio.timeout(PATIENCE_S):
            assert (await handle.result()).counts.submitted == 1
        assert await inhabited.look("settle_submissions") == {}


async def test_a_person_whom_nobody_asked_is_asked_and_given_up_on_in_the_end(house: House, pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta"])
    submission = await row(pool, job_id, "alpha")
    await results.save_plan(pool, submission, made())
    attempt = await results.claim_intent(pool, await row(pool, job_id, "alpha"))
    await results.record(pool, await row(pool, job_id, "alpha"), UNKNOWN, attempt)
    await house.age()
    assert await house.look("settle_submissions") == {("waited for a person whom nobody had asked", True): 1}
    assert await house.look("expire_actions") == {}
    await house.age(timedelta(days=15))
    expired = {("action past its deadline", True): 1}
    assert await house.look("expire_actions", dry_run=True) == expired
    assert await house.look("expire_actions") == expired
    ended = await row(pool, job_id, "alpha")
    assert (ended.status, ended.outcome.failure) == (SubmissionStatus.FAILED, FailureType.ACTION_EXPIRED)
    assert ended.outcome.may_be_sent
    assert await pool.fetchval("select status from actions") == "expired"
    assert await house.look("expire_actions") == {}


async def test_what_was_never_sent_by_a_job_that_ended_is_only_told(house: House, pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    await pool.execute("update jobs set status = 'completed', completed_at = now() where id = $1", job_id)
    await house.age()
    assert await house.look("settle_submissions") == {("never sent", False): 1}
    assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.PENDING


async def test_messages_that_do_not_leave_or_lead_to_nothing_are_told(edges: House, pool: Pool) -> None:
    for slug in ("alpha", "beta", "gamma"):
        await add_job(pool, [slug])
    assert await edges.look("sweep_outbox") == {}
    await pool.execute(
        "update outbox set sends = 5, sent_at = now() where job_id = (select min(id::text)::uuid from jobs)"
    )
    await pool.execute(
        "update outbox set sends = 1, sent_at = now() where job_id = (select max(id::text)::uuid from jobs)"
    )
    await edges.age()
    assert await edges.look("sweep_outbox") == {
        ("message not sent for five minutes: does the queue answer?", False): 1,
        ("message sent five times", False): 1,
    }


async def test_a_bridge_that_was_terminated_runs_again(edges: House, dev: WorkflowEnvironment) -> None:
    bridge = dev.client.get_workflow_handle(ids.bridge_workflow_id(1))
    await bridge.terminate()
    healed = {("edge without a running workflow", True): 1}
    assert await edges.look("sweep_outbox", dry_run=True) == healed
    await asyncio.gather(edges.look("sweep_outbox"), edges.look("sweep_outbox"))
    assert (await bridge.describe()).status is WorkflowExecutionStatus.RUNNING
    assert await edges.look("sweep_outbox") == {}


async def test_a_silent_worker_is_told_of_once_and_forgotten_a_day_later(house: House, pool: Pool) -> None:
    await pool.execute(
        """
        insert into worker_heartbeats (id, host, pid, status) values
            (gen_random_uuid(), 'killed', 1, 'running'), (gen_random_uuid(), 'gone', 2, 'stopped')
        """
    )
    assert await house.look("mark_lost_workers") == {}
    await house.age()
    lost = {("worker silent for two minutes", False): 1}
    assert await house.look("mark_lost_workers", dry_run=True) == lost
    assert await house.look("mark_lost_workers") == lost
    assert await house.look("mark_lost_workers") == {}
    assert await pool.fetchval("select host from stale_workers where status = 'lost'") == "killed"
    await house.age(timedelta(days=1))
    await house.look("mark_lost_workers")
    assert await pool.fetchval("select count(*) from worker_heartbeats") == 0
