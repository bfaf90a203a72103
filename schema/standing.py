"""What all events of one payment say together: a pure function of their set, so that no order can lead astray."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from schema.contracts.payment import (
    ChargeFacts,
    DisputeFacts,
    PaymentStatus,
    RefundFacts,
    SessionFacts,
    StopReason,
    StripeEvent,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """Where a payment stands. Amounts are in the currency's smallest unit; `trouble` is for staff.

    `stop` says why nothing more is to be sent for it. It stays: a dispute that was won does not revive the job.
    """

    status: PaymentStatus
    payment_intent_id: str | None
    received_cents: int
    refunded_cents: int
    disputed: bool
    stop: StopReason | None
    trouble: str


def standing(amount_cents: int, currency: str, before: PaymentStatus, events: Iterable[StripeEvent]) -> Standing:
    """What the events say of a payment that asked for that amount, and stood at `before`."""
    known = sorted(events, key=lambda event: (event.created, event.id))
    sessions = [(event.type, event.facts) for event in known if isinstance(event.facts, SessionFacts)]
    paid = {session.id: session for _, session in sessions if session.paid}
    claims = [_claimed(kind, session, amount_cents, currency) for kind, session in sessions]
    received = sum(session.amount_total or 0 for session in paid.values())
    refunded = sum(_refunded(known).values())
    disputes = _disputes(known)
    returned = received > 0 and refunded >= received
    stop = StopReason.DISPUTED if disputes else StopReason.REFUNDED if returned else None
    status = max((before, *claims), key=lambda claim: claim.rank)
    intents = [session.payment_intent_id for session in (*paid.values(), *(s for _, s in sessions))]
    failed = {facts.id for event in known if isinstance(facts := event.facts, RefundFacts) and facts.failed}
    troubles = (
        _mismatch(tuple(paid.values()), amount_cents, currency)
        if status is PaymentStatus.MISMATCHED and not returned
        else "",
        _paid_twice(tuple(paid), received - refunded, amount_cents),
        *(_dispute(dispute) for _, dispute in sorted(disputes.items())),
        *(f"The refund {refund} failed: the customer does not have the money." for refund in sorted(failed)),
    )
    return Standing(
        status=status,
        payment_intent_id=next(filter(None, intents), None),
        received_cents=received,
        refunded_cents=refunded,
        disputed=any(not dispute.for_us for dispute in disputes.values()),
        stop=stop,
        trouble=" ".join(filter(None, troubles)),
    )


def _claimed(kind: str, session: SessionFacts, amount_cents: int, currency: str) -> PaymentStatus:
    """What one event of a Checkout Session says by itself. The first event of an asynchronous payment is no money."""
    if session.paid:
        return PaymentStatus.PAID if _matches(session, amount_cents, currency) else PaymentStatus.MISMATCHED
    match kind:
        case "checkout.session.expired":
            return PaymentStatus.EXPIRED
        case "checkout.session.async_payment_failed":
            return PaymentStatus.FAILED
        case _:
            return PaymentStatus.PROCESSING


def _matches(session: SessionFacts, amount_cents: int, currency: str) -> bool:
    return session.amount_total == amount_cents and session.currency == currency


def _refunded(events: Sequence[StripeEvent]) -> Mapping[str, int]:
    """By charge; what Stripe says is the sum of all that went back so far."""
    most: dict[str, int] = {}
    for event in events:
        if isinstance(event.facts, ChargeFacts):
            most[event.facts.id] = max(event.facts.amount_refunded, most.get(event.facts.id, 0))
    return most


def _disputes(events: Sequence[StripeEvent]) -> dict[str, DisputeFacts]:
    """The latest of each; what is over stays so."""
    latest: dict[str, DisputeFacts] = {}
    for event in events:
        facts = event.facts
        if isinstance(facts, DisputeFacts) and (facts.id not in latest or not latest[facts.id].over):
            latest[facts.id] = facts
    return latest


def _mismatch(paid: Sequence[SessionFacts], amount_cents: int, currency: str) -> str:
    came = ", ".join(f"{session.amount_total} {session.currency}" for session in paid)
    return f"{came} came in where {amount_cents} {currency} was asked for, in the smallest unit: nothing was begun."


def _paid_twice(sessions: Sequence[str], kept_cents: int, amount_cents: int) -> str:
    if len(sessions) < 2 or kept_cents <= amount_cents:
        return ""
    return f"Paid more than once, by {', '.join(sorted(sessions))}: one job was made, refund the rest in Stripe."


def _dispute(dispute: DisputeFacts) -> str:
    if dispute.over:
        return ""
    return f"The dispute {dispute.id} ({dispute.reason or 'no reason given'}) is open: answer it in Stripe."
