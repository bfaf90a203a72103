"""Is the process alive, and may it be sent requests? And: an error is a problem document, whatever it was."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import HTTPException
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.main import app
from schema.store.database import Pool, open_pool


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    """The application itself, without a server; what a test sets on its state and routes is taken back."""
    routes, state = list(app.router.routes), dict(app.state._state)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client
    app.router.routes[:] = routes
    app.state._state.clear()
    app.state._state.update(state)


async def nowhere() -> tuple[Pool, WorkflowGateway]:
    """A database and a Temporal that nobody runs, nor ever will."""
    pool = await open_pool("postgresql://postgres@127.0.0.1:1/x", 1)
    return pool, WorkflowGateway(await Client.connect("127.0.0.1:1", lazy=True))


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer's body, which must be a problem document of this status."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["type"] == "about:blank"
    return body


async def test_a_process_is_alive_whatever_is_away(api: httpx.AsyncClient) -> None:
    answer = await api.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "healthy", "service": "api"})


async def test_it_is_ready_with_everything_up(api: httpx.AsyncClient, pool: Pool, dev: WorkflowEnvironment) -> None:
    app.state.services = Services(pool=pool, gateway=WorkflowGateway(dev.client))
    answer = await api.get("/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "draining": False, "database": "ok", "temporal": "ok"},
    )


@pytest.mark.parametrize("away", ["database", "temporal"])
async def test_it_is_not_ready_without_a_part_and_names_it(
    api: httpx.AsyncClient, pool: Pool, dev: WorkflowEnvironment, away: str
) -> None:
    no_database, no_temporal = await nowhere()
    app.state.services = Services(
        pool=no_database if away == "database" else pool,
        gateway=no_temporal if away == "temporal" else WorkflowGateway(dev.client),
    )
    answer = await api.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "draining": False, "database": "ok", "temporal": "ok", away: "failed"}


async def test_it_is_not_ready_before_the_database_is_migrated(api: httpx.AsyncClient, pool: Pool) -> None:
    await pool.execute("drop schema public cascade")
    _, gateway = await nowhere()
    app.state.services = Services(pool=pool, gateway=gateway)
    assert (await api.get("/ready")).json()["database"] == "failed"
    answer = await api.get("/api/status/jobs", headers={"Authorization": "Bearer dbt_x"})
    problem(answer, 503)
    assert answer.headers["retry-after"] == "5"


async def test_a_part_that_never_answers_is_not_waited_for(
    api: httpx.AsyncClient, database_url: str, dev: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.health._PATIENCE_S", 0.2)
    async with await open_pool(database_url, 1) as busy, busy.acquire():
        app.state.services = Services(pool=busy, gateway=WorkflowGateway(dev.client))
        assert (await api.get("/ready")).json()["database"] == "failed"


async def test_an_unknown_address_is_a_problem(api: httpx.AsyncClient) -> None:
    assert problem(await api.get("/nosuch"), 404)["title"] == "Not Found"


async def test_a_wrong_method_is_a_problem_that_names_the_right_one(api: httpx.AsyncClient) -> None:
    answer = await api.delete("/health")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_refusal_says_why(api: httpx.AsyncClient) -> None:
    @app.get("/refusing")
    async def refusing() -> None:
        raise HTTPException(409, "The job has ended.", headers={"Retry-After": "5"})

    answer = await api.get("/refusing")
    assert problem(answer, 409)["detail"] == "The job has ended."
    assert answer.headers["retry-after"] == "5"


async def test_a_request_that_is_not_understood_names_the_field_and_repeats_no_value(api: httpx.AsyncClient) -> None:
    @app.get("/counting")
    async def counting(number: int) -> int:
        return number

    answer = await api.get("/counting", params={"number": "s3cret"})
    (wrong,) = problem(answer, 422)["errors"]
    assert wrong["field"] == "query.number"
    assert "integer" in wrong["message"]
    assert "s3cret" not in answer.text


async def test_a_bug_tells_nothing_of_itself(api: httpx.AsyncClient) -> None:
    @app.get("/failing")
    async def failing() -> None:
        raise RuntimeError("s3cret")

    answer = await api.get("/failing", headers={"X-Request-ID": "named-by-us"})
    assert problem(answer, 500) == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "request_id": "named-by-us",
    }
