"""Live progress over real HTTP: what a browser is told, and that it misses nothing, whatever breaks in between."""

import asyncio
import contextlib
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from structlog.testing import capture_logs

import api.job.feed
import api.routes.jobs
from api.dependencies import Services
from api.job.progress import Changes, ProgressService
from deploy.local.parts import Piece
from schema.contracts.payment import StopReason
from schema.contracts.replay import RetryRequest
from schema.contracts.submission import Outcome, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import actions, links, replays, results, turns
from schema.store.database import Pool, Seat, open_pool
from tests.api.browsing import live
from tests.api.streams import Browser, Customer, Told, customer
from tests.api.test_health import nowhere
from tests.api.test_jobs import SLUGS, send
from tests.factories import add_begun_job, row
from tests.stacks import running

UNSURE = {"status": SubmissionStatus.UNCERTAIN, "evidence": "none", "failure": FailureType.OUTCOME_UNKNOWN}
CONFIRM = {"status": SubmissionStatus.AWAITING_ACTION, "failure": FailureType.CONFIRMATION_NEEDED}


@pytest.fixture
async def services(pool: Pool) -> Services:
    _, away = await nowhere()
    return Services(pool=pool, gateway=away)


@pytest.fixture
async def watcher(pool: Pool, services: Services) -> AsyncIterator[Customer]:
    """The customer of a job of four directories that nobody has visited yet."""
    job_id = await add_begun_job(pool, SLUGS)
    async with live(services) as url:
        yield await customer(url, pool, job_id)


def slugs(told: list[Told]) -> list[str]:
    return [one.data["slug"] for one in told if one.event == "directory"]


async def test_a_browser_is_told_how_the_job_is_and_then_what_changes(watcher: Customer, pool: Pool) -> None:
    async with watcher.watch() as browser:
        first = await browser.next()
        assert first.event == "snapshot"
        assert {shown["slug"] for shown in first.data["directories"]} == set(SLUGS)
        assert first.id == first.data["job"]["seq"]
        assert (await browser.next()).data == {"state": "live", "heartbeat_s": 5}
        await send(pool, watcher.job_id, "beta")
        told = await browser.until("directory", slug="beta", status="submitted")
        assert told.data["words"] == "Sent, and the directory confirmed it"
        assert told.id is None, "only what comes last of a batch says that all before it has come"
        assert (await browser.until("job", percent=25.0)).id


async def test_a_browser_that_comes_back_is_told_what_it_missed_and_nothing_else(watcher: Customer, pool: Pool) -> None:
    async with watcher.watch() as browser:
        await browser.until("state", state="live")
        await send(pool, watcher.job_id, "alpha")
        await browser.until("job", percent=25.0)
    await send(pool, watcher.job_id, "beta")
    async with watcher.watch(browser.last) as again:
        told = await again.told_until("job", percent=50.0)
        # Whatever else were told of what was missed would come before what happens now.
        await send(pool, watcher.job_id, "gamma")
        told += await again.told_until("directory", slug="gamma", status="submitted")
    assert [slug for slug in slugs(told) if slug != "gamma"] == ["beta"]
    assert {one.event for one in told} <= {"state", "directory", "job"}


async def test_what_is_committed_late_is_missed_by_nobody(watcher: Customer, pool: Pool) -> None:
    """Its number in the history is lower than what the browsers have seen."""
    async with pool.acquire() as slow, watcher.watch() as stayed:
        await stayed.until("state", state="live")
        async with slow.transaction():
            await slow.execute(
                "insert into queue_history (job_id, directory, event) values ($1, 'alpha', 'plan_ready')",
                watcher.job_id,
            )
            await slow.execute(
                """
                update job_results set status = 'planned'
                where job_id = $1 and directory_id = (select id from directories where slug = 'alpha')
                """,
                watcher.job_id,
            )
            await send(pool, watcher.job_id, "beta")
            async with watcher.watch() as left:
                await left.until("snapshot")
            await stayed.until("directory", slug="beta", status="submitted")
        await stayed.until("directory", slug="alpha", status="planned")
    async with watcher.watch(left.last) as again:
        await again.until("directory", slug="alpha", status="planned")


@pytest.mark.parametrize("number", ["99999999999999999999", "9223372036854775807", "-1", "x"])
async def test_a_number_that_is_none_of_ours_gets_the_whole_job(watcher: Customer, number: str) -> None:
    async with watcher.watch(number) as browser:
        await browser.until("snapshot")


Change = Callable[[Pool, UUID], Awaitable[object]]


async def _takes_its_turn(pool: Pool, job_id: UUID) -> None:
    await turns.take(pool, SubmissionRef(job_id=job_id, slug="alpha"))


