"""What Stripe tells us, as far as we care, and what a payment of ours becomes of it.

Stripe adds fields, states and kinds of payment as it likes: what is not known here is left out, never refused. Nothing
of a customer is in these facts: they are stored. Amounts are in the currency's smallest unit, for US dollars cents.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError, computed_field

from schema.contracts.base import Contract
from schema.contracts.job import Tier

PAYMENT_ID = "payment_id"
"""Of our metadata on what Stripe makes for us: a pointer, and never more than that."""


def _id_of(value: Any) -> Any:
    """Stripe gives an object's id, or the whole object where somebody asked for it."""
    return value.get("id") if isinstance(value, dict) else value


def _ours(value: Any) -> UUID | None:
    """None for what is not one of our ids: the account may sell other things too."""
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


StripeId = Annotated[str | None, BeforeValidator(_id_of)]
OurId = Annotated[UUID | None, BeforeValidator(_ours)]

# By our own name too: the facts are stored, and read again.
_INTENT = AliasChoices("payment_intent_id", "payment_intent")


class SessionFacts(Contract):
    """A Checkout Session. `payment_status` is `paid`, `unpaid`, `no_payment_required`, or a word of the future."""

    object: Literal["checkout.session"] = "checkout.session"
    id: str
    mode: str = "payment"
    status: str | None = None
    payment_status: str = "unpaid"
    amount_total: int | None = None
    currency: str | None = None
    livemode: bool
    payment_id: OurId = Field(default=None, validation_alias=AliasChoices("payment_id", "client_reference_id"))
    payment_intent_id: StripeId = Field(default=None, validation_alias=_INTENT)
    url: str | None = Field(default=None, exclude=True)
    """Where the customer pays; there is one as long as the session is open."""

    @property
    def paid(self) -> bool:
        return self.payment_status in ("paid", "no_payment_required")


class ChargeFacts(Contract):
    """What was taken from the customer, and how much of it was given back."""

    object: Literal["charge"] = "charge"
    id: str
    amount: int
    amount_refunded: int = 0
    currency: str
    payment_intent_id: StripeId = Field(default=None, validation_alias=_INTENT)


class RefundFacts(Contract):
    """One giving back. `status` is `pending`, `succeeded`, `failed`, `canceled`, `requires_action`, or a new one."""

    object: Literal["refund"] = "refund"
    id: str
    amount: int
    currency: str
    status: str | None = None
    payment_intent_id: StripeId = Field(default=None, validation_alias=_INTENT)

    @property
    def failed(self) -> bool:
        return self.status in ("failed", "canceled")


class DisputeFacts(Contract):
    """The customer's bank asks for the money back, or says how that ended: `won`, `lost`, `warning_closed`."""

    object: Literal["dispute"] = "dispute"
    id: str
    amount: int
    status: str
    reason: str = ""
    payment_intent_id: StripeId = Field(default=None, validation_alias=_INTENT)

    @property
    def over(self) -> bool:
        return self.status in ("won", "lost", "warning_closed", "prevented")

    @property
    def for_us(self) -> bool:
        return self.status in ("won", "warning_closed", "prevented")


Facts = Annotated[SessionFacts | ChargeFacts | RefundFacts | DisputeFacts, Field(discriminator="object")]


class EventNotUnderstood(Exception):
    """What should be an event of Stripe is none; the text says what is wrong with it, and repeats nothing of it."""


EVENT_TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "refund.failed",
    # As endpoints of an older API version are told of the same.
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)
"""What the webhook endpoint must be sent, and what the reconciler asks for. Everything else is taken and ignored."""

_SUBSCRIPTIONS = ("customer.subscription.", "subscription_schedule.", "invoice.", "invoiceitem.")


class StripeEvent(Contract):
    """One event. `facts` is None where its type means nothing to us."""

    id: str = Field(min_length=1, max_length=255)
    type: str = Field(max_length=255)
    livemode: bool
    created: int = 0
    facts: Facts | None = None

    @property
    def is_subscription(self) -> bool:
        """We sell once. Such an event says that something is set up in a way that nobody here looks after."""
        if isinstance(self.facts, SessionFacts):
            return self.facts.mode != "payment"
        return self.type.startswith(_SUBSCRIPTIONS)


