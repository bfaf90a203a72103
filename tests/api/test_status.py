"""How the service is, part by part: whatever is down, it answers in time, says so, and keeps what it knew."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.main import app
from api.status import Queues
from deploy.local.ports import free_port
from schema.contracts.access import Scope
from schema.contracts.submission import SubmissionStatus
from schema.store.database import Pool, open_pool
from tests.factories import add_begun_job, add_job, bearer


class Counted:
    """A queue that is counted, as long as it is not away."""

    def __init__(self, name: str, depth: int = 0) -> None:
        self.name, self.messages, self.away = name, depth, False

    async def depth(self) -> int:
        if self.away:
            raise OSError("postgresql://user:s3cret@queue")
        return self.messages


@pytest.fixture
def queues() -> Queues:
    return Queues(jobs=Counted("jobs", 3), dead_letters=Counted("jobs-dlq"))


@pytest.fixture
async def api(pool: Pool, dev: WorkflowEnvironment, queues: Queues) -> AsyncIterator[httpx.AsyncClient]:
    state = dict(app.state._state)
    app.state.services = Services(pool=pool, gateway=WorkflowGateway(dev.client), queues=queues)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
        client.headers.update(await bearer(pool, scope=Scope.READ))
        yield client
    app.state._state = state


async def overview(api: httpx.AsyncClient) -> dict[str, Any]:
    began = time.monotonic()
    answer = await api.get("/api/status")
    assert time.monotonic() - began < 3
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_overview(api: httpx.AsyncClient, pool: Pool) -> None:
    await add_begun_job(pool, ["alpha", "beta"])
    now = await overview(api)
    print(json.dumps(now, indent=1)[:3000])
    assert now["queue"]["figure"]["waiting"] == 3
