"""`refunds`, and what a payment's money was earned with: how much is owed back, and that it goes back once.

A refund is written down before Stripe is asked for it. One that nobody knows the end of is finished first, with its
own sum and key, before another is thought of.
"""

from uuid import UUID

from schema.contracts.payment import Refund, Settlement
from schema.store.database import Connection, Executor

_REFUND = """
    select r.id, r.payment_id, p.payment_intent_id, r.ledger_version, r.amount_cents, r.stripe_refund_id
    from refunds r join payments p on p.id = r.payment_id
"""


class NotFinal(Exception):
    """The job still runs, and may deliver more."""


async def settlement(db: Executor, payment_id: UUID) -> Settlement | None:
    """What is owed for a payment, by the ledger as it is now; None where there is no such payment."""
    row = await db.fetchrow(
        """
        select p.id as payment_id, j.id as job_id, p.currency, p.tier, p.received_cents as paid_cents,
            p.refunded_cents, greatest(j.package_size, j.total) as ordered,
            (select count(*) from job_results r where r.job_id = j.id and r.intent_at is not null) as delivered,
            coalesce(j.status in ('completed', 'failed', 'cancelled'), true)
                and not exists (select from job_results r where r.job_id = j.id and r.status = 'submitting') as final
        from payments p left join jobs j on j.payment_id = p.id where p.id = $1
        """,
        payment_id,
    )
    if row is None:
        return None
    # Without a job nothing was begun, and the package's size does not matter.
    return Settlement.model_validate({**row, "ordered": row["ordered"] or 1})


async def begin(connection: Connection, payment_id: UUID) -> Refund | None:
    """The refund to be made now: one that was left unfinished, or a new one of what is owed; None if nothing is.

    Call it inside a transaction. Raises NotFinal.
    """
    await connection.execute("select from payments where id = $1 for update", payment_id)
    row = await connection.fetchrow(f"{_REFUND} where r.payment_id = $1 and r.stripe_refund_id is null", payment_id)
    if row is None:
        owed = await settlement(connection, payment_id)
        if owed is None or owed.refundable_cents == 0:
            return None
        if not owed.final:
            raise NotFinal
        made = await connection.fetchval(
            """
            insert into refunds (payment_id, ledger_version, amount_cents) values ($1, $2, $3)
            on conflict (payment_id, ledger_version) do nothing returning id
            """,
            payment_id,
            owed.ledger_version,
            owed.refundable_cents,
        )
        row = await connection.fetchrow(f"{_REFUND} where r.id = $1", made)
    return Refund.model_validate(dict(row)) if row else None


async def finish(db: Executor, refund_id: UUID, stripe_refund_id: str) -> None:
    """Stripe has made it."""
    await db.execute("update refunds set stripe_refund_id = $2 where id = $1", refund_id, stripe_refund_id)


async def forget(db: Executor, refund_id: UUID) -> None:
    """Stripe has refused it: nothing went back."""
    await db.execute("delete from refunds where id = $1 and stripe_refund_id is null", refund_id)


async def of_payment(db: Executor, payment_id: UUID) -> tuple[Refund, ...]:
    """What we gave back, the oldest first. Others may have given back more, in Stripe's dashboard."""
    rows = await db.fetch(f"{_REFUND} where r.payment_id = $1 order by r.created_at", payment_id)
    return tuple(Refund.model_validate(dict(row)) for row in rows)
