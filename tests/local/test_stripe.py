"""The local Stripe, asked by Stripe's own SDK, its pages as a browser posts them, its events as the SDK checks them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import stripe
import uvicorn
from fastapi import FastAPI, Request, Response
from stripe import StripeClient
from stripe.checkout import Session

from deploy.local.ports import HOST, free_port
from deploy.local.stripe import api
from deploy.local.stripe.app import Access, create_app
from tests.patience import PATIENCE_S

KEY, SECRET = "sk_test_local", "whsec_local"


@dataclass(slots=True)
class Endpoint:
    """A webhook endpoint that believes what the SDK believes."""

    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def types(self) -> list[str]:
        return [event["type"] for event in self.got]

    async def hears(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while kind not in self.types():
                await asyncio.sleep(0.02)
        return next(event for event in self.got if event["type"] == kind)


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything on one account of one server."""

    client: StripeClient
    endpoint: Endpoint
    web: httpx.AsyncClient
    restart: Callable[[], Any]

    async def session(self, reference: str = "order-1", **options: Any) -> Session:
        return await self.client.v1.checkout.sessions.create_async(
            {
                "mode": "payment",
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": "usd",
                            "unit_amount": 14900,
                            "product_data": {"name": "Starter"},
                        },
                    }
                ],
                "client_reference_id": reference,
                "customer_email": "maya@example.com",
                "metadata": {"order": reference},
                "success_url": "http://shop.test/done?session_id={CHECKOUT_SESSION_ID}",
                "cancel_url": "http://shop.test/cart",
            },
            options,  # type: ignore[arg-type]
        )

    async def pay(self, session: Session, means: str = "card") -> httpx.Response:
        return await self.web.post(f"/pay/{session.id}", data={"means": means})

    async def control(self, method: str, path: str, **fields: Any) -> Any:
        answer = await self.web.request(method, f"/_control/{path}", json=fields)
        return answer.raise_for_status().json()


@contextlib.asynccontextmanager
async def served(app: FastAPI, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="error", ws="none"))
    with contextlib.ExitStack() as kept:
        # The signals are the tests' own.
        kept.enter_context(pytest.MonkeyPatch.context()).setattr(server, "capture_signals", contextlib.nullcontext)
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            await running


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    endpoint = Endpoint()
    hooks = FastAPI()

    @hooks.post("/webhook")
    async def take(request: Request) -> Response:
        body = await request.body()
        try:
            event = stripe.Webhook.construct_event(body, request.headers["stripe-signature"], SECRET)
        except stripe.SignatureVerificationError as error:
            endpoint.refused.append(str(error))
            return Response(status_code=400)
        if endpoint.status == 200:
            endpoint.got.append(event.to_dict())
        return Response(status_code=endpoint.status)

    taken: set[int] = set()
    port, hook_port = free_port(0, taken), free_port(0, taken)
    access = Access(KEY, SECRET, f"http://{HOST}:{hook_port}/webhook")
    base = f"http://{HOST}:{port}"
    client = StripeClient(
        KEY, base_addresses={"api": base}, max_network_retries=2, http_client=stripe.HTTPXClient(timeout=PATIENCE_S)
    )
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(served(hooks, hook_port))
        running = await stack.enter_async_context(contextlib.AsyncExitStack())
        await running.enter_async_context(served(create_app(tmp_path, access), port))
        web = await stack.enter_async_context(httpx.AsyncClient(base_url=base, trust_env=False, timeout=PATIENCE_S))

        async def restart() -> None:
            await running.aclose()
            await running.enter_async_context(served(create_app(tmp_path, access), port))

        yield Shop(client, endpoint, web, restart)


async def test_a_card_pays_a_session_and_its_events_pass_the_sdk(shop: Shop) -> None:
    session = await shop.session()
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.id.startswith("cs_test_")
    assert session.url
    page = await shop.web.get(session.url)
    assert "$149.00" in page.text
    assert "maya@example.com" in page.text

    paid = await shop.pay(session)
    assert (paid.status_code, paid.headers["location"]) == (303, f"http://shop.test/done?session_id={session.id}")
    event = await shop.endpoint.hears("checkout.session.completed")
    assert event["api_version"] == stripe.api_version
    assert (event["livemode"], event["request"]) == (False, {"id": None, "idempotency_key": None})
    told = event["data"]["object"]
    assert (told["client_reference_id"], told["amount_total"], told["currency"]) == ("order-1", 14900, "usd")
    assert (told["payment_status"], told["metadata"]) == ("paid", {"order": "order-1"})

    now = await shop.client.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert now.status == "complete"
    assert now.payment_intent.latest_charge.amount == 14900  # type: ignore[union-attr]
    assert [item.description for item in now.line_items.data] == ["Starter"]  # type: ignore[union-attr]
    assert "all done here" in (await shop.web.get(f"/pay/{session.id}")).text
    assert "all done here" in (await shop.pay(session)).text, "pressing twice pays once"
    assert shop.endpoint.refused == []


