"""A request under a key, asked again because its answer was lost: done once, and answered alike."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import HTTPException, Response

from api.dependencies import Services
from api.main import app
from schema.contracts.access import Scope
from schema.store import tokens
from schema.store.database import Pool
from tests.api.test_health import api, nowhere, problem

__all__ = ["api"]


class Shop:
    """A route that does something each time it is asked."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails: list[Exception] = []
        self.entered = asyncio.Event()
        self.waits = asyncio.Event()
        self.waits.set()

    async def order(self, response: Response, body: dict[str, str]) -> dict[str, str]:
        self.entered.set()
        await self.waits.wait()
        if self.fails:
            raise self.fails.pop()
        self.done.append(body["what"])
        response.status_code = 201
        response.headers["Location"] = "/api/orders/1"
        response.set_cookie("draft", "dbd_s3cret")
        return {"number": str(len(self.done))}


@pytest.fixture
async def shop(api: httpx.AsyncClient, pool: Pool) -> AsyncIterator[Shop]:
    _, gateway = await nowhere()
    app.state.services = Services(pool=pool, gateway=gateway)
    made = Shop()
    app.post("/api/orders")(made.order)
    app.post("/api/other-orders")(made.order)
    yield made
    made.waits.set()


async def order(
    client: httpx.AsyncClient, what: str, headers: dict[str, str], path: str = "/api/orders"
) -> httpx.Response:
    # Whose answer was lost has not got its cookie.
    client.cookies.clear()
    return await client.post(path, json={"what": what}, headers=headers)


def keyed(**headers: str) -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4()), **headers}


async def test_asked_again_it_is_done_once_and_answered_alike(shop: Shop, api: httpx.AsyncClient) -> None:
    headers = keyed()
    first = await order(api, "cake", headers)
    again = await order(api, "cake", headers)
    assert shop.done == ["cake"]
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, {"number": "1"})
    for name in ("location", "content-type", "set-cookie"):
        assert again.headers[name] == first.headers[name]
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


async def test_without_a_key_or_under_another_it_is_done_again(shop: Shop, api: httpx.AsyncClient) -> None:
    for headers in ({}, {}, keyed(), keyed()):
        await order(api, "cake", headers)
    assert len(shop.done) == 4


async def test_a_key_belongs_to_one_caller_and_one_address(shop: Shop, api: httpx.AsyncClient) -> None:
    headers = keyed()
    basic = {"Authorization": "Basic same"}
    for more in (
        {},
        {"Authorization": "Bearer ana"},
        {"Authorization": "Bearer ben"},
        basic | {"Cookie": "draft=ana", "Sec-Fetch-Site": "same-origin"},
        basic | {"Cookie": "draft=ben", "Sec-Fetch-Site": "same-origin"},
        # A scheme that is none of ours changes nothing.
        basic | {"Cookie": "draft=ben", "Sec-Fetch-Site": "same-origin"},
    ):
        await order(api, "cake", headers | more)
    await order(api, "cake", headers, "/api/other-orders")
    assert len(shop.done) == 6


async def test_a_key_that_was_used_for_something_else_is_refused(shop: Shop, api: httpx.AsyncClient) -> None:
    headers = keyed()
    await order(api, "cake", headers)
    refused = await order(api, "bread", headers)
    assert problem(refused, 422)["errors"][0]["field"] == "header.Idempotency-Key"
    assert shop.done == ["cake"]


async def test_of_two_at_once_the_second_is_told_to_wait(shop: Shop, api: httpx.AsyncClient) -> None:
    headers = keyed()
    shop.waits.clear()
    first = asyncio.create_task(order(api, "cake", headers))
    async with asyncio.timeout(60):
        await shop.entered.wait()
    second = await order(api, "cake", headers)
    problem(second, 409)
    assert second.headers["retry-after"] == "1"
    shop.waits.set()
    assert (await first).status_code == 201
    assert shop.done == ["cake"]


@pytest.mark.parametrize("error", [HTTPException(404), HTTPException(503), RuntimeError("bug"), ConnectionError()])
async def test_what_was_not_done_may_be_tried_again_under_its_key(
    shop: Shop, api: httpx.AsyncClient, error: Exception
) -> None:
    headers = keyed()
    shop.fails.append(error)
    assert (await order(api, "cake", headers)).status_code >= 400
    assert (await order(api, "bread", headers)).status_code == 201
    assert shop.done == ["bread"]


@pytest.mark.parametrize("key", ["short", "x" * 256, "with a space in it"])
async def test_a_key_that_is_none_is_refused(shop: Shop, api: httpx.AsyncClient, key: str) -> None:
    refused = await order(api, "cake", {"Idempotency-Key": key})
    problem(refused, 422)
    assert shop.done == []


async def test_who_was_shut_out_since_is_not_told_again(shop: Shop, api: httpx.AsyncClient, pool: Pool) -> None:
    token = await tokens.create(pool, "shop", [Scope.ENQUEUE], "test")
    headers = keyed(Authorization=f"Bearer {token.secret}")
    await order(api, "cake", headers)
    again = await order(api, "cake", headers)
    assert again.headers["idempotent-replayed"] == "true"
    await pool.execute("update tokens set revoked_at = now()")
    asked = await order(api, "cake", headers)
    assert "idempotent-replayed" not in asked.headers


async def test_the_database_learns_nothing_of_who_asked_and_what_was_answered(
    shop: Shop, api: httpx.AsyncClient, pool: Pool
) -> None:
    await order(api, "cake", keyed(Authorization="Bearer dbt_ana"))
    kept = await pool.fetchrow("select * from idempotency_keys")
    assert kept is not None
    assert len(kept["answer"]) > 32
    for word in (b"dbd_s3cret", b"number", b"dbt_ana", b"cake"):
        assert not any(word in value for value in kept.values() if isinstance(value, bytes))


async def test_who_died_over_it_does_not_keep_the_key(shop: Shop, api: httpx.AsyncClient, pool: Pool) -> None:
    headers = keyed()
    await order(api, "cake", headers)
    await pool.execute("update idempotency_keys set answer = null")
    assert (await order(api, "cake", headers)).status_code == 409
    await pool.execute("update idempotency_keys set claimed_at = now() - interval '3 minutes'")
    assert (await order(api, "cake", headers)).status_code == 201


async def test_after_a_day_it_is_forgotten(shop: Shop, api: httpx.AsyncClient, pool: Pool) -> None:
    await order(api, "cake", keyed())
    await pool.execute("update idempotency_keys set claimed_at = now() - interval '25 hours'")
    await order(api, "bread", keyed())
    assert await pool.fetchval("select count(*) from idempotency_keys") == 1
