"""Retention on real PostgreSQL and a real S3 server: what leaves a table lies in the store, whole, before it does."""

import asyncio
import gzip
import json
import uuid
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import botocore.exceptions
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import artifacts, retention
from activities.artifacts import ArtifactStore
from activities.retention import Retention
from deploy.local.queues import ensure_bucket
from deploy.runtime.aws import s3_client
from deploy.runtime.settings import Settings
from schema.contracts.access import Scope
from schema.contracts.job import Tier
from schema.contracts.report import Report
from schema.contracts.submission import Outcome, SubmissionRef, SubmissionStatus
from schema.contracts.upkeep import Sweep, UpkeepReport
from schema.failures import FailureType
from schema.store import actions, drafts, jobs, payments, results, sessions, submissions
from schema.store.database import Pool, Seat, open_pool
from tests.factories import PROFILE, add_begun_job, add_job, row
from tests.schema.clerk import ACCEPTED, Clerk, made

_KEPT_FOR = timedelta(days=90)
_WAITS = Outcome(
    status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.LOGIN_REQUIRED, reason="Log in.", page_text="Hello"
)


class Attic:
    """The store and the activities, and a ledger that grows old."""

    def __init__(self, settings: Settings, pool: Pool) -> None:
        self.pool = pool
        self.bucket = settings.artifact_bucket
        self.s3 = s3_client(settings)
        self.store = ArtifactStore(self.s3, self.bucket)
        self.retention = Retention(pool, self.store, _KEPT_FOR)

    async def look(self, name: str, *, dry_run: bool = False) -> dict[tuple[str, bool], int]:
        report: UpkeepReport = await ActivityEnvironment().run(getattr(self.retention, name), Sweep(dry_run=dry_run))
        return {(finding.what.split(",")[0], finding.healed): finding.count for finding in report.findings}

    async def keys(self, prefix: str) -> list[str]:
        return [stored.key async for page in self.store.pages(prefix) for stored in page]

    async def read(self, key: str) -> str:
        return gzip.decompress(await self.store.get(key)).decode()

    async def ended(self, *slugs: str, ago: str = "91 days") -> UUID:
        """A job with an accepted directory after the other, an action, and an end so long ago."""
        job_id = await add_begun_job(self.pool, slugs)
        clerk = Clerk(self.pool)
        for number, slug in enumerate(slugs):
            submission = await row(self.pool, job_id, slug)
            await results.save_plan(self.pool, submission, made())
            submission = await row(self.pool, job_id, slug)
            if number == 0:
                await results.record(self.pool, submission, _WAITS, submission.attempt)
                await actions.open_for(self.pool, submission.id, _WAITS, timedelta(days=1))
                await results.expire(self.pool, submission.ref)
            else:
                shot = await self.store.put_screenshot(submission.ref, f"{job_id} {slug}".encode())
                thanks = ACCEPTED.model_copy(
                    update={"reason": "Thank you", "page_text": "Thank you, Rosa", "screenshot": shot}
                )
                await clerk.ends(submission, thanks)
        async with self.pool.acquire() as connection, connection.transaction():
            await jobs.finish(connection, job_id, cancelled=False)
        await self.pool.execute(
            """
            insert into challenges (result_id, number, kind, question, expires_at)
            select id, 1, 'question', 'Which colour is the sky?', now() from job_results where job_id = $1 limit 1
            """,
            job_id,
        )
        await self.pool.execute(f"update jobs set completed_at = completed_at - interval '{ago}' where id = $1", job_id)
        return job_id

    async def rows(self, job_id: UUID) -> list[dict[str, Any]]:
        found = await self.pool.fetch("select * from job_results where job_id = $1 order by created_at, id", job_id)
        return [dict(record) for record in found]


@pytest.fixture
async def attic(settings: Settings, pool: Pool) -> Attic:
    own = settings.model_copy(update={"artifact_bucket": f"bucket-{uuid.uuid4().hex[:8]}"})
    ensure_bucket(own)
    return Attic(own, pool)