async def test_a_declined_card_leaves_the_session_open(shop: Shop) -> None:
    session = await shop.session()
    declined = await shop.pay(session, "declined")
    assert (declined.status_code, "Your card was declined" in declined.text) == (402, True)
    assert (await shop.client.v1.checkout.sessions.retrieve_async(session.id)).status == "open"
    assert (await shop.pay(session)).status_code == 303
    for last in ("checkout.session.completed", "payment_intent.payment_failed", "payment_intent.succeeded"):
        await shop.endpoint.hears(last)
    intents = {event["data"]["object"]["id"] for event in shop.endpoint.got if "payment_intent." in event["type"]}
    assert len(intents) == 1


@pytest.mark.parametrize(("arrives", "status", "last"), [(True, "paid", "succeeded"), (False, "unpaid", "failed")])
async def test_a_bank_transfer_is_paid_when_it_arrives(shop: Shop, arrives: bool, status: str, last: str) -> None:
    session = await shop.session()
    assert (await shop.pay(session, "us_bank_account")).status_code == 303
    told = (await shop.endpoint.hears("checkout.session.completed"))["data"]["object"]
    assert (told["status"], told["payment_status"]) == ("complete", "unpaid")
    await shop.web.post(f"/sessions/{session.id}", data={"what": "arrives" if arrives else "bounces"})
    told = (await shop.endpoint.hears(f"checkout.session.async_payment_{last}"))["data"]["object"]
    assert told["payment_status"] == status


async def test_idempotency_keys_are_stripes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await shop.session(idempotency_key="order-1")
    again = await shop.session(idempotency_key="order-1")
    assert first.id == again.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"  # type: ignore[union-attr]
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as reused:
        await shop.session("order-2", idempotency_key="order-1")
    assert reused.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        await shop.client.v1.refunds.create_async({"payment_intent": "pi_3"}, {"idempotency_key": "order-1"})

    # What was refused before anything began is not kept.
    with pytest.raises(stripe.InvalidRequestError):
        await shop.client.v1.refunds.create_async({"payment_intent": "pi_3"}, {"idempotency_key": "order-3"})
    assert (await shop.session("order-3", idempotency_key="order-3")).client_reference_id == "order-3"

    answered = asyncio.Event()

    async def delay(seconds: float) -> None:
        assert seconds == 60
        await answered.wait()

    # The first of the two is under way until the second has had its answer.
    monkeypatch.setattr(api, "asyncio", SimpleNamespace(sleep=delay))
    await shop.control("PUT", "knobs", api_delay_s=60)
    headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "order-4"}
    expire = f"/v1/checkout/sessions/{first.id}/expire"
    both = [asyncio.create_task(shop.web.post(expire, headers=headers)) for _ in range(2)]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_S)
    answered.set()
    answers = {answer.status_code: answer.json().get("error", {}).get("code") for answer in await asyncio.gather(*both)}
    assert answers == {200: None, 409: "idempotency_key_in_use"}


async def test_what_is_wrong_is_refused_in_stripes_words(shop: Shop) -> None:
    sessions = shop.client.v1.checkout.sessions
    with pytest.raises(stripe.InvalidRequestError, match=r"No such checkout\.session") as missing:
        await sessions.retrieve_async("cs_test_none")
    assert (missing.value.code, missing.value.http_status) == ("resource_missing", 404)
    assert str(missing.value.request_id).startswith("req_")
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: line_items") as incomplete:
        await sessions.create_async({"mode": "payment", "success_url": "http://shop.test/"})
    assert (incomplete.value.code, incomplete.value.param) == ("parameter_missing", "line_items")
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: colour") as unknown:
        await shop.client.raw_request_async("post", "/v1/refunds", colour="red")
    assert unknown.value.code == "parameter_unknown"
    stranger = StripeClient("sk_test_other", base_addresses={"api": str(shop.web.base_url)})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        await asyncio.to_thread(stranger.v1.checkout.sessions.retrieve, "cs_test_none")


async def test_refunds_stop_at_what_was_paid(shop: Shop) -> None:
    session = await shop.session()
    await shop.pay(session)
    intent = (await shop.endpoint.hears("checkout.session.completed"))["data"]["object"]["payment_intent"]
    refunds = shop.client.v1.refunds
    part = await refunds.create_async({"payment_intent": intent, "amount": 4900, "expand": ["charge"]})
    assert part.charge.amount_refunded == 4900  # type: ignore[union-attr]
    told = await shop.endpoint.hears("charge.refunded")
    assert (told["data"]["object"]["amount_refunded"], told["data"]["previous_attributes"]["amount_refunded"]) == (
        4900,
        0,
    )
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        await refunds.create_async({"payment_intent": intent, "amount": 10001})
    rest = await refunds.create_async({"payment_intent": intent})
    assert rest.amount == 10000
    with pytest.raises(stripe.InvalidRequestError) as over:
        await refunds.create_async({"payment_intent": intent})
    assert over.value.code == "charge_already_refunded"

    await shop.control("POST", f"refunds/{rest.id}/fail")
    assert (await shop.endpoint.hears("refund.failed"))["data"]["object"]["status"] == "failed"
    charge = (await refunds.retrieve_async(rest.id, {"expand": ["charge"]})).charge
    assert (charge.amount_refunded, charge.refunded) == (4900, False)  # type: ignore[union-attr]
    assert [one.id for one in (await refunds.list_async({"payment_intent": intent})).data] == [rest.id, part.id]


