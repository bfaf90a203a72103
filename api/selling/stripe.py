"""The one module that talks to Stripe, through its own SDK: Checkout Sessions, refunds, and what it has to tell.

It decides nothing and stores nothing. No error of it holds a key, a secret, or what was sent.
"""

import contextlib
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import stripe
import tenacity
from pydantic import ValidationError
from stripe import StripeClient, StripeError

from schema.contracts.payment import (
    EVENT_TYPES,
    PAYMENT_ID,
    ChargeFacts,
    EventNotUnderstood,
    RefundFacts,
    SessionFacts,
    StripeEvent,
    read_event,
)

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

_TIMEOUT_S = 10.0
_IN_USE = "idempotency_key_in_use"
_RETRIES = 2
"""Of the SDK's own, with one idempotency key: what a connection lost is asked again, and done once."""

_TOLERANCE_S = 300
"""How old a signature may be."""

_PAGE = 100


class StripeAway(Exception):
    """Stripe does not answer, or not now: whether it has done what was asked is not known. Asking again is safe."""


class StripeRefused(Exception):
    """Stripe does not do it. `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Stripe refuses it ({code}).")
        self.code = code


class NotFromStripe(Exception):
    """The signature is missing, wrong or too old."""


class WrongMode(Exception):
    """A test's event where real money is taken, or the other way round."""


@dataclasses.dataclass(frozen=True, slots=True)
class Webhooks:
    """Reads what is posted to our endpoint. While one secret replaces the other, either may have signed."""

    secrets: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    livemode: bool = False

    @property
    def ready(self) -> bool:
        """False where nobody has set a secret: then nothing can be believed."""
        return bool(self.secrets)

    def read(self, body: bytes, signature: str) -> StripeEvent:
        """The event of a raw body. Raises NotFromStripe, WrongMode or EventNotUnderstood."""
        if not any(_signed(body, signature, secret) for secret in self.secrets):
            raise NotFromStripe
        try:
            document = json.loads(body)
        except ValueError:
            raise EventNotUnderstood("It is not JSON.") from None
        event = read_event(document)
        if event.livemode != self.livemode:
            raise WrongMode
        return event