def read_event(document: Any) -> StripeEvent:
    """The event of a parsed body, or of the SDK's object as a dict. Raises EventNotUnderstood."""
    if not isinstance(document, dict):
        raise EventNotUnderstood("It is not a JSON object.")
    kept = {name: document[name] for name in ("id", "type", "livemode", "created") if name in document}
    try:
        if document.get("type") in EVENT_TYPES:
            data = document.get("data")
            kept["facts"] = data.get("object") if isinstance(data, dict) else {}
        return StripeEvent.model_validate(kept)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise EventNotUnderstood(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None


def as_event(session: SessionFacts) -> StripeEvent | None:
    """What was read of a session, as the event that tells of it; None for one that is open: nothing has happened."""
    kind = {"complete": "checkout.session.completed", "expired": "checkout.session.expired"}.get(session.status or "")
    if kind is None:
        return None
    # Whoever reads the same again has read nothing new.
    read = f"read:{session.id}:{session.status}:{session.payment_status}"
    return StripeEvent(id=read, type=kind, livemode=session.livemode, facts=session)


class PaymentStatus(StrEnum):
    """`payments.status`, in the order in which one outdoes the other: whatever comes late never leads back."""

    OPEN = "open"
    EXPIRED = "expired"
    PROCESSING = "processing"
    FAILED = "failed"
    MISMATCHED = "mismatched"
    PAID = "paid"

    @property
    def rank(self) -> int:
        return list(PaymentStatus).index(self)

    @property
    def settled(self) -> bool:
        """Money has come in, or nothing more is to be waited for."""
        return self in (PaymentStatus.PAID, PaymentStatus.MISMATCHED)


class StopReason(StrEnum):
    """Why nothing more is to be sent for a job; in the words that customer and staff read."""

    REFUNDED = "The payment was refunded."
    DISPUTED = "The payment was disputed."
    REFUND_ASKED = "Staff end the job and refund what was not delivered."


class PaymentView(Contract):
    """A payment as staff are shown it, and as the checkout is told of it. `livemode`: real money."""

    payment_id: UUID
    draft_id: UUID | None
    tier: Tier
    amount_cents: int
    currency: str
    livemode: bool
    status: PaymentStatus
    checkout_session_id: str | None
    payment_intent_id: str | None
    received_cents: int
    refunded_cents: int
    disputed: bool
    trouble: str
    created_at: datetime
    paid_at: datetime | None
    job_id: UUID | None


class Settlement(Contract):
    """What came in, what was delivered for it, and what is owed back, by the ledger as it is now. In cents.

    `ordered` is what the package promised; `delivered` counts the directories that something was clicked at, whatever
    came of it. `final` is False while the job runs, and may deliver more.
    """

    payment_id: UUID
    job_id: UUID | None
    currency: str
    paid_cents: int
    refunded_cents: int
    ordered: int = Field(gt=0)
    delivered: int
    final: bool

    @computed_field  # type: ignore[prop-decorator]
    @property
    def undelivered(self) -> int:
        return max(0, self.ordered - self.delivered)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def refundable_cents(self) -> int:
        """What is still owed: the price of what was not delivered, rounded for the customer, less what went back."""
        earned = self.paid_cents * min(self.delivered, self.ordered) // self.ordered
        return max(0, self.paid_cents - earned - self.refunded_cents)

    @property
    def ledger_version(self) -> str:
        """Names the state that the sum was computed from: each is refunded once."""
        return f"{self.delivered}/{self.ordered}/{self.refunded_cents}"


class Refund(Contract):
    """A refund that was decided. `stripe_refund_id` is None until Stripe is known to have made it."""

    id: UUID
    payment_id: UUID
    payment_intent_id: str
    ledger_version: str
    amount_cents: int
    stripe_refund_id: str | None = None

    @property
    def key(self) -> str:
        """Stripe's idempotency key: the payment, and the ledger's version."""
        return f"refund-{self.payment_id}-{self.ledger_version}"
