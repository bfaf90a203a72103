"""What our requests may carry, in Stripe's names."""

from typing import Annotated, Literal

from pydantic import Field

from deploy.local.stripe.wire import Params

Metadata = dict[str, Annotated[str, Field(max_length=500)]]


class ProductData(Params):
    name: str = Field(min_length=1)
    description: str | None = None
    metadata: Metadata = Field(default_factory=dict)


class PriceData(Params):
    currency: str = Field(pattern=r"^[A-Za-z]{3}$")
    unit_amount: int = Field(ge=0, le=99_999_999)
    product_data: ProductData


class LineItem(Params):
    price_data: PriceData
    quantity: int = Field(ge=1)


class PaymentIntentData(Params):
    metadata: Metadata = Field(default_factory=dict)
    description: str | None = None


class MakeSession(Params):
    """Times are seconds since the epoch."""

    mode: Literal["payment"]
    line_items: tuple[LineItem, ...] = Field(min_length=1, max_length=100)
    success_url: str = Field(pattern=r"^https?://")
    cancel_url: str | None = Field(default=None, pattern=r"^https?://")
    client_reference_id: str | None = Field(default=None, max_length=200)
    customer_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$", max_length=800)
    expires_at: int | None = None
    metadata: Metadata = Field(default_factory=dict)
    payment_intent_data: PaymentIntentData = PaymentIntentData()
    payment_method_types: tuple[Literal["card", "us_bank_account"], ...] = ("card", "us_bank_account")
    locale: str | None = None
    submit_type: Literal["auto", "pay", "book", "donate"] | None = None
    expand: tuple[str, ...] = ()


class MakeRefund(Params):
    payment_intent: str | None = None
    charge: str | None = None
    amount: int | None = Field(default=None, ge=1)
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None
    metadata: Metadata = Field(default_factory=dict)
    expand: tuple[str, ...] = ()


class Nothing(Params):
    expand: tuple[str, ...] = ()


class Range(Params):
    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None

    def holds(self, value: int) -> bool:
        return not (
            (self.gt is not None and value <= self.gt)
            or (self.gte is not None and value < self.gte)
            or (self.lt is not None and value >= self.lt)
            or (self.lte is not None and value > self.lte)
        )


class Listing(Params):
    """What every list takes."""

    limit: int = Field(default=10, ge=1, le=100)
    starting_after: str | None = None
    ending_before: str | None = None
    created: Range | int | None = None
    expand: tuple[str, ...] = ()


class ListSessions(Listing):
    status: Literal["open", "complete", "expired"] | None = None
    payment_intent: str | None = None


class ListOfPayment(Listing):
    payment_intent: str | None = None
    charge: str | None = None


class ListEvents(Listing):
    type: str | None = None
    types: tuple[str, ...] = Field(default=(), max_length=20)
    delivery_success: bool | None = None
