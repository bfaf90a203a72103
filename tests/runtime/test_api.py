"""The API's process: it starts whatever is away, and ends in good order when it is told to."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from deploy.local.ports import free_port
from deploy.runtime.settings import Settings
from schema.contracts.access import Scope
from schema.store import links, tokens
from schema.store.database import Pool
from tests.factories import add_begun_job
from tests.patience import PATIENCE_S, eventually

_AS_LONG_AS_IT_TAKES = """
import signal
from deploy.runtime import api
api._NOTICE_S = api._DRAIN_S = 600
signal.signal(signal.SIGUSR1, lambda *_: setattr(api, "_NOTICE_S", 0))
api.main()
"""
"""The API's process, which gives notice until it gets this signal, and lets requests in hand take any time."""

_SOMEBODY_WAITS = """
select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
"""


@contextlib.asynccontextmanager
async def serving(
    log: Path, *program: str, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    """The process on a free port, once it answers; killed if it is still there at the end."""
    port = free_port(0, set())
    known = {**os.environ, "API_PORT": str(port), "API_HOST": "127.0.0.1", "NO_PROXY": "*", **environment}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *(program or ("-m", "deploy.runtime.api"))), env=known, stdout=output, stderr=output
        )
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=PATIENCE_S) as client:

            async def begun() -> bool:
                assert process.returncode is None, log.read_text()
                return await answers(client)

            await eventually(begun)
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answers(client: httpx.AsyncClient) -> bool:
    """Whether it takes connections."""
    with contextlib.suppress(httpx.TransportError):
        await client.get("/health")
        return True
    return False


def lines(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.fixture
def whole(settings: Settings, dev: WorkflowEnvironment) -> dict[str, str]:
    """The environment of a process that has everything."""
    return {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
    }


async def test_it_starts_while_everything_is_away_and_says_so(tmp_path: Path) -> None:
    port = free_port(0, set())
    away = {"DATABASE_URL": f"postgresql://x@127.0.0.1:{port}/x", "TEMPORAL_ADDRESS": f"127.0.0.1:{port}"}
    log = tmp_path / "api.log"
    async with serving(log, **away) as (process, client):
        answer = await client.get("/ready")
        assert (answer.status_code, answer.json()["database"], answer.json()["temporal"]) == (503, "failed", "failed")
        refused = await client.get("/api/status/jobs", headers={"Authorization": "Bearer dbt_x"})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
    assert all("dbt_x" not in str(line) for line in lines(log))


async def test_told_to_stop_it_ends_its_streams_finishes_what_is_in_hand_and_exits_with_0(
    tmp_path: Path, pool: Pool, whole: dict[str, str]
) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    secret = await links.mint(pool, job_id, "test")
    token = await tokens.create(pool, "test", [Scope.READ], "test")
    log = tmp_path / "api.log"
    async with serving(log, "-c", _AS_LONG_AS_IT_TAKES, **whole) as (process, client), asyncio.timeout(120):
        assert (await client.get("/ready")).status_code == 200
        async with client.stream(
            "GET", f"/api/jobs/{job_id}/events", headers={"Authorization": f"Bearer {secret}"}
        ) as events:
            assert events.status_code == 200
            received = events.aiter_lines()
            # When to come back, should this end.
            assert (await anext(received)).startswith("retry: ")
            # In hand: it waits for a lock while the process is told to stop.
            async with pool.acquire() as connection:
                async with connection.transaction():
                    await connection.execute("lock table actions in access exclusive mode")
                    asked = asyncio.create_task(
                        client.get("/api/actions", headers={"Authorization": f"Bearer {token.secret}"})
                    )
                    while not await pool.fetchval(_SOMEBODY_WAITS):
                        await asyncio.sleep(0.05)
                    process.send_signal(signal.SIGTERM)
                    while (draining := await client.get("/ready")).is_success:
                        await asyncio.sleep(0.05)
                    assert (draining.status_code, draining.json()["draining"]) == (503, True)
                    assert [line async for line in received][-1] == ""
                    process.send_signal(signal.SIGUSR1)
                    while await answers(client):
                        await asyncio.sleep(0.05)
                    assert not asked.done()
                assert (await asked).status_code == 200
        assert await process.wait() == 0
    said = lines(log)
    assert all("request_id" in line for line in said if line["event"] == "request")
    assert secret not in str(said)
