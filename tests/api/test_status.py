"""How the service is, part by part: whatever is down, it answers in time, says so, and keeps what it knew."""

import asyncio
import base64
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.main import app
from api.staff import status as board
from api.staff.status import Queues
from deploy.local.parts import Piece
from schema.contracts.access import Scope
from schema.migrate import migrate
from schema.store.database import Pool, open_pool
from tests.api import scene
from tests.api.test_health import problem
from tests.factories import add_job, bearer
from tests.stacks import running


class Counted:
    """A queue that is counted, as long as it is not away or does not hang."""

    def __init__(self, name: str, messages: int = 0) -> None:
        self.name, self.messages, self.looks = name, messages, 0
        self.away = self.hangs = False

    async def depth(self) -> int:
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise OSError("https://key:s3cret@sqs.example")
        return self.messages


@pytest.fixture
def jobs_queue() -> Counted:
    return Counted("jobs", 3)


@pytest.fixture
def dead_letters() -> Counted:
    return Counted("jobs-dlq")


@pytest.fixture
async def api(
    pool: Pool, dev: WorkflowEnvironment, jobs_queue: Counted, dead_letters: Counted, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The application with a figure that is never fresh, and somebody who may read."""
    monkeypatch.setattr(board, "_FRESH_S", 0)
    state = dict(app.state._state)
    app.state.services = Services(
        pool=pool, gateway=WorkflowGateway(dev.client), queues=Queues(jobs_queue, dead_letters)
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
        client.headers.update(await bearer(pool, scope=Scope.READ))
        yield client
    app.state._state = state


def rewired(**changes: Any) -> None:
    """Other clients for the same application, which remembers who was let in."""
    now: Services = app.state.services
    known = {"pool": now.pool, "gateway": now.gateway, "queues": now.queues, "grace": now.grace}
    app.state.services = Services(**{**known, **changes})


async def overview(api: httpx.AsyncClient) -> dict[str, Any]:
    answer = await api.get("/api/status")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def until(api: httpx.AsyncClient, **wanted: str) -> dict[str, Any]:
    """The overview once these parts are so; on a slow machine one that is well may not be known to be at once."""
    async with asyncio.timeout(60):
        while True:
            body = await overview(api)
            if wanted.items() <= health(body).items():
                return body
            await asyncio.sleep(0.2)


def health(body: dict[str, Any]) -> dict[str, str]:
    return {name: part["health"] for name, part in body.items() if isinstance(part, dict)}


async def test_every_part_is_told_of(api: httpx.AsyncClient, pool: Pool) -> None:
    await scene.fill(pool, directories=20, results_=400)
    now = await overview(api)
    assert now["queue"]["figure"] == {
        "queue": "jobs",
        "waiting": 3,
        "dead_letter_queue": "jobs-dlq",
        "dead_letters": 0,
    }
    assert now["outbox"]["figure"]["unsent"] == 1
    assert now["jobs"]["figure"]["by_status"] == {
        "pending": 1,
        "in_progress": 4,
        "completed": 6,
        "failed": 0,
        "cancelled": 0,
    }
    assert now["workers"]["figure"]["builds"] == {"4f2a91c": 3}
    assert [one["directory"] for one in now["breakers"]["figure"]] == ["metro-market"]
    assert now["actions"]["figure"]["open"] == await pool.fetchval("select count(*) from actions where status = 'open'")
    assert now["actions"]["figure"]["oldest"]["waits_s"] >= 0
    week = now["work"]["figure"]["windows"]["7d"]
    tried = await pool.fetchrow(
        """
        select count(*) filter (where status = 'submitted') as succeeded,
            count(*) filter (where status = 'failed') as failed, count(*) filter (where status = 'skipped') as skipped
        from job_results
        """
    )
    assert (week["succeeded"], week["failed"], week["skipped"]) == tuple(tried or ())
    assert week["success_rate"] == pytest.approx(week["succeeded"] / (week["succeeded"] + week["failed"]))
    assert sum(one["ended"] for one in week["failures"]) == week["failed"]
    assert sum(one["share"] for one in week["failures"]) == pytest.approx(1 - week["success_rate"])
    first = now["directories"]["figure"][0]
    assert first["slug"] in ("metro-market", "trusted-pages")
    assert 0 < first["p50_s"] <= first["p95_s"] < 60
    assert (now["health"], health(now)["breakers"], health(now)["database"]) == ("degraded", "degraded", "ok")


async def test_what_somebody_should_look_at_is_degraded_and_says_why(
    api: httpx.AsyncClient, pool: Pool, dead_letters: Counted
) -> None:
    dead_letters.messages = 2
    job_id = await add_job(pool, ["alpha"])
    await pool.execute("update outbox set created_at = now() - interval '5 minutes'")
    await pool.execute(
        """
        insert into payments (tier, amount_cents, livemode, profile, disputed, trouble)
        values ('starter', 14900, false, '{}', true, 'The payment was disputed.')
        """
    )
    await pool.execute(
        """
        insert into mails (kind, customer_id, job_id, key, due_at)
        select 'paid', customer_id, id, 'k', now() - interval '1 hour' from jobs where id = $1
        """,
        job_id,
    )
    now = await overview(api)
    said = {name: part["error"] for name, part in now.items() if isinstance(part, dict) and part["error"]}
    assert said == {
        "queue": "The dead-letter queue holds 2 messages: `directorybolt dlq list` says why.",
        "outbox": "1 message unsent, for 5 min.",
        "workers": "No worker is running: nothing is submitted until one does.",
        "payments": "1 payment to look at: `directorybolt payments list`.",
        "mails": "1 mail due and not sent, for 1 h.",
    }
    assert health(now)["workers"] == "failed"
    assert health(now)["queue"] == "degraded"


@pytest.mark.parametrize("how", ["away", "hangs"])
async def test_without_sqs_the_others_stand_and_the_last_figure_stays(
    api: httpx.AsyncClient, jobs_queue: Counted, how: str, monkeypatch: pytest.MonkeyPatch, parts_hang: None
) -> None:
    # Who waited for a part that hangs would wait for so long.
    monkeypatch.setattr(board, "_GIVEN_UP_S", 3600)
    parts = health(await until(api, queue="ok"))
    setattr(jobs_queue, how, True)
    now = await until(api, **dict.fromkeys(parts, "ok") | {"queue": "failed", "workers": "failed"})
    assert now["queue"]["figure"]["waiting"] == 3
    assert now["queue"]["error"].startswith("SQS ")
    assert "s3cret" not in json.dumps(now)
    async with asyncio.timeout(60):
        while True:
            answer = await api.get("/api/status/queue")
            assert answer.status_code == 200
            if answer.json()["outbox"]["health"] == "ok":
                break
    if looking := app.state.services.board.queue._running:
        looking.cancel()


async def test_without_temporal_the_others_stand(api: httpx.AsyncClient) -> None:
    nowhere = await Client.connect("127.0.0.1:1", lazy=True)
    rewired(gateway=WorkflowGateway(nowhere))
    now = await overview(api)
    assert now["temporal"] == {
        "health": "failed",
        "error": "Temporal cannot be reached.",
        "age_s": None,
        "figure": None,
    }
    assert health(now)["database"] == health(now)["queue"] == "ok"


async def test_a_database_that_hangs_or_dies_is_said_and_what_was_known_stays(
    api: httpx.AsyncClient, test_folder: Path, monkeypatch: pytest.MonkeyPatch, parts_hang: None
) -> None:
    monkeypatch.setattr(board, "_GIVEN_UP_S", 3600)
    async with running(test_folder / "status", Piece.POSTGRES) as stack:
        address = stack.environment.values["DATABASE_URL"]
        await migrate(address)
        async with await open_pool(address, 10) as own:
            await scene.fill(own, directories=10, results_=100)
            rewired(pool=own)
            api.headers.update(await bearer(own, scope=Scope.READ))
            before = await until(api, database="ok", jobs="ok")
            async with hanging(own):
                now = await until(api, database="failed", queue="ok", temporal="ok")
                assert now["database"]["error"].startswith("PostgreSQL has not answered within")
                assert now["jobs"]["figure"] == before["jobs"]["figure"]
                assert now["jobs"]["age_s"] > 0
                async with asyncio.timeout(60):
                    ready = await api.get("/ready")
                    while ready.json()["temporal"] != "ok":
                        ready = await api.get("/ready")
                assert (ready.status_code, ready.json()["database"]) == (503, "failed")
                stranger = await api.get("/api/status", headers={"Authorization": "Bearer dbt_unknown"})
                assert problem(stranger, 503)["detail"].startswith("The database does not answer")
            await until(api, database="ok")
    # Stopped for good.
    now = await overview(api)
    assert health(now)["database"] == "failed"
    assert now["jobs"]["figure"] == before["jobs"]["figure"]


@contextlib.asynccontextmanager
async def hanging(pool: Pool) -> AsyncIterator[None]:
    """The pool's server holds its breath for the length of the block: connections stay, and nobody answers."""
    data = Path(await pool.fetchval("show data_directory"))
    server = int((data / "postmaster.pid").read_text().split()[0])
    processes = [server, *(row["pid"] for row in await pool.fetch("select pid from pg_stat_activity"))]
    _all(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        _all(processes, signal.SIGCONT)


def _all(processes: list[int], what: signal.Signals) -> None:
    for process in processes:
        # One may have ended by itself.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, what)


async def test_many_who_ask_at_once_cost_one_look(
    api: httpx.AsyncClient, jobs_queue: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "_FRESH_S", 3600)
    await asyncio.gather(*(api.get("/api/status") for _ in range(20)))
    assert jobs_queue.looks == 1


async def test_jobs_are_found_by_name_by_id_and_by_state_page_by_page(api: httpx.AsyncClient, pool: Pool) -> None:
    made = await scene.fill(pool, directories=10, results_=300)

    async def found(**wanted: Any) -> list[str]:
        answer = await api.get("/api/status/jobs", params=wanted)
        assert answer.status_code == 200, answer.text
        return [job["job_id"] for job in answer.json()["jobs"]]

    everything = await found(limit=200)
    assert len(everything) == 10
    first = (await api.get("/api/status/jobs", params={"limit": 4})).json()
    second = (await api.get("/api/status/jobs", params={"limit": 4, "cursor": first["next"]})).json()
    third = (await api.get("/api/status/jobs", params={"limit": 4, "cursor": second["next"]})).json()
    assert [job["job_id"] for part in (first, second, third) for job in part["jobs"]] == everything
    assert third["next"] is None
    assert await found(text="bluebird b", status="pending") == [str(made[0])]
    assert await found(text=str(made[1])[:13]) == [str(made[1])]
    assert len(await found(status="in_progress")) == 4
    assert set(await found(waiting=True)) <= set(map(str, made))
    assert await found(text="100%") == []
    # The second is a moment before the first that UTC has.
    long_ago = base64.urlsafe_b64encode(f"0001-01-01T00:00:00+14:00 {made[0]}".encode()).decode()
    for cursor in ("nonsense", long_ago):
        refused = await api.get("/api/status/jobs", params={"cursor": cursor})
        assert problem(refused, 422)["errors"][0]["field"] == "query.cursor"


async def test_directories_come_with_rate_drift_and_breaker_those_in_trouble_first(
    api: httpx.AsyncClient, pool: Pool
) -> None:
    await scene.fill(pool, directories=20, results_=400)
    body = (await api.get("/api/status/directories", params={"limit": 2})).json()
    known = {one["slug"]: one for one in body["directories"]}
    assert (body["total"], set(known)) == (20, {"metro-market", "trusted-pages"})
    assert known["metro-market"]["gate"] == "broken"
    assert known["metro-market"]["failures_in_a_row"] == 4
    assert known["trusted-pages"]["drift"] == ['The field "Phone" is now required.', 'A field "Year founded" is new.']
    assert known["trusted-pages"]["daily_cap"] == 200
    [paced] = (await api.get("/api/status/directories", params={"text": "City Pages"})).json()["directories"]
    assert paced["gate"] == "paced"
    assert paced["next_slot_at"] is not None


async def test_only_who_may_read_is_told(api: httpx.AsyncClient, pool: Pool) -> None:
    service = await bearer(pool, "shop", Scope.ENQUEUE)
    del api.headers["Authorization"]
    for path in ("", "/jobs", "/queue", "/directories", "/workers", "/events"):
        problem(await api.get(f"/api/status{path}"), 401)
        problem(await api.get(f"/api/status{path}", headers=service), 403)
    problem(await api.get("/api/status", headers={"Authorization": f"Bearer {uuid4()}"}), 401)