async def _is_out_of_order(pool: Pool, job_id: UUID) -> None:
    await turns.note_failure(pool, await row(pool, job_id, "alpha"), FailureType.DIRECTORY_BUSY, "busy")


async def _is_in_doubt(pool: Pool, job_id: UUID) -> None:
    await send(pool, job_id, "alpha", **UNSURE)


async def _needs_its_customer(pool: Pool, job_id: UUID) -> None:
    await send(pool, job_id, "alpha", **CONFIRM)
    submission = await row(pool, job_id, "alpha")
    await actions.open_for(pool, submission.id, submission.outcome, timedelta(days=1))


async def _is_published(pool: Pool, job_id: UUID) -> None:
    await send(pool, job_id, "alpha")
    await pool.execute("update job_results set status = 'approved' where job_id = $1 and status = 'submitted'", job_id)


async def _is_tried_again(pool: Pool, job_id: UUID) -> None:
    failed = Outcome(status=SubmissionStatus.FAILED, failure=FailureType.DIRECTORY_UNREACHABLE)
    await results.record(pool, await row(pool, job_id, "alpha"), failed, 0)
    await replays.reopen(pool, job_id, RetryRequest(slugs=("alpha",), by="ana", reason="mended"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_takes_its_turn, "Reading the form"),
        (_is_out_of_order, "Waiting: the directory was busy, we try again"),
        (_is_in_doubt, "Our team is on it: we are checking whether the directory has taken the entry"),
        (_needs_its_customer, "Needs you: confirm the directory's message"),
        (_is_published, "Listed: the directory has published it"),
        (_is_tried_again, "Waiting for its turn"),
    ],
)
async def test_whatever_a_customer_should_see_is_told_by_itself(
    watcher: Customer, pool: Pool, change: Change, words: str
) -> None:
    async with watcher.watch() as browser:
        await browser.until("state", state="live")
        await change(pool, watcher.job_id)
        told = await browser.until("directory", slug="alpha", words=words)
        if change is _needs_its_customer:
            while told.data["action"] is None:
                told = await browser.until("directory", slug="alpha")
            assert told.data["action"]["title"] == "Confirm your listing with Alpha"


async def test_an_order_that_is_stopped_says_so(watcher: Customer, pool: Pool) -> None:
    async with watcher.watch() as browser:
        await browser.until("state", state="live")
        await pool.execute("update jobs set stop_requested_at = now(), stop_reason = $1", StopReason.REFUNDED)
        job = (await browser.until("job")).data
        assert job["stopped"] == "Nothing more is sent: the payment was refunded."
        assert job["estimate"] is None


