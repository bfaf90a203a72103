"""`payments` and `stripe_events`: what was ordered, and the one place that makes a paid job of what Stripe tells.

A payment's state is computed from the set of all its events, never from their order: they may come twice, late, the
other way round, or two at once. Whoever takes an event holds the payment's lock to the end of the transaction.
"""

import dataclasses
from enum import StrEnum
from uuid import UUID, uuid4

from asyncpg import Record

from schema import ids
from schema.contracts.job import Tier
from schema.contracts.mail import MailKind
from schema.contracts.payment import Facts, PaymentStatus, PaymentView, SessionFacts, StripeEvent
from schema.contracts.profile import BusinessProfile
from schema.contracts.queue import JobMessage
from schema.standing import standing
from schema.store import jobs, mails
from schema.store.database import Connection, Executor

SOURCE = "checkout"

# Not the profile: a logo may be in it.
_OF_EVENT = """
    with ours as (
        select id, amount_cents, currency, livemode, status from payments where livemode = $2 and {} for update)
    update stripe_events set payment_id = ours.id from ours where stripe_events.id = $1 returning ours.*
"""

_SHOWN = """
    select p.id as payment_id, p.draft_id, p.tier, p.amount_cents, p.currency, p.livemode, p.status,
        p.checkout_session_id, p.payment_intent_id, p.received_cents, p.refunded_cents, p.disputed, p.trouble,
        p.created_at, p.paid_at, j.id as job_id
    from payments p left join jobs j on j.payment_id = p.id
"""


class Became(StrEnum):
    """What an event led to."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """`stop` is the running job that must be told to end, once the transaction is committed."""

    became: Became
    payment_id: UUID | None = None
    stop: UUID | None = None


async def take_event(connection: Connection, event: StripeEvent) -> Taken:
    """Write the event down and whatever follows from it: payment, customer, job and outbox row, or a job's stop.

    Call it inside a transaction, with events whose signature and mode have been checked. Safe to repeat and from
    several at once.
    """
    if event.facts is None:
        return Taken(Became.IGNORED)
    new = await connection.fetchval(
        """
        -- A dispute may be taken while the event that says whose it is has not been committed.
        with alone as materialized (select pg_advisory_xact_lock(hashtextextended($5, 0)))
        insert into stripe_events (id, type, livemode, payload, payment_intent_id)
        select $1, $2, $3, $4, $5 from alone
        on conflict (id) do nothing returning id
        """,
        event.id,
        event.type,
        event.livemode,
        event.model_dump(mode="json"),
        event.facts.payment_intent_id,
    )
    if new is None:
        return Taken(Became.DUPLICATE)
    payment = await _payment_of(connection, event.id, event.livemode, event.facts)
    if payment is None:
        return Taken(Became.IGNORED)
    return Taken(Became.TAKEN, payment["id"], await _settle(connection, payment))


async def _payment_of(connection: Connection, event_id: str, livemode: bool, facts: Facts) -> Record | None:
    """Locks the payment that the event is about, and notes it there; None where there is none of ours, or not yet."""
    if isinstance(facts, SessionFacts):
        # The session's own id is what Stripe knows it by; ours is the pointer that we gave it.
        return await connection.fetchrow(
            _OF_EVENT.format(
                """
                (checkout_session_id = $3 or id = $4)
                order by (checkout_session_id = $3) desc nulls last limit 1
                """
            ),
            event_id,
            livemode,
            facts.id,
            facts.payment_id,
        )
    return await connection.fetchrow(
        _OF_EVENT.format(
            """
            id in (select payment_id from stripe_events where payment_intent_id = $3 and payment_id is not null)
            limit 1
            """
        ),
        event_id,
        livemode,
        facts.payment_intent_id,
    )


async def _settle(connection: Connection, payment: Record) -> UUID | None:
    """Bring the payment, whose lock is held, to where its events put it; returns the running job to stop, if any."""
    payment_id: UUID = payment["id"]
    rows = await connection.fetch(
        """
        with of_it as (select id, payment_intent_id from stripe_events where payment_id = $1)
        select payload from stripe_events where livemode = $2 and id in (
            -- Two steps, each by its index: an `or` of them reads every event there ever was.
            select id from of_it union
            select id from stripe_events where payment_intent_id in (select payment_intent_id from of_it))
        """,
        payment_id,
        payment["livemode"],
    )
    events = [StripeEvent.model_validate(row["payload"]) for row in rows]
    before = PaymentStatus(payment["status"])
    now = standing(payment["amount_cents"], payment["currency"], before, events)
    kept = await connection.fetchrow(
        """
        update payments set status = $2, payment_intent_id = coalesce(payment_intent_id, $3), received_cents = $4,
            refunded_cents = $5, disputed = $6, trouble = $7,
            paid_at = case when $2 in ('paid', 'mismatched') then coalesce(paid_at, now()) end
        where id = $1
        returning id, tier, now() as now,
            case when status = 'paid' and not exists (select from jobs where payment_id = $1) then profile end as owed
        """,
        payment_id,
        now.status,
        now.payment_intent_id,
        now.received_cents,
        now.refunded_cents,
        now.disputed,
        now.trouble,
    )
    assert kept is not None, "its lock is held"
    if kept["owed"] is not None:
        await _fulfil(connection, kept, welcome=now.stop is None)
    return await jobs.stop(connection, payment_id, now.stop) if now.stop else None


async def _fulfil(connection: Connection, payment: Record, *, welcome: bool) -> None:
    """Make the payment's job, once: its lock is held, and the database lets no second job of it in."""
    tier, profile = Tier(payment["tier"]), BusinessProfile.model_validate(payment["owed"])
    message = JobMessage(
        job_id=uuid4(),
        customer_id=ids.customer_id(profile.email),
        package_size=tier.package_size,
        priority=tier,
        created_at=payment["now"],
        source=SOURCE,
    )
    await jobs.take_in(connection, message, tier, profile, None, payment_id=payment["id"])
    # One that was refunded before it could begin has nothing to look forward to.
    if welcome:
        await mails.put(connection, MailKind.PAID, message.job_id, f"paid:{message.job_id}")


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """A payment of which Stripe is asked to collect the money."""

    id: UUID
    tier: Tier
    amount_cents: int
    currency: str
    email: str
    livemode: bool
    draft_version: int
    session_id: str | None