async def test_an_old_job_goes_to_the_store_whole_and_leaves_its_proof_and_its_keys(attic: Attic, pool: Pool) -> None:
    job_id = await attic.ended("alpha", "beta")
    young = await attic.ended("gamma", "delta", ago="89 days")
    open_one = await add_begun_job(pool, ["epsilon"])
    before, report = await attic.rows(job_id), await jobs.report(pool, job_id)
    healed = {("job ended long ago", True): 1}
    assert await attic.look("archive_results", dry_run=True) == healed
    assert await attic.rows(job_id) == before
    first, second = await asyncio.gather(attic.look("archive_results"), attic.look("archive_results"))
    assert [first, second].count(healed) == 1, "one of two at once"

    (key,) = await attic.keys("archive/")
    assert await pool.fetchval("select archive from jobs where id = $1", job_id) == key
    document = json.loads(await attic.read(key))
    assert document["job"]["business_data"] == (await pool.fetchval("select business_data from jobs limit 1"))
    told = {result["directory"]: result for result in document["results"]}
    assert told["beta"]["page_text"] == "Thank you, Rosa"
    assert told["beta"]["plan"] == made().model_dump(mode="json")
    assert told["alpha"]["reason"].endswith("Log in.")
    assert [action["instructions"] for action in document["actions"]] == ["Log in."]
    assert [challenge["question"] for challenge in document["challenges"]] == ["Which colour is the sky?"]
    events = [event["event"] for event in document["history"]]
    assert (events[0], events[-1]) == ("job_started", "job_completed")

    taken = {"plan": None, "reason": "", "page_text": ""}
    for was, now in zip(before, await attic.rows(job_id), strict=True):
        assert now == {**was, **taken, "updated_at": now["updated_at"]}
    assert (
        await pool.fetchval(
            "select string_agg(a.instructions || a.note, '') from actions a, job_results r "
            "where r.id = a.result_id and r.job_id = $1",
            job_id,
        )
        == ""
    )
    assert await pool.fetchval("select count(*) from challenges") == 1, "the young job's"
    after = await jobs.report(pool, job_id)
    assert after
    assert report
    assert after.counts == report.counts
    assert [result.screenshot for result in after.results] == [result.screenshot for result in report.results]
    for other in (young, open_one):
        assert await pool.fetchval("select archived_at from jobs where id = $1", other) is None
    assert await attic.look("archive_results") == {}


async def test_an_archived_listing_is_still_the_only_one(attic: Attic, pool: Pool) -> None:
    await attic.ended("alpha", "beta")
    await attic.look("archive_results")
    again = await row(pool, await add_begun_job(pool, ["beta"]), "beta")
    listed = await submissions.listed_by_another_job(pool, again)
    assert listed
    assert listed.screenshot
    await results.save_plan(pool, again, made())
    with pytest.raises(results.LedgerConflict, match="Another job holds"):
        await results.claim_intent(pool, await submissions.find(pool, again.ref))


async def test_a_job_that_was_reopened_is_archived_again_beside_its_first_archive(attic: Attic, pool: Pool) -> None:
    job_id = await attic.ended("alpha", "beta")
    await attic.look("archive_results")
    await pool.execute("update job_results set reason = 'Tried again.' where job_id = $1", job_id)
    await pool.execute("update jobs set archived_at = completed_at - interval '1 day' where id = $1", job_id)
    assert await attic.look("archive_results") == {("job ended long ago", True): 1}
    texts = [await attic.read(key) for key in await attic.keys(f"archive/jobs/{job_id}")]
    assert len(texts) == 2
    assert ["Tried again." in text for text in texts].count(True) == 1