class StripeGateway:
    """What we ask of Stripe."""

    def __init__(self, key: str, *, api_base: str | None = None) -> None:
        self.livemode = key.startswith(("sk_live_", "rk_live_"))
        self._http = stripe.HTTPXClient(timeout=_TIMEOUT_S)
        self._client = StripeClient(
            key,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=_RETRIES,
            http_client=self._http,
        )

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def make_session(
        self, payment_id: UUID, *, name: str, amount_cents: int, currency: str, email: str, done_url: str, back_url: str
    ) -> SessionFacts:
        """A Checkout Session for one payment of ours; asked again, it is the same one."""
        params: SessionCreateParams = {
            "mode": "payment",
            "client_reference_id": str(payment_id),
            "customer_email": email,
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": currency,
                        "unit_amount": amount_cents,
                        "product_data": {"name": name},
                    },
                }
            ],
            "metadata": {PAYMENT_ID: str(payment_id)},
            "payment_intent_data": {"metadata": {PAYMENT_ID: str(payment_id)}},
            "success_url": f"{done_url}?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": back_url,
        }
        with _talking():
            made = await _when_free(self._client.v1.checkout.sessions.create_async)(
                params, {"idempotency_key": f"checkout-{payment_id}"}
            )
            return SessionFacts.model_validate(made.to_dict())

    async def session(self, session_id: str) -> SessionFacts:
        """The session as it is now."""
        with _talking():
            found = await self._client.v1.checkout.sessions.retrieve_async(session_id)
            return SessionFacts.model_validate(found.to_dict())

    async def expire_session(self, session_id: str) -> None:
        """Let nobody pay it any more. Raises StripeRefused for one that is not open."""
        with _talking():
            await self._client.v1.checkout.sessions.expire_async(session_id)

    async def paid_sessions(self, since: timedelta) -> AsyncIterator[SessionFacts]:
        """Complete sessions of ours that were made within that time, the newest first, page by page."""
        with _talking():
            page = await self._client.v1.checkout.sessions.list_async(
                {"status": "complete", "created": {"gte": _ago(since)}, "limit": _PAGE}
            )
            async for found in page.auto_paging_iter():
                session = SessionFacts.model_validate(found.to_dict())
                if session.paid and session.payment_id is not None:
                    yield session

    async def undelivered(self, since: timedelta) -> AsyncIterator[StripeEvent]:
        """Events that an endpoint did not take, the newest first, page by page. One that nobody reads is left out."""
        with _talking():
            page = await self._client.v1.events.list_async(
                {
                    "delivery_success": False,
                    "types": list(EVENT_TYPES),
                    "created": {"gte": _ago(since)},
                    "limit": _PAGE,
                }
            )
            async for found in page.auto_paging_iter():
                with contextlib.suppress(EventNotUnderstood):
                    yield read_event(found.to_dict())

    async def refund(self, payment_intent_id: str, amount_cents: int, *, key: str) -> tuple[RefundFacts, ChargeFacts]:
        """Give that much back; asked again with the same key, it is the same refund. Also how the charge stands now."""
        with _talking():
            made = await _when_free(self._client.v1.refunds.create_async)(
                {
                    "payment_intent": payment_intent_id,
                    "amount": amount_cents,
                    "metadata": {"key": key},
                    "expand": ["charge"],
                },
                {"idempotency_key": key},
            )
            document = made.to_dict()
            return RefundFacts.model_validate(document), ChargeFacts.model_validate(document.get("charge"))

    async def charge_of(self, payment_intent_id: str) -> ChargeFacts:
        """What was taken for the payment, and how much of it has gone back by now."""
        with _talking():
            found = await self._client.v1.payment_intents.retrieve_async(
                payment_intent_id, {"expand": ["latest_charge"]}
            )
            return ChargeFacts.model_validate(found.to_dict().get("latest_charge"))

    async def refunds(self, payment_intent_id: str) -> dict[str, RefundFacts]:
        """What was given back of a payment, by the key that we gave each; others are left out."""
        found: dict[str, RefundFacts] = {}
        with _talking():
            page = await self._client.v1.refunds.list_async({"payment_intent": payment_intent_id, "limit": _PAGE})
            async for one in page.auto_paging_iter():
                document = one.to_dict()
                key = (document.get("metadata") or {}).get("key")
                if key:
                    found[key] = RefundFacts.model_validate(document)
        return found


def _signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, signature, secret, _TOLERANCE_S))
    # The SDK compares text: what is not UTF-8, or a header that is not ASCII, is nobody's signature.
    except (stripe.SignatureVerificationError, UnicodeError, TypeError, ValueError):
        return False


def _is_being_answered(error: BaseException) -> bool:
    """Of two who ask at once with one idempotency key, Stripe answers one."""
    return isinstance(error, stripe.APIError) and error.error is not None and error.error.code == _IN_USE


_when_free = tenacity.retry(
    retry=tenacity.retry_if_exception(_is_being_answered),
    wait=tenacity.wait_fixed(0.25),
    stop=tenacity.stop_after_attempt(20),
    reraise=True,
)
"""The other asks again, after the SDK's own tries."""


def _ago(age: timedelta) -> int:
    return int(time.time() - age.total_seconds())


@contextlib.contextmanager
def _talking() -> Iterator[None]:
    """What may become of a request, in two words. Stripe's own texts may repeat what was sent, and the key."""
    try:
        yield
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as error:
        raise StripeRefused(error.code or type(error).__name__) from None
    except StripeError as error:
        raise StripeAway(f"Stripe does not answer ({type(error).__name__}).") from None
    except ValidationError:
        raise StripeAway("Stripe answers with something that is not understood.") from None
