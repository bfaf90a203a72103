"""Other front ends bring jobs: once each, however often they ask, and with a link that opens that job alone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from temporalio.client import Client

from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.main import app
from schema.contracts.access import Scope
from schema.store import links
from schema.store.database import Pool, Seat, open_pool
from tests.api.test_health import problem
from tests.brain.openapi import undocumented
from tests.factories import PROFILE, add_directories, add_job, bearer

ADDRESS = "/api/jobs/enqueue"


def order(**changes: Any) -> dict[str, Any]:
    return {"tier": "starter", "profile": PROFILE.model_dump(mode="json"), **changes}


@pytest.fixture
async def shop(database_url: str, pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """The application, asked by a service that may enqueue."""
    state = dict(app.state._state)
    nobody = await Client.connect("127.0.0.1:1", lazy=True)
    seat = await open_pool(database_url, 10, Seat.STAFF)
    app.state.services = Services(pool=seat, gateway=WorkflowGateway(nobody))
    await add_directories(pool, ["alpha", "beta"])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = await bearer(pool, "shop", Scope.ENQUEUE)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
        yield client
    app.state._state = state
    await seat.close()


async def test_a_job_is_taken_in_with_a_link_to_it(shop: httpx.AsyncClient, pool: Pool) -> None:
    answer = await shop.post(ADDRESS, json=order(directories=["beta", "beta"], source="shop"))
    assert answer.status_code == 201
    assert undocumented((await shop.get("/openapi.json")).json(), "POST", ADDRESS, answer) == []
    made = answer.json()
    row = await pool.fetchrow("select id::text, source, directory_slugs, package_size from jobs")
    assert row
    assert tuple(row) == (made["job_id"], "shop", ["beta"], 1)
    assert await pool.fetchval("select count(*) from outbox") == 1
    link = await links.find(pool, made["link"])
    assert link is not None
    assert str(link.job_id) == made["job_id"]
    assert made["url"].endswith(f"/l/{made['link']}")


async def test_who_asks_again_with_the_job_s_id_gets_the_same_job(shop: httpx.AsyncClient, pool: Pool) -> None:
    asked = order(job_id=str(uuid4()))
    answers = await asyncio.gather(*(shop.post(ADDRESS, json=asked) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert {answer.json()["job_id"] for answer in answers} == {asked["job_id"]}
    assert len({answer.json()["link"] for answer in answers}) == 8
    assert await pool.fetchval("select count(*) from outbox") == 1
    problem(await shop.post(ADDRESS, json={**asked, "tier": "growth"}), 409)


async def test_a_key_means_the_same_job_also_when_no_answer_is_kept_any_more(
    shop: httpx.AsyncClient, pool: Pool
) -> None:
    headers = {"Idempotency-Key": "order-0017"}
    first, again = [await shop.post(ADDRESS, json=order(), headers=headers) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    await pool.execute("delete from idempotency_keys")
    later = await shop.post(ADDRESS, json=order(), headers=headers)
    assert (later.status_code, later.json()["job_id"]) == (200, first.json()["job_id"])
    assert later.json()["link"] != first.json()["link"]
    await pool.execute("delete from idempotency_keys")
    problem(await shop.post(ADDRESS, json=order(tier="growth"), headers=headers), 409)
    assert await pool.fetchval("select count(*) from outbox") == 1


async def test_the_key_of_one_service_is_not_anothers(shop: httpx.AsyncClient, pool: Pool) -> None:
    headers = {"Idempotency-Key": "order-0017"}
    mine = await shop.post(ADDRESS, json=order(), headers=headers)
    other = await bearer(pool, "another", Scope.ENQUEUE)
    theirs = await shop.post(ADDRESS, json=order(), headers={**headers, **other})
    assert mine.json()["job_id"] != theirs.json()["job_id"]


async def test_a_job_s_link_is_given_to_the_service_that_brought_it_and_to_no_other(
    shop: httpx.AsyncClient, pool: Pool
) -> None:
    paid, brought = await add_job(pool, ["alpha"]), order(job_id=str(uuid4()))
    assert (await shop.post(ADDRESS, json=brought)).status_code == 201
    made = await pool.fetchval("select count(*) from links")
    for_the_paid = order(job_id=str(paid), directories=["alpha"])
    problem(await shop.post(ADDRESS, json=for_the_paid), 409)
    problem(await shop.post(ADDRESS, json=brought, headers=await bearer(pool, "another", Scope.ENQUEUE)), 409)
    assert await pool.fetchval("select count(*) from links") == made


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"directories": ["nowhere"]}, "body.directories"),
        ({"directories": []}, "body.directories"),
        ({"tier": "gold"}, "body.tier"),
        ({"profile": {"business_name": "x"}}, "body.profile.email"),
        ({"price": 1}, "body.price"),
        ({"source": "two\nlines"}, "body.source"),
    ],
)
async def test_what_is_wrong_is_named(shop: httpx.AsyncClient, pool: Pool, changes: Any, field: str) -> None:
    said = problem(await shop.post(ADDRESS, json=order(**changes)), 422)
    assert field in [error["field"] for error in said["errors"]]
    assert await pool.fetchval("select count(*) from jobs") == 0


async def test_people_do_not_enqueue(shop: httpx.AsyncClient, pool: Pool) -> None:
    problem(await shop.post(ADDRESS, json=order(), headers=await bearer(pool, "ana", Scope.ADMIN)), 403)
    problem(await shop.post(ADDRESS, json=order(), headers={"Authorization": "Bearer dbt_nobody"}), 401)
