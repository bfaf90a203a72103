"""What is posted to the webhook: believed for its signature alone, and one job for one payment, whatever comes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from structlog.testing import capture_logs
from temporalio.client import Client

from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.main import app
from api.middleware.bodies import limit_of
from api.selling.stripe import Webhooks
from schema.contracts.payment import PaymentStatus
from schema.store import payments
from schema.store.database import Pool, Seat, open_pool
from tests.api import stripe_wire as wire
from tests.api.test_health import problem

ADDRESS = "/api/webhooks/stripe"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The application over this test's database, in its own role; Temporal is away."""
    state = dict(app.state._state)
    nobody = await Client.connect("127.0.0.1:1", lazy=True)
    seat = await open_pool(database_url, 10, Seat.STAFF)
    app.state.services = Services(
        pool=seat, gateway=WorkflowGateway(nobody), webhooks=Webhooks((wire.SECRET, "whsec_test_two"))
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client
    app.state._state = state
    await seat.close()


async def post(api: httpx.AsyncClient, document: dict[str, Any], **signing: Any) -> httpx.Response:
    body = json.dumps(document)
    return await api.post(ADDRESS, content=body, headers=wire.signed(body, **signing))


async def jobs_of(pool: Pool) -> list[UUID]:
    return [row["id"] for row in await pool.fetch("select id from jobs")]


async def test_a_paid_session_is_a_job_its_message_and_a_mail(api: httpx.AsyncClient, pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    answer = await post(api, wire.completed(payment_id))
    assert (answer.status_code, answer.json()) == (200, {"became": "taken"})
    payment = await payments.find(pool, payment_id)
    assert payment is not None
    assert (payment.status, payment.received_cents, payment.trouble) == (PaymentStatus.PAID, 14_900, "")
    assert payment.paid_at
    row = await pool.fetchrow("select j.*, c.email from jobs j join customers c on c.id = j.customer_id")
    assert row
    assert (row["id"], row["tier"], row["status"], row["source"]) == (payment.job_id, "starter", "pending", "checkout")
    assert await pool.fetchval("select count(*) from outbox where job_id = $1", row["id"]) == 1
    assert await pool.fetchval("select count(*) from mails where job_id = $1 and kind = 'paid'", row["id"]) == 1
    assert await pool.fetchval("select consented_at is not null from payments")
    assert "Somebody" not in await pool.fetchval("select payload::text from stripe_events"), "nobody's name is stored"


async def test_twenty_webhooks_of_one_session_at_once_are_one_job(api: httpx.AsyncClient, pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    same = wire.completed(payment_id)
    others = [wire.completed(payment_id) for _ in range(10)]
    answers = await asyncio.gather(*(post(api, one) for one in [same] * 10 + others))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["became"] for answer in answers) == ["duplicate"] * 9 + ["taken"] * 11
    assert len(await jobs_of(pool)) == 1
    assert await pool.fetchval("select count(*) from outbox") == 1
    assert await pool.fetchval("select count(*) from mails") == 1


async def test_what_is_not_signed_by_stripe_for_us_now_changes_nothing(api: httpx.AsyncClient, pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    good = json.dumps(wire.completed(payment_id))
    headers = wire.signed(good)
    tampered = good.replace("14900", "1")
    forgeries: list[tuple[bytes, dict[str, Any]]] = [
        (good.encode(), {}),
        (good.encode(), {"Stripe-Signature": ""}),
        (good.encode(), {"Stripe-Signature": "t=1,v1="}),
        (good.encode(), {"Stripe-Signature": "nonsense"}),
        (good.encode(), {"Stripe-Signature": headers["Stripe-Signature"].replace("v1=", "v0=")}),
        (good.encode(), {"Stripe-Signature": b"t=1,v1=\xe9"}),
        (good.encode(), wire.signed(good, secret="whsec_somebody_elses")),
        (good.encode(), wire.signed(good, at=time.time() - 301)),
        (tampered.encode(), headers),
        (good.encode() + b"\n", headers),
        (b"\xff\xfe", headers),
        (b"", headers),
    ]
    for body, given in forgeries:
        problem(await api.post(ADDRESS, content=body, headers=given), 400)
    assert await jobs_of(pool) == []
    assert await pool.fetchval("select count(*) from stripe_events") == 0


async def test_while_secrets_are_rotated_either_may_have_signed(api: httpx.AsyncClient, pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    answer = await post(api, wire.completed(payment_id), secret="whsec_test_two", at=time.time() - 200)
    assert answer.json() == {"became": "taken"}


async def test_the_other_mode_is_refused(api: httpx.AsyncClient, pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    live = {**wire.completed(payment_id, livemode=True), "livemode": True}
    assert "mode" in problem(await post(api, live), 400)["detail"]
    assert await pool.fetchval("select count(*) from stripe_events") == 0


async def test_subscriptions_are_refused_loudly(api: httpx.AsyncClient, pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    for document in (
        wire.event("customer.subscription.created", {"object": "subscription", "id": "sub_1"}),
        wire.event("invoice.paid", {"object": "invoice", "id": "in_1"}),
        wire.completed(payment_id, mode="subscription"),
        wire.completed(payment_id, mode="setup"),
    ):
        assert "ubscription" in problem(await post(api, document), 422)["detail"]
    assert await jobs_of(pool) == []


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "a.kind.of.the.future"])
async def test_what_says_nothing_to_us_is_taken_and_ignored(api: httpx.AsyncClient, pool: Pool, kind: str) -> None:
    document = wire.event(kind, {"object": "x", "id": "x_1"})
    assert (await post(api, document)).json() == {"became": "ignored"}
    assert await pool.fetchval("select count(*) from stripe_events") == 0


async def test_a_session_that_is_none_of_ours_is_ignored(api: httpx.AsyncClient, pool: Pool) -> None:
    for reference in (None, "cart-17", str(UUID(int=7))):
        document = wire.completed(UUID(int=7), client_reference_id=reference)
        assert (await post(api, document)).json() == {"became": "ignored"}
    assert await jobs_of(pool) == []


@pytest.mark.parametrize(
    "document",
    [
        [],
        "x",
        {},
        {"id": "evt_1", "type": "checkout.session.completed"},
        wire.event("charge.refunded", {"object": "?"}),
    ],
)
async def test_what_is_signed_and_no_event_is_told_so(api: httpx.AsyncClient, document: Any) -> None:
    assert "not understood" in problem(await post(api, document), 400)["detail"]


async def test_more_than_any_event_is_not_read(api: httpx.AsyncClient) -> None:
    body = "x" * (limit_of(ADDRESS) + 1)
    problem(await api.post(ADDRESS, content=body, headers=wire.signed(body)), 413)


async def test_without_a_secret_nothing_is_believed(api: httpx.AsyncClient, pool: Pool) -> None:
    services = app.state.services
    app.state.services = Services(pool=pool, gateway=services.gateway)
    payment_id = await wire.add_payment(pool)
    assert "STRIPE_WEBHOOK_SECRETS" in problem(await post(api, wire.completed(payment_id), secret=" "), 503)["detail"]


async def test_who_hangs_up_in_the_middle_is_no_fault_of_ours(api: httpx.AsyncClient, pool: Pool) -> None:
    sent: list[Any] = []
    told = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return told.pop(0) if len(told) > 1 else told[0]

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/webhooks/stripe",
        "raw_path": b"/api/webhooks/stripe",
        "query_string": b"",
        "headers": [(b"stripe-signature", b"t=1,v1=00"), (b"content-type", b"application/json")],
        "client": ("192.0.2.1", 4711),
        "server": ("api.test", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "app": app,
    }
    with capture_logs() as lines:
        await app(scope, receive, send)
    assert [message["status"] for message in sent if "status" in message] in ([], [400])
    assert not [line for line in lines if line["log_level"] == "error"]
