"""One account of the local Stripe: what may happen to a payment, and the events that tell of it.

Every call is one transaction: an event is there exactly if what it tells of has happened.
"""

import time
from collections.abc import Callable
from typing import Literal

from deploy.local.stripe import objects
from deploy.local.stripe.books import Books
from deploy.local.stripe.params import MakeRefund, MakeSession
from deploy.local.stripe.wire import Document, Refusal, no_such

_SHORTEST_SESSION, _LONGEST_SESSION = 1800, 86400
"""Seconds that a session may be open."""

_ON_ITS_WAY = ("us_bank_account",)
Means = Literal["card", "us_bank_account", "declined"]


class Account:
    """`told` is called after an event was written. `livemode` is what the account's key says."""

    def __init__(self, books: Books, *, livemode: bool, told: Callable[[], None]) -> None:
        self.books = books
        self.livemode = livemode
        self.held = False
        """While set, events are written down and sent to nobody."""
        self._told = told

    def make_session(self, asked: MakeSession, base: str) -> Document:
        """An open Checkout Session; its page is at `base`."""
        currencies = {item.price_data.currency.lower() for item in asked.line_items}
        if len(currencies) > 1:
            raise Refusal(400, "All line items must have the same currency.", param="line_items")
        opened = objects.now()
        expires_at = asked.expires_at or opened + _LONGEST_SESSION
        # The caller's clock is not ours: a minute is let pass.
        if not _SHORTEST_SESSION - 60 <= expires_at - opened <= _LONGEST_SESSION + 60:
            raise Refusal(
                400,
                "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session "
                "creation.",
                param="expires_at",
            )
        items = [
            objects.line_item(
                name=item.price_data.product_data.name,
                description=item.price_data.product_data.description,
                unit_amount=item.price_data.unit_amount,
                quantity=item.quantity,
                currency=item.price_data.currency.lower(),
            )
            for item in asked.line_items
        ]
        made = objects.session(
            base=base,
            livemode=self.livemode,
            amount=sum(item["amount_total"] for item in items),
            currency=currencies.pop(),
            email=asked.customer_email,
            reference=asked.client_reference_id,
            metadata=asked.metadata,
            means=asked.payment_method_types,
            success_url=asked.success_url,
            cancel_url=asked.cancel_url,
            expires_at=expires_at,
        )
        self.books.put(made)
        self.books.put(
            {
                "id": f"items_of_{made['id']}",
                "object": "_items",
                "items": items,
                "intent_metadata": asked.payment_intent_data.metadata,
            }
        )
        return made

    def session(self, session_id: str) -> Document:
        """As it is now: one whose time has passed is expired by being looked at, too. Raises Refusal."""
        found = self.books.find("checkout.session", session_id)
        if found is None:
            raise no_such("checkout.session", session_id, "session")
        if found["status"] == "open" and found["expires_at"] <= objects.now():
            self._expire(found, {"id": None, "idempotency_key": None})
        return found

    def line_items(self, session_id: str) -> list[Document]:
        self.session(session_id)
        kept = self.books.find("_items", f"items_of_{session_id}")
        return kept["items"] if kept else []

    def expire_overdue(self) -> None:
        """What Stripe does about sessions that nobody looks at."""
        for found in self.books.newest("checkout.session"):
            if found["status"] == "open":
                self.session(found["id"])

    def expire(self, session_id: str, request: Document) -> Document:
        found = self.session(session_id)
        if found["status"] != "open":
            raise Refusal(
                400,
                f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
                f"status of `{found['status']}`.",
            )
        self._expire(found, request)
        return found

    def pay(self, session_id: str, means: Means) -> Document:
        """The customer presses the button. Raises Refusal for a session that is not open."""
        found = self.session(session_id)
        if found["status"] != "open":
            raise Refusal(400, f"This Checkout Session is {found['status']}.", code="checkout_session_not_open")
        intent = self._intent_of(found)
        if means == "declined":
            return self._decline(found, intent)
        pending = means in _ON_ITS_WAY
        charge = objects.charge(
            intent, means, status="pending" if pending else "succeeded", email=found["customer_email"]
        )
        self.books.put(charge)
        intent |= {
            "latest_charge": charge["id"],
            "payment_method": charge["payment_method"],
            "last_payment_error": None,
        }
        if pending:
            self._becomes(intent, "payment_intent.processing", status="processing")
            self._tell("charge.pending", charge)
        else:
            self._becomes(intent, "payment_intent.succeeded", status="succeeded", amount_received=intent["amount"])
            self._tell("charge.succeeded", charge)
        self._becomes(
            found,
            "checkout.session.completed",
            status="complete",
            payment_status="unpaid" if pending else "paid",
            payment_intent=intent["id"],
            url=None,
        )
        return found

    def settle(self, session_id: str, *, arrives: bool) -> Document:
        """A bank transfer that was on its way has come, or never will. Raises Refusal where there is none."""
        found = self.session(session_id)
        intent = self.books.find("payment_intent", found["payment_intent"] or "")
        if intent is None or intent["status"] != "processing":
            raise Refusal(400, "No money is on its way for this Checkout Session.")
        charge = self._charge(intent["latest_charge"])
        if arrives:
            self._becomes(charge, "charge.succeeded", status="succeeded", paid=True, amount_captured=charge["amount"])
            self._becomes(intent, "payment_intent.succeeded", status="succeeded", amount_received=intent["amount"])
            self._becomes(found, "checkout.session.async_payment_succeeded", payment_status="paid")
        else:
            self._becomes(charge, "charge.failed", status="failed", failure_message="The bank transfer failed.")
            self._becomes(intent, "payment_intent.payment_failed", status="requires_payment_method")
            self._becomes(found, "checkout.session.async_payment_failed")
        return found

    def refund(self, asked: MakeRefund, request: Document) -> Document:
        charge = self._charge_of(asked)
        left = charge["amount"] - charge["amount_refunded"]
        if left <= 0:
            raise Refusal(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if charge["disputed"]:
            raise Refusal(
                400, f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
            )
        amount = asked.amount or left
        if amount > left:
            raise Refusal(
                400,
                f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge (${left / 100:.2f})",
                param="amount",
            )
        made = objects.refund(charge, amount, asked.reason, asked.metadata)
        self.books.put(made)
        self._tell("refund.created", made, request=request)
        refunded = charge["amount_refunded"] + amount
        self._becomes(
            charge,
            "charge.refunded",
            request=request,
            amount_refunded=refunded,
            refunded=refunded == charge["amount"],
        )
        return made

    def fail_refund(self, refund_id: str) -> Document:
        """The customer's bank sends the money back. Raises Refusal."""
        found = self.books.find("refund", refund_id)
        if found is None or found["status"] != "succeeded":
            raise no_such("refund", refund_id)
        charge = self._charge(found["charge"])
        self._becomes(found, "refund.failed", status="failed", failure_reason="lost_or_stolen_card")
        self._becomes(
            charge,
            "charge.updated",
            amount_refunded=charge["amount_refunded"] - found["amount"],
            refunded=False,
        )
        return found

    def dispute(self, payment_intent: str, reason: str) -> Document:
        """The customer goes to their bank. Raises Refusal."""
        charge = self._charge_of(MakeRefund(payment_intent=payment_intent))
        made = objects.dispute(charge, reason)
        self.books.put(made)
        charge["disputed"] = True
        self.books.put(charge)
        self._tell("charge.dispute.created", made)
        self._tell("charge.dispute.funds_withdrawn", made)
        return made

    def close_dispute(self, dispute_id: str, *, won: bool) -> Document:
        found = self.books.find("dispute", dispute_id)
        if found is None:
            raise no_such("dispute", dispute_id)
        self._becomes(found, "charge.dispute.closed", status="won" if won else "lost")
        return found

    def _decline(self, found: Document, intent: Document) -> Document:
        charge = objects.charge(intent, "card", status="failed", email=found["customer_email"])
        self.books.put(charge)
        self._tell("charge.failed", charge)
        error = {"code": "card_declined", "message": charge["failure_message"], "type": "card_error"}
        self._becomes(
            intent,
            "payment_intent.payment_failed",
            status="requires_payment_method",
            latest_charge=charge["id"],
            last_payment_error=error,
        )
        return found

    def _intent_of(self, found: Document) -> Document:
        """The session's PaymentIntent; made when somebody first tries to pay, and kept for the next try."""
        kept = self.books.find("_items", f"items_of_{found['id']}")
        assert kept is not None, "it is written with the session"
        known = self.books.find("payment_intent", kept.get("intent", ""))
        if known is not None:
            return known
        made = objects.intent(found, kept["intent_metadata"])
        self.books.put(made)
        self.books.put({**kept, "intent": made["id"]})
        self._tell("payment_intent.created", made)
        return made

    def _charge_of(self, asked: MakeRefund) -> Document:
        if (asked.payment_intent is None) == (asked.charge is None):
            raise Refusal(400, "One of the following params should be provided: `payment_intent` or `charge`.")
        if asked.charge is not None:
            return self._charge(asked.charge)
        intent = self.books.find("payment_intent", asked.payment_intent or "")
        if intent is None:
            raise no_such("payment_intent", asked.payment_intent or "", "payment_intent")
        if intent["status"] != "succeeded":
            raise Refusal(400, f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        return self._charge(intent["latest_charge"])

    def _charge(self, charge_id: str) -> Document:
        found = self.books.find("charge", charge_id)
        if found is None:
            raise no_such("charge", charge_id, "charge")
        return found

    def _expire(self, found: Document, request: Document) -> None:
        self._becomes(found, "checkout.session.expired", request=request, status="expired", url=None)

    def _becomes(self, document: Document, kind: str, *, request: Document | None = None, **fields: object) -> None:
        before = {name: document.get(name) for name in fields}
        document |= fields
        self.books.put(document)
        self._tell(kind, document, before=before or None, request=request)

    def _tell(
        self, kind: str, about: Document, *, before: Document | None = None, request: Document | None = None
    ) -> None:
        event = objects.event(
            kind,
            about,
            livemode=self.livemode,
            before=before,
            request=request or {"id": None, "idempotency_key": None},
        )
        self.books.put(event)
        self.books.promise(event["id"], None if self.held else time.time())
        self._told()