async def order(
    connection: Connection, draft_id: UUID, version: int, tier: Tier, profile: BusinessProfile, *, livemode: bool
) -> Order:
    """The draft's open payment, or a new one. Call it inside a transaction; of two at once both get the same.

    One that is open for another version, or of another mode of Stripe's, is over and its session must be expired:
    ask `superseded` first. What is ordered is pinned here.
    """
    row = await connection.fetchrow(
        """
        insert into payments (draft_id, draft_version, tier, amount_cents, livemode, profile, consented_at)
        select $1, $2, $3, $4, $5, $6, (select consented_at from drafts where id = $1)
        on conflict (draft_id) where status = 'open' do update set draft_version = payments.draft_version
        returning id, tier, amount_cents, currency, profile ->> 'email' as email, livemode, draft_version,
            checkout_session_id
        """,
        draft_id,
        version,
        tier,
        tier.price_cents,
        livemode,
        profile.model_dump(mode="json"),
    )
    assert row is not None, "it is inserted, or it was there"
    return Order(
        id=row["id"],
        tier=Tier(row["tier"]),
        amount_cents=row["amount_cents"],
        currency=row["currency"],
        email=row["email"],
        livemode=row["livemode"],
        draft_version=row["draft_version"],
        session_id=row["checkout_session_id"],
    )


async def supersede(db: Executor, payment_id: UUID) -> None:
    """The payment is not to be made any more. One whose money is on its way stays as it is."""
    await db.execute("update payments set status = 'expired' where id = $1 and status = 'open'", payment_id)


async def keep_session(db: Executor, payment_id: UUID, session_id: str) -> bool:
    """Remember where the payment is made; False where it has been superseded meanwhile."""
    status = await db.fetchval(
        "update payments set checkout_session_id = $2 where id = $1 returning status", payment_id, session_id
    )
    return bool(status == PaymentStatus.OPEN)


async def under_way(db: Executor, draft_id: UUID, version: int) -> PaymentView | None:
    """A payment of the draft that makes another one wrong: paid for this version, or on its way for any."""
    row = await db.fetchrow(
        f"""
        {_SHOWN} where p.draft_id = $1
            and (p.status = 'processing' or p.status in ('paid', 'mismatched') and p.draft_version = $2)
        order by p.created_at desc limit 1
        """,
        draft_id,
        version,
    )
    return PaymentView.model_validate(dict(row)) if row else None


async def find(db: Executor, payment_id: UUID) -> PaymentView | None:
    row = await db.fetchrow(f"{_SHOWN} where p.id = $1", payment_id)
    return PaymentView.model_validate(dict(row)) if row else None


async def of_session(db: Executor, session_id: str) -> PaymentView | None:
    row = await db.fetchrow(f"{_SHOWN} where p.checkout_session_id = $1", session_id)
    return PaymentView.model_validate(dict(row)) if row else None


async def of_job(db: Executor, job_id: UUID) -> PaymentView | None:
    row = await db.fetchrow(f"{_SHOWN} where j.id = $1", job_id)
    return PaymentView.model_validate(dict(row)) if row else None


async def recent(db: Executor, limit: int, *, in_trouble: bool = False) -> tuple[PaymentView, ...]:
    """The newest first; those that staff should look at, or all."""
    rows = await db.fetch(
        f"{_SHOWN} where p.trouble <> '' or not $2 order by p.created_at desc, p.id limit $1", limit, in_trouble
    )
    return tuple(PaymentView.model_validate(dict(row)) for row in rows)


async def taken(db: Executor, event_id: str) -> bool:
    """Whether the event was taken before."""
    return bool(await db.fetchval("select exists (select from stripe_events where id = $1)", event_id))