async def test_nothing_is_taken_out_while_the_store_does_not_answer(attic: Attic, pool: Pool) -> None:
    job_id = await attic.ended("alpha", "beta")
    before = await attic.rows(job_id)
    attic.retention = Retention(pool, ArtifactStore(attic.s3, "no-such-bucket"), _KEPT_FOR)
    with pytest.raises(ApplicationError, match="NoSuchBucket"):
        await attic.look("archive_results")
    assert await attic.rows(job_id) == before


async def test_an_old_month_is_stored_line_by_line_and_dropped(
    attic: Attic, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    await pool.execute(
        """
        insert into queue_history (event, detail, created_at)
        select 'queue_rejected', jsonb_build_object('number', number), '2019-05-05'
        from generate_series(1, 5) as number
        """
    )
    job_id = await add_job(pool, ["alpha"])
    await pool.execute(
        "insert into queue_history (event, job_id, created_at) values ('job_started', $1, '2019-06-01')", job_id
    )
    made_two = {("month of history without a partition", True): 2}
    assert await attic.look("roll_history", dry_run=True) == made_two
    kept = {("old month of history kept: a job of it is not archived yet", False): 1}
    dropped = {("old month of history", True): 1}
    assert await attic.look("roll_history") == {**made_two, **kept, **dropped}
    assert await attic.look("roll_history") == kept
    (key,) = await attic.keys("archive/queue_history/")
    assert key.startswith("archive/queue_history/2019-05-")
    lines = [json.loads(line) for line in (await attic.read(key)).splitlines()]
    assert [line["detail"]["number"] for line in lines] == [1, 2, 3, 4, 5]
    assert await pool.fetchval("select min(created_at)::date::text from queue_history") == "2019-06-01"


async def test_only_old_artifacts_that_nobody_names_are_deleted(
    attic: Attic, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "_PAGE", 2)
    job_id = await attic.ended("alpha", "beta", ago="1 day")
    archived = await attic.ended("gamma", "delta")
    await attic.look("archive_results")
    named = await attic.keys("jobs/")
    asked = await row(pool, job_id, "alpha")
    shot = await attic.store.put_screenshot(asked.ref, b"asked")
    await pool.execute("update job_results set status = 'awaiting_action' where id = $1", asked.id)
    await actions.open_for(pool, asked.id, _WAITS.model_copy(update={"screenshot": shot}), timedelta(days=1))
    kept = {*named, shot, await attic.store.put_screenshot(SubmissionRef(job_id=archived, slug="delta"), b"before")}
    orphans = {await attic.store.put_screenshot(asked.ref, f"{number}".encode()) for number in range(5)}
    stranger = await attic.store.put_screenshot(SubmissionRef(job_id=uuid.uuid4(), slug="alpha"), b"not ours")

    assert await attic.look("remove_orphans") == {}, "all of them are young"
    monkeypatch.setattr(retention, "_ORPHANED_AFTER", timedelta(minutes=-1))
    expected = {
        ("artifact that nobody names", True): 5,
        ("artifact of a job that is not in this database", False): 1,
    }
    assert await attic.look("remove_orphans", dry_run=True) == expected
    assert set(await attic.keys("jobs/")) == kept | orphans | {stranger}
    assert await attic.look("remove_orphans") == expected
    assert set(await attic.keys("jobs/")) == kept | {stranger}
    with pytest.raises(botocore.exceptions.ClientError):
        await attic.store.get(orphans.pop())
    assert await attic.keys("archive/")


async def test_a_report_is_kept_for_a_week(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report(job_id=uuid.uuid4(), digest="0" * 16)
    await attic.store.put(report.page_key, b"<!doctype html>", "text/html")
    await attic.store.put(report.pdf_key, b"%PDF", "application/pdf")
    assert await attic.look("remove_orphans") == {}
    monkeypatch.setattr(retention, "_ORPHANED_AFTER", timedelta(minutes=-1))
    expected = {("report that can be printed anew", True): 2}
    assert await attic.look("remove_orphans", dry_run=True) == expected
    assert await attic.look("remove_orphans") == expected
    assert await attic.store.find(report.pdf_key) is None


async def test_a_draft_that_nobody_came_back_to_is_forgotten_and_its_order_is_not(
    attic: Attic, pool: Pool, database_url: str
) -> None:
    old, young = [await drafts.create(pool, f"dbd_{age}", Tier.STARTER) for age in ("old", "young")]
    async with pool.acquire() as connection, connection.transaction():
        await payments.order(connection, old.id, 1, Tier.STARTER, PROFILE, livemode=False)
    await pool.execute("alter table drafts disable trigger touch")
    await pool.execute("update drafts set updated_at = now() - interval '31 days' where id = $1", old.id)
    expected = {("draft untouched for a month", True): 1}
    # Workers may delete drafts, and not read them.
    async with await open_pool(database_url, 2, Seat.WORKER) as seat:
        attic.retention = Retention(seat, attic.store, _KEPT_FOR)
        assert await attic.look("forget_drafts", dry_run=True) == expected
        assert await attic.look("forget_drafts") == expected
        assert await attic.look("forget_drafts") == {}
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await seat.fetch("select profile from drafts")
    assert [row["id"] for row in await pool.fetch("select id from drafts")] == [young.id]
    assert await pool.fetchval("select profile->>'business_name' from payments where draft_id is null")


async def test_records_that_nobody_needs_go_and_what_a_payment_is_made_of_stays(
    attic: Attic, pool: Pool, database_url: str
) -> None:
    async def order(status: str) -> uuid.UUID:
        draft = await drafts.create(pool, f"dbd_{status}", Tier.STARTER)
        async with pool.acquire() as connection, connection.transaction():
            placed = await payments.order(connection, draft.id, 1, Tier.STARTER, PROFILE, livemode=False)
        await pool.execute("update payments set status = $2 where id = $1", placed.id, status)
        return placed.id

    paid, never = await order("paid"), await order("expired")
    told = "insert into stripe_events (id, type, livemode, payload, payment_id, payment_intent_id) values"
    await pool.execute(f"{told} ('e1', 'x', false, '{{}}', $1, 'pi_1'), ('e2', 'x', false, '{{}}', null, 'pi_1')", paid)
    await pool.execute(
        f"{told} ('e3', 'x', false, '{{}}', $1, 'pi_2'), ('e4', 'x', false, '{{}}', null, 'pi_2')", never
    )
    await pool.execute(f"{told} ('e5', 'x', false, '{{}}', null, 'pi_3'), ('e6', 'x', false, '{{}}', null, null)")
    await sessions.begin(pool, "ana", [Scope.READ])
    for table in ("payments", "stripe_events"):
        await pool.execute(f"alter table {table} disable trigger user")
    # Workers may delete all that, and see of a session only when it was over.
    async with await open_pool(database_url, 2, Seat.WORKER) as seat:
        attic.retention = Retention(seat, attic.store, _KEPT_FOR)
        assert await attic.look("forget_records") == {}
        await pool.execute("update payments set updated_at = now() - interval '91 days'")
        await pool.execute("update stripe_events set created_at = now() - interval '91 days' where id <> 'e6'")
        await pool.execute("update staff_sessions set expires_at = now() - interval '91 days'")
        expected = {
            ("staff session over long since", True): 1,
            ("order that was never paid", True): 1,
            ("event of no payment here", True): 1,
        }
        assert await attic.look("forget_records", dry_run=True) == expected
        assert await attic.look("forget_records") == expected
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await seat.fetch("select secret_hash from staff_sessions")
    assert [row["id"] for row in await pool.fetch("select id from stripe_events order by id")] == ["e1", "e2", "e6"]
    assert [row["id"] for row in await pool.fetch("select id from payments")] == [paid]
    assert await pool.fetchval("select count(*) from staff_sessions") == 0
