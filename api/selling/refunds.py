"""Giving money back: the job is stopped first, the rest is priced from the ledger, and each state goes back once."""

from uuid import UUID

from api.selling.payments import PaymentsClosed, PaymentsService
from api.selling.stripe import StripeGateway, StripeRefused
from schema.contracts.access import Principal
from schema.contracts.payment import (
    ChargeFacts,
    PaymentStatus,
    PaymentView,
    Refund,
    Settlement,
    StopReason,
    StripeEvent,
)
from schema.store import audit, jobs, payments, refunds
from schema.store.database import Pool


class NotRefundable(Exception):
    """Nothing is given back; the text is a sentence that says why."""


class RefundService:
    """What staff do about money. Without Stripe it tells what is owed, and gives nothing back."""

    def __init__(self, pool: Pool, payments_service: PaymentsService, stripe: StripeGateway | None) -> None:
        self._pool = pool
        self._payments = payments_service
        self._stripe = stripe

    async def owed(self, payment_id: UUID) -> Settlement:
        """What would be given back now. Raises NotRefundable."""
        await self._refundable(payment_id)
        owed = await refunds.settlement(self._pool, payment_id)
        assert owed is not None, "there is such a payment"
        return owed

    async def stop(self, payment_id: UUID, who: Principal) -> bool:
        """See that nothing more is sent for the payment; True once its job has ended, and the ledger stands still.

        Raises NotRefundable.
        """
        await self._refundable(payment_id)
        async with self._pool.acquire() as connection, connection.transaction():
            await audit.write(connection, who, "payment.stop", payment_id)
            running = await jobs.stop(connection, payment_id, StopReason.REFUND_ASKED)
        if running is not None:
            await self._payments.stop(running)
        return (await self.owed(payment_id)).final

    async def refund(self, payment_id: UUID, who: Principal) -> Refund | None:
        """Give back what is owed; None where nothing is. Safe to repeat, and from several at once.

        What somebody began and did not end is ended first, with its own sum. Raises NotRefundable, NotFinal,
        PaymentsClosed, StripeAway or StripeRefused.
        """
        await self._refundable(payment_id)
        if self._stripe is None:
            raise PaymentsClosed
        async with self._pool.acquire() as connection, connection.transaction():
            refund = await refunds.begin(connection, payment_id)
            if refund is None:
                return None
            await audit.write(connection, who, "payment.refund", payment_id, cents=refund.amount_cents)
        made, charge = await self._made(self._stripe, refund)
        async with self._pool.acquire() as connection, connection.transaction():
            await refunds.finish(connection, refund.id, made)
            await payments.take_event(
                connection,
                StripeEvent(id=f"read:{made}", type="charge.refunded", livemode=self._stripe.livemode, facts=charge),
            )
        return refund.model_copy(update={"stripe_refund_id": made})

    async def _made(self, stripe: StripeGateway, refund: Refund) -> tuple[str, ChargeFacts]:
        """Stripe keeps idempotency keys for a day at least, and refunds for ever: those are looked through first."""
        known = (await stripe.refunds(refund.payment_intent_id)).get(refund.key)
        if known is not None:
            return known.id, await stripe.charge_of(refund.payment_intent_id)
        try:
            made, charge = await stripe.refund(refund.payment_intent_id, refund.amount_cents, key=refund.key)
        except StripeRefused:
            # It is not made, nor will it be with this sum: the next try begins anew, from the ledger as it is then.
            await refunds.forget(self._pool, refund.id)
            raise
        return made.id, charge

    async def _refundable(self, payment_id: UUID) -> PaymentView:
        payment = await payments.find(self._pool, payment_id)
        if payment is None:
            raise NotRefundable(f"There is no payment {payment_id}.")
        if payment.status not in (PaymentStatus.PAID, PaymentStatus.MISMATCHED) or payment.payment_intent_id is None:
            raise NotRefundable(f"Nothing was paid: the payment is {payment.status}.")
        if payment.disputed:
            raise NotRefundable("The payment is disputed: the bank decides who gets the money.")
        return payment
