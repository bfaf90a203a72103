"""Rows that nobody needs any more and that no archive keeps: each function deletes them, and names what it deleted.

Call them in a transaction; who rolls it back has only looked. A payment's state is what all of its events say
together, so that an event of a payment goes with its payment, and never before it.
"""

from datetime import timedelta

from schema.store.database import Connection


async def sessions(connection: Connection, age: timedelta) -> tuple[str, ...]:
    """Staff's sessions that were over so long ago. Who signed in when is in `audit`."""
    rows = await connection.fetch(
        "delete from staff_sessions where expires_at < now() - $1::interval returning id::text", age
    )
    return tuple(row["id"] for row in rows)


async def events(connection: Connection, age: timedelta) -> tuple[str, ...]:
    """Stripe's events of no payment of ours. Stripe itself keeps none for more than thirty days."""
    rows = await connection.fetch(
        """
        delete from stripe_events e
        where payment_id is null and created_at < now() - $1::interval
            -- What came before the event that says whose it is has its payment by the intent.
            and not exists (select from stripe_events o
                where o.payment_intent_id = e.payment_intent_id and o.payment_id is not null)
        returning id
        """,
        age,
    )
    return tuple(row["id"] for row in rows)


async def unpaid(connection: Connection, age: timedelta) -> tuple[str, ...]:
    """Orders that were never paid, with their events, and with what the customer had typed."""
    rows = await connection.fetch(
        """
        with gone as (
            select p.id from payments p
            where p.status in ('open', 'failed', 'expired') and p.updated_at < now() - $1::interval
                and p.received_cents = 0 and not p.disputed and p.trouble = ''
                and not exists (select from jobs j where j.payment_id = p.id)
                and not exists (select from refunds f where f.payment_id = p.id)
            for update
        ), intents as (
            select payment_intent_id from stripe_events where payment_id in (select id from gone)
        ), told as (
            delete from stripe_events where payment_id in (select id from gone)
                or payment_id is null and payment_intent_id in (select payment_intent_id from intents)
        )
        delete from payments where id in (select id from gone) returning id::text
        """,
        age,
    )
    return tuple(row["id"] for row in rows)
