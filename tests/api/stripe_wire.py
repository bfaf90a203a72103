"""What Stripe would post to our endpoint, signed as it signs; and the orders that it is about."""

import itertools
import json
import time
from typing import Any
from uuid import UUID, uuid4

import stripe

from schema.contracts.job import Tier
from schema.contracts.profile import BusinessProfile
from schema.store import payments
from schema.store.database import Pool
from tests.factories import PROFILE

SECRET = "whsec_test_one"
_numbers = itertools.count(1)


def signed(body: str, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of a delivery."""
    header = stripe.WebhookSignature.generate_signature_header(body, secret, int(at if at is not None else time.time()))
    return {"Stripe-Signature": header, "Content-Type": "application/json; charset=utf-8"}


def event(kind: str, found: dict[str, Any], *, livemode: bool = False, created: int | None = None) -> dict[str, Any]:
    """An event of Stripe's, with more in it than we read."""
    number = next(_numbers)
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "api_version": "2026-10-01.future",
        "created": 1_790_000_000 + number if created is None else created,
        "data": {"object": found, "previous_attributes": {}},
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def session(payment_id: UUID, **changes: Any) -> dict[str, Any]:
    """A Checkout Session that was paid, of our starter package unless said otherwise."""
    return {
        "id": f"cs_test_{payment_id.hex}",
        "object": "checkout.session",
        "amount_total": Tier.STARTER.price_cents,
        "client_reference_id": str(payment_id),
        "currency": "usd",
        "customer_details": {"email": PROFILE.email, "name": "Somebody"},
        "livemode": False,
        "metadata": {"payment_id": str(payment_id)},
        "mode": "payment",
        "payment_intent": f"pi_{payment_id.hex}",
        "payment_status": "paid",
        "status": "complete",
        "a_field_of_the_future": {"nested": True},
        **changes,
    }


def completed(payment_id: UUID, **changes: Any) -> dict[str, Any]:
    return event("checkout.session.completed", session(payment_id, **changes))


def refunded(payment_id: UUID, cents: int) -> dict[str, Any]:
    amount = Tier.STARTER.price_cents
    charge = {"id": f"ch_{payment_id.hex}", "object": "charge", "amount": amount, "amount_refunded": cents}
    return event(
        "charge.refunded",
        {**charge, "currency": "usd", "payment_intent": f"pi_{payment_id.hex}", "refunded": cents >= amount},
    )


def disputed(payment_id: UUID, status: str = "needs_response", kind: str = "created") -> dict[str, Any]:
    dispute = {"id": f"du_{payment_id.hex}", "object": "dispute", "amount": Tier.STARTER.price_cents}
    return event(
        f"charge.dispute.{kind}",
        {**dispute, "status": status, "reason": "fraudulent", "payment_intent": f"pi_{payment_id.hex}"},
    )


def refund_failed(payment_id: UUID) -> dict[str, Any]:
    refund = {"id": f"re_{payment_id.hex}", "object": "refund", "amount": 100, "currency": "usd", "status": "failed"}
    return event("refund.failed", {**refund, "payment_intent": f"pi_{payment_id.hex}"})


async def add_payment(
    pool: Pool, *, tier: Tier = Tier.STARTER, livemode: bool = False, profile: BusinessProfile = PROFILE
) -> UUID:
    """An order that Stripe has been asked to collect the money for."""
    draft_id = await pool.fetchval(
        "insert into drafts (secret_hash, consented_at) values (decode($1, 'hex'), now()) returning id",
        f"{uuid4().hex}{uuid4().hex}",
    )
    async with pool.acquire() as connection, connection.transaction():
        order = await payments.order(connection, draft_id, 1, tier, profile, livemode=livemode)
    await payments.keep_session(pool, order.id, f"cs_test_{order.id.hex}")
    return order.id


def posted(document: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Body and headers of a delivery of it."""
    body = json.dumps(document)
    return body, signed(body)
