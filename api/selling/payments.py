"""Selling: opens a payment at Stripe for what a customer has ordered, and takes what Stripe has to say about it.

What follows from an event is decided in `schema.store.payments`, in one transaction. What is told to Temporal after
it is a courtesy: upkeep sees to it as well.
"""

import asyncio
import contextlib
from uuid import UUID

import structlog

from api.gateway import Unanswered, WorkflowAway, WorkflowGateway
from api.selling.stripe import StripeAway, StripeGateway, StripeRefused
from schema.contracts.job import Tier
from schema.contracts.payment import PaymentStatus, PaymentView, SessionFacts, StripeEvent, as_event
from schema.contracts.profile import BusinessProfile
from schema.store import payments
from schema.store.database import Pool
from schema.store.payments import Order, Taken

_MOST_TRIES = 5
"""Each time another browser tab of the same customer has changed the order in between."""

_MOMENT_S = 4.0
"""How long who comes back from paying waits for Stripe's word: the webhook's comes too."""

_PATIENCE_S = 15.0
"""The longest that a customer waits for Stripe before they are told so; what was begun is gone on with next time."""

_log = structlog.get_logger(__name__)


class PaymentsClosed(Exception):
    """Nothing can be bought: STRIPE_SECRET_KEY is not set."""


class NoSuchPayment(Exception):
    """No payment of ours is made in that session."""


class AlreadyPaid(Exception):
    """What is ordered is paid; `payment` tells of its job."""

    def __init__(self, payment: PaymentView) -> None:
        super().__init__("This order is paid already.")
        self.payment = payment


class PaymentUnderWay(Exception):
    """The customer has paid by a means that takes days, and the money is on its way."""

    def __init__(self, payment: PaymentView) -> None:
        super().__init__("A payment for this order is on its way.")
        self.payment = payment


class PaymentsService:
    """What the checkout's pages and the webhook ask for."""

    def __init__(
        self, pool: Pool, gateway: WorkflowGateway, public_url: str, stripe: StripeGateway | None = None
    ) -> None:
        self._pool = pool
        self._gateway = gateway
        self._public_url = public_url
        self._stripe = stripe

    async def open_checkout(self, draft_id: UUID, tier: Tier, profile: BusinessProfile, version: int) -> str:
        """The address of the page where the customer pays for this version of the draft. Safe to repeat.

        A page that is open for an earlier version is closed first: one draft has one. Raises PaymentsClosed,
        AlreadyPaid, PaymentUnderWay, StripeRefused, or StripeAway when nothing can be said yet.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._opened(self._open(), draft_id, tier, profile, version)
        except TimeoutError:
            raise StripeAway("Stripe does not answer in time.") from None

    async def _opened(
        self, stripe: StripeGateway, draft_id: UUID, tier: Tier, profile: BusinessProfile, version: int
    ) -> str:
        for _ in range(_MOST_TRIES):
            await self._refuse_to_sell_twice(draft_id, version)
            async with self._pool.acquire() as connection, connection.transaction():
                order = await payments.order(connection, draft_id, version, tier, profile, livemode=stripe.livemode)
            if order.draft_version != version or order.livemode != stripe.livemode:
                await self._close(stripe, order)
            elif url := await self._page(stripe, order):
                return url
        raise StripeAway("The order changes faster than Stripe answers.")

    async def settle(self, session_id: str) -> PaymentView:
        """How the payment of this session stands, asked of Stripe where we have not heard: the webhook may be late.

        Whoever comes back from paying may show any session id: only those that we made are asked about. Raises
        NoSuchPayment.
        """
        known = await payments.of_session(self._pool, session_id)
        if known is None:
            raise NoSuchPayment
        if not known.status.settled and self._stripe is not None:
            # What is not known now will be told by the webhook.
            with contextlib.suppress(StripeAway, StripeRefused, TimeoutError):
                async with asyncio.timeout(_MOMENT_S):
                    session = await self._stripe.session(session_id)
                await self._hear(session)
                return await payments.of_session(self._pool, session_id) or known
        return known

    async def take(self, event: StripeEvent) -> Taken:
        """Take an event whose signature has been checked, in one transaction. Safe to repeat, and at once."""
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await payments.take_event(connection, event)
        _log.info("stripe event", event_id=event.id, type=event.type, became=taken.became)
        return taken

    async def stop(self, job_id: UUID) -> None:
        """Tell the workflow of a job that was stopped. Whom this does not reach, upkeep does."""
        with contextlib.suppress(WorkflowAway, Unanswered):
            await self._gateway.cancel_job(job_id)

    def _open(self) -> StripeGateway:
        if self._stripe is None:
            raise PaymentsClosed
        return self._stripe

    async def _refuse_to_sell_twice(self, draft_id: UUID, version: int) -> None:
        payment = await payments.under_way(self._pool, draft_id, version)
        if payment is None:
            return
        raise PaymentUnderWay(payment) if payment.status is PaymentStatus.PROCESSING else AlreadyPaid(payment)

    async def _page(self, stripe: StripeGateway, order: Order) -> str | None:
        """Where the order is paid; None when it is not to be paid any more."""
        if order.session_id is not None:
            try:
                session = await stripe.session(order.session_id)
            except StripeRefused:
                # Of another account: somebody has changed the key.
                await payments.supersede(self._pool, order.id)
                return None
        else:
            session = await stripe.make_session(
                order.id,
                name=f"DirectoryBolt {order.tier.capitalize()}: {order.tier.package_size} directories",
                amount_cents=order.amount_cents,
                currency=order.currency,
                email=order.email,
                done_url=f"{self._public_url}/checkout/done",
                back_url=f"{self._public_url}/checkout",
            )
            if not await payments.keep_session(self._pool, order.id, session.id):
                await self._close(stripe, order)
                return None
        if session.status == "open" and session.url:
            return session.url
        await self._hear(session)
        return None

    async def _close(self, stripe: StripeGateway, order: Order) -> None:
        """Let nobody pay the order any more; what was paid in the last moment is taken as paid."""
        session_id = order.session_id
        if session_id is None:
            payment = await payments.find(self._pool, order.id)
            session_id = payment.checkout_session_id if payment else None
        if session_id is not None:
            try:
                await stripe.expire_session(session_id)
            except StripeRefused:
                await self._hear(await stripe.session(session_id))
                payment = await payments.find(self._pool, order.id)
                if payment is not None and payment.status.settled:
                    # Paid in one tab while the order was changed in another: it is not sold a second time unasked.
                    raise AlreadyPaid(payment) from None
        await payments.supersede(self._pool, order.id)

    async def _hear(self, session: SessionFacts) -> None:
        event = as_event(session)
        if event is not None:
            taken = await self.take(event)
            if taken.stop:
                await self.stop(taken.stop)
