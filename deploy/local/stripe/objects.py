"""Stripe's objects, with the fields of API version 2026-10-28. What we never use is there, and empty."""

import time

from deploy.local.stripe.wire import Document, new_id

API_VERSION = "2026-10-28.endive"
CARD, BANK = "card", "us_bank_account"


def now() -> int:
    return int(time.time())


def session(
    *,
    base: str,
    livemode: bool,
    amount: int,
    currency: str,
    email: str | None,
    reference: str | None,
    metadata: dict[str, str],
    means: tuple[str, ...],
    success_url: str,
    cancel_url: str | None,
    expires_at: int,
) -> Document:
    """A Checkout Session that is open. Its PaymentIntent is made when somebody pays."""
    session_id = new_id(f"cs_{'live' if livemode else 'test'}_a1", 56)
    return {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": cancel_url,
        "client_reference_id": reference,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": now(),
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit")),
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None if email is None else {"address": None, "email": email, "name": None, "phone": None},
        "customer_email": email,
        "discounts": [],
        "expires_at": expires_at,
        "invoice": None,
        "invoice_creation": {"enabled": False},
        "livemode": livemode,
        "locale": None,
        "metadata": metadata,
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": list(means),
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "redirect_on_completion": "always",
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{base}/pay/{session_id}",
        "wallet_options": None,
    }


def line_item(*, name: str, description: str | None, unit_amount: int, quantity: int, currency: str) -> Document:
    return {
        "id": new_id("li_1"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": unit_amount * quantity,
        "amount_tax": 0,
        "amount_total": unit_amount * quantity,
        "currency": currency,
        "description": description or name,
        "price": {
            "id": new_id("price_1"),
            "object": "price",
            "active": False,
            "currency": currency,
            "product": new_id("prod_", 14),
            "type": "one_time",
            "unit_amount": unit_amount,
        },
        "quantity": quantity,
    }


def intent(paid: Document, metadata: dict[str, str]) -> Document:
    """The PaymentIntent of a session whose customer is paying."""
    intent_id = new_id("pi_3")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": paid["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{intent_id}_secret_"),
        "confirmation_method": "automatic",
        "created": now(),
        "currency": paid["currency"],
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": paid["livemode"],
        "metadata": metadata,
        "next_action": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": paid["payment_method_types"],
        "processing": None,
        "receipt_email": None,
        "shipping": None,
        "status": "requires_payment_method",
    }


def charge(of: Document, means: str, *, status: str, email: str | None) -> Document:
    """One attempt to take the money of a PaymentIntent: `succeeded`, `pending` or `failed`."""
    failed = status == "failed"
    return {
        "id": new_id("ch_3"),
        "object": "charge",
        "amount": of["amount"],
        "amount_captured": of["amount"] if status == "succeeded" else 0,
        "amount_refunded": 0,
        "balance_transaction": new_id("txn_3") if status == "succeeded" else None,
        "billing_details": {"address": None, "email": email, "name": None, "phone": None},
        "captured": not failed,
        "created": now(),
        "currency": of["currency"],
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_code": "card_declined" if failed else None,
        "failure_message": "Your card was declined." if failed else None,
        "livemode": of["livemode"],
        "metadata": of["metadata"],
        "outcome": {"network_status": "declined_by_network" if failed else "approved_by_network", "type": "authorized"},
        "paid": status == "succeeded",
        "payment_intent": of["id"],
        "payment_method": new_id("pm_1"),
        "payment_method_details": {"type": means, means: {"last4": "6789" if means == BANK else "4242"}},
        "receipt_email": None,
        "receipt_url": None,
        "refunded": False,
        "shipping": None,
        "status": status,
    }


def refund(of: Document, amount: int, reason: str | None, metadata: dict[str, str]) -> Document:
    return {
        "id": new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn_3"),
        "charge": of["id"],
        "created": now(),
        "currency": of["currency"],
        "destination_details": {"type": of["payment_method_details"]["type"]},
        "metadata": metadata,
        "payment_intent": of["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def dispute(of: Document, reason: str) -> Document:
    return {
        "id": new_id("du_1"),
        "object": "dispute",
        "amount": of["amount"],
        "balance_transactions": [],
        "charge": of["id"],
        "created": now(),
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {"due_by": now() + 7 * 86400, "has_evidence": False, "past_due": False},
        "is_charge_refundable": False,
        "livemode": of["livemode"],
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }


def event(kind: str, about: Document, *, livemode: bool, before: Document | None, request: Document) -> Document:
    """What happened to an object, with the object as it is then; `before` is what it was."""
    data: Document = {"object": about}
    if before is not None:
        data["previous_attributes"] = before
    return {
        "id": new_id("evt_1"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now(),
        "data": data,
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": request,
        "type": kind,
    }