async def test_a_dispute_is_told_and_closed(shop: Shop) -> None:
    session = await shop.session()
    await shop.pay(session)
    intent = (await shop.endpoint.hears("checkout.session.completed"))["data"]["object"]["payment_intent"]
    made = await shop.control("POST", "disputes", payment_intent=intent)
    told = (await shop.endpoint.hears("charge.dispute.created"))["data"]["object"]
    assert (told["id"], told["payment_intent"], told["status"]) == (made["id"], intent, "needs_response")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.client.v1.refunds.create_async({"payment_intent": intent})
    assert refused.value.code == "charge_disputed"
    await shop.web.post(f"/_control/disputes/{made['id']}/close", params={"won": True})
    assert (await shop.endpoint.hears("charge.dispute.closed"))["data"]["object"]["status"] == "won"


async def test_a_session_expires_once(shop: Shop) -> None:
    session = await shop.session()
    expired = await shop.client.v1.checkout.sessions.expire_async(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match="status of `expired`"):
        await shop.client.v1.checkout.sessions.expire_async(session.id)
    assert "has expired" in (await shop.pay(session)).text
    await shop.endpoint.hears("checkout.session.expired")
    assert "checkout.session.completed" not in shop.endpoint.types()


async def test_lists_come_in_pages_both_ways(shop: Shop) -> None:
    made = [(await shop.session(f"order-{number}")).id for number in range(5)]
    newest_first = made[::-1]
    sessions = shop.client.v1.checkout.sessions
    page = await sessions.list_async({"limit": 2})
    assert ([one.id for one in page.data], page.has_more) == (newest_first[:2], True)
    assert [one.id async for one in page.auto_paging_iter()] == newest_first
    back = await sessions.list_async({"limit": 2, "ending_before": newest_first[3]})
    assert ([one.id for one in back.data], back.has_more) == (newest_first[1:3], True)
    await shop.pay(await sessions.retrieve_async(made[2]))
    assert [one.id for one in (await sessions.list_async({"status": "complete"})).data] == [made[2]]
    assert (await sessions.list_async({"created": {"gte": int(time.time()) + 60}})).data == []


async def test_what_is_not_taken_comes_again_and_can_be_listed(shop: Shop) -> None:
    shop.endpoint.status = 503
    session = await shop.session()
    await shop.pay(session)
    events = shop.client.v1.events
    missed = await events.list_async({"delivery_success": False, "types": ["checkout.session.completed"]})
    assert [one.data.object["id"] for one in missed.data] == [session.id]
    # Killed in between: what was promised is remembered.
    await shop.restart()
    shop.endpoint.status = 200
    event = await shop.endpoint.hears("checkout.session.completed")
    assert event["id"] == missed.data[0].id
    async with asyncio.timeout(PATIENCE_S):
        while (await events.list_async({"delivery_success": False})).data:
            await asyncio.sleep(0.05)
    assert (await events.retrieve_async(event["id"])).pending_webhooks == 0


async def test_deliveries_go_wrong_as_they_are_told(shop: Shop) -> None:
    await shop.control("PUT", "knobs", hold=True)
    session = await shop.session()
    await shop.pay(session)
    held = (await shop.client.v1.events.list_async({"types": ["checkout.session.completed"]})).data[0].id
    assert await shop.control("POST", f"send/{held}", secret="whsec_other") == {"answered": 400}
    assert await shop.control("POST", f"send/{held}", age_s=301) == {"answered": 400}
    assert ["expected signature" in shop.endpoint.refused[0], "tolerance" in shop.endpoint.refused[1]] == [True, True]
    assert await shop.control("POST", f"send/{held}", down=True) == {"answered": 0}
    assert await shop.control("POST", f"send/{held}", livemode=True, copies=3) == {"answered": 200}
    assert [(event["id"], event["livemode"]) for event in shop.endpoint.got] == [(held, True)] * 3

    shop.endpoint.got.clear()
    answers = await shop.control("POST", "release", order="newest_first")
    assert set(answers) == {200}
    assert shop.endpoint.types()[0] == "checkout.session.completed"
    assert shop.endpoint.types()[-1] == "payment_intent.created"
    assert "taken" in (await shop.web.get("/")).text
