"""`POST /api/webhooks/stripe`: what Stripe tells us. Believed for its signature alone, and answered at once."""

from http import HTTPStatus

import structlog
from fastapi import APIRouter, BackgroundTasks, HTTPException, Request

from api.dependencies import ServicesDep
from api.selling.stripe import NotFromStripe, WrongMode
from schema import problems
from schema.contracts.base import Contract
from schema.contracts.payment import EventNotUnderstood
from schema.store.payments import Became

_REASONS = {
    HTTPStatus.BAD_REQUEST: "It is not signed by Stripe for us, is too old, of the wrong mode, or no event.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More than any event of Stripe's.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "An event of a subscription: nothing is sold here but once.",
    HTTPStatus.SERVICE_UNAVAILABLE: "STRIPE_WEBHOOK_SECRETS is not set, or the database is away: Stripe comes again.",
}

_EXAMPLE = {
    "id": "evt_1PqK2cLkdIwHu7ixTSOdpZ1A",
    "object": "event",
    "type": "checkout.session.completed",
    "livemode": False,
    "data": {
        "object": {
            "id": "cs_test_a1b2",
            "object": "checkout.session",
            "mode": "payment",
            "payment_status": "paid",
            "amount_total": 14900,
            "currency": "usd",
            "client_reference_id": "0b9d3f0e-7c55-4a64-8f43-52a6f3a9d2c4",
            "payment_intent": "pi_3PqK2b",
            "livemode": False,
        }
    },
}

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"])
_log = structlog.get_logger(__name__)


class Received(Contract):
    """What became of the event: `taken`, a `duplicate` of one that was, or `ignored`, as it says nothing to us."""

    became: Became


@router.post(
    "/stripe",
    responses={200: {"content": {"application/json": {"example": {"became": "taken"}}}}, **problems.answers(_REASONS)},
    openapi_extra={
        "parameters": [
            {
                "name": "Stripe-Signature",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
                "example": "t=1767225600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
        },
    },
)
async def take_stripe_event(request: Request, services: ServicesDep, after: BackgroundTasks) -> Received:
    """Take one event of Stripe, in one transaction: payment, customer, job and its message, or a job's stop."""
    if not services.webhooks.ready:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "STRIPE_WEBHOOK_SECRETS is not set.")
    try:
        # The signature is over the bytes as they came.
        event = services.webhooks.read(await request.body(), request.headers.get("stripe-signature", ""))
    except NotFromStripe:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The signature is missing, wrong or too old.") from None
    except WrongMode:
        _log.error("stripe event of the wrong mode: do key and endpoint belong together?")
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The event is of the wrong mode.") from None
    except EventNotUnderstood as wrong:
        _log.error("stripe event not understood", reason=str(wrong))
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"The event is not understood. {wrong}") from None
    if event.is_subscription:
        _log.error("stripe event of a subscription, which nobody here sells", event_id=event.id, type=event.type)
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "Subscriptions are not sold here.")
    taken = await services.payments.take(event)
    if taken.stop is not None:
        after.add_task(services.payments.stop, taken.stop)
    return Received(became=taken.became)