async def test_all_browsers_of_a_job_share_one_reading_and_one_connection(
    watcher: Customer, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings: list[int | None] = []
    read = ProgressService.changes

    async def counted(self: ProgressService, job_id: UUID, since: int | None = None) -> Changes | None:
        readings.append(since)
        return await read(self, job_id, since)

    monkeypatch.setattr(ProgressService, "changes", counted)
    async with contextlib.AsyncExitStack() as stack:
        browsers: list[Browser] = [await stack.enter_async_context(watcher.watch()) for _ in range(20)]
        for browser in browsers:
            await browser.until("state", state="live")
        readings.clear()
        await pool.execute("update job_results set status = 'skipped' where job_id = $1", watcher.job_id)
        for browser in browsers:
            await browser.until("job", percent=100.0)
        assert len(readings) < len(browsers)
        listening = "select count(*) from pg_stat_activity where query ilike 'listen%' and datname = current_database()"
        assert await pool.fetchval(listening) <= 1


async def test_a_revoked_link_shows_nothing_more(watcher: Customer, pool: Pool) -> None:
    async with watcher.watch() as browser:
        await browser.until("state", state="live")
        await links.revoke_all(pool, watcher.job_id)
        with pytest.raises(EOFError):
            await browser.until("nothing")
    assert (await watcher.get("/events")).status_code == 401


async def test_another_link_of_the_job_does_not_mind(watcher: Customer, pool: Pool) -> None:
    other = await customer(watcher.url, pool, watcher.job_id)
    async with watcher.watch() as browser:
        await browser.until("state", state="live")
        (newest, *_) = await links.listed(pool, watcher.job_id)
        await links.revoke(pool, newest.id)
        assert (await other.get()).status_code == 401
        await send(pool, watcher.job_id, "beta")
        await browser.until("directory", slug="beta", status="submitted")


async def test_a_job_is_nobody_elses(watcher: Customer, pool: Pool) -> None:
    other = await customer(watcher.url, pool, await add_begun_job(pool, ["other"]))
    stranger = Customer(watcher.url, watcher.job_id, other.secret)
    assert (await stranger.get("/events")).status_code == 404
    nobody = Customer(watcher.url, watcher.job_id, "dbl_nothing")
    assert (await nobody.get("/events")).status_code == 401


async def test_who_asks_for_the_head_of_a_stream_is_not_kept(watcher: Customer) -> None:
    async with httpx.AsyncClient(base_url=watcher.url, headers=watcher.headers, timeout=60) as client:
        answer = await client.head(f"/api/jobs/{watcher.job_id}/events")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_a_quiet_stream_says_that_it_lives(watcher: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.routes.jobs, "HEARTBEAT_S", 0.2)
    async with watcher.watch() as browser:
        await browser.until("state", state="live")
        assert (await browser.next()).data["state"] == "live"


async def test_who_does_not_read_is_let_go_and_the_others_do_not_wait(
    pool: Pool, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.job.feed, "_MOST_BEHIND", 5)
    monkeypatch.setattr(api.job.feed, "_LEAST_PAUSE_S", 0)
    job_id = await add_begun_job(pool, [f"site-{number:03}" for number in range(300)])
    async with live(services) as url:
        reader = await customer(url, pool, job_id)
        with socket.socket() as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sleeper.connect((urlsplit(url).hostname, urlsplit(url).port))
            ask = f"GET /api/jobs/{job_id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {reader.secret}\r\n\r\n"
            with monkeypatch.context() as hurry:
                hurry.setattr(api.routes.jobs, "_SENT_WITHIN_S", 1)
                sleeper.sendall(ask.encode())
                async with asyncio.timeout(60):
                    while job_id not in services.hub._feeds:
                        await asyncio.sleep(0.01)
            feed = services.hub._feeds[job_id]
            async with reader.watch() as browser:
                await browser.until("state", state="live")
                assert len(feed._subscriptions) == 2
                async with asyncio.timeout(120):
                    for number in range(1_000):
                        if len(feed._subscriptions) == 1:
                            break
                        busy = FailureType.DIRECTORY_BUSY if number % 2 else FailureType.DIRECTORY_UNREACHABLE
                        await pool.execute("update job_results set failure = $1 where job_id = $2", busy, job_id)
                        await browser.until("job")
                assert len(feed._subscriptions) == 1
                await send(pool, job_id, "site-007")
                await browser.until("directory", slug="site-007", status="submitted")


async def test_a_database_that_is_restarted_is_said_and_caught_up_with(test_folder: Path) -> None:
    folder = test_folder / "restarted"
    async with running(folder, Piece.POSTGRES, Piece.MIGRATIONS) as stack:
        _, away = await nowhere()
        async with await open_pool(stack.environment.values["DATABASE_URL"], 5) as pool:
            job_id = await add_begun_job(pool, SLUGS)
            async with live(Services(pool=pool, gateway=away)) as url:
                watcher = await customer(url, pool, job_id)
                async with watcher.watch() as browser:
                    await browser.until("state", state="live")
                    await stack.kill("postgresql")
                    await browser.until("state", state="reconnecting")
                    assert (await watcher.get()).status_code == 503
                    await stack.restart("postgresql")
                    # Before anybody listens again.
                    await send(pool, job_id, "beta")
                    await browser.until("directory", slug="beta", status="submitted")
                    await browser.until("state", state="live")
                    await send(pool, job_id, "gamma")
                    await browser.until("directory", slug="gamma", status="submitted")


async def test_a_database_without_a_connection_to_spare_is_said_and_listened_to_again(
    pool: Pool, database_url: str
) -> None:
    crowded = f"crowded_{uuid.uuid4().hex}"
    await pool.execute(f"create role {crowded} login password 'x' in role directorybolt_api")
    url = urlsplit(database_url)
    theirs = url._replace(netloc=f"{crowded}:x@{url.netloc.rpartition('@')[2]}").geturl()
    _, away = await nowhere()
    try:
        async with (
            await open_pool(theirs, 5, Seat.STAFF) as staff,
            await open_pool(theirs, 5, Seat.CUSTOMERS) as customers,
            live(Services(pool=staff, customers=customers, gateway=away)) as address,
            asyncio.timeout(180),
        ):
            watcher = await customer(address, pool, await add_begun_job(pool, SLUGS))
            async with watcher.watch() as browser:
                await browser.until("state", state="live")
                await pool.execute(f"alter role {crowded} connection limit 0")
                await pool.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", crowded)
                with capture_logs() as said:
                    await browser.until("state", state="reconnecting")
                    refused = await watcher.get()
                    while not any(line["event"] == "not listening" and "TooMany" in line["error"] for line in said):
                        await asyncio.sleep(0.05)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
                await pool.execute(f"alter role {crowded} connection limit -1")
                await send(pool, watcher.job_id, "beta")
                await browser.until("directory", slug="beta", status="submitted")
                await browser.until("state", state="live")
    finally:
        await pool.execute(f"drop role {crowded}")
