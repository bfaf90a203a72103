"""Payments on a real PostgreSQL: the state is what all events say together, in whatever order they come."""

import asyncio
import itertools
import random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from schema.contracts.job import JobStatus
from schema.contracts.payment import PaymentStatus, StripeEvent, read_event
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.standing import standing
from schema.store import alerts, jobs, payments, refunds, replays, results
from schema.store.database import Pool
from schema.store.payments import Became, Taken
from schema.store.results import JobStopped
from tests.api import stripe_wire as wire
from tests.factories import add_directories, row

PAID = 14_900


async def take(pool: Pool, document: dict[str, Any]) -> Taken:
    async with pool.acquire() as connection, connection.transaction():
        return await payments.take_event(connection, read_event(document))


def unpaid(payment_id: UUID) -> dict[str, Any]:
    return wire.completed(payment_id, payment_status="unpaid")


def async_paid(payment_id: UUID) -> dict[str, Any]:
    return wire.event("checkout.session.async_payment_succeeded", wire.session(payment_id))


def async_failed(payment_id: UUID) -> dict[str, Any]:
    return wire.event(
        "checkout.session.async_payment_failed", wire.session(payment_id, payment_status="unpaid", status="complete")
    )


def expired(payment_id: UUID) -> dict[str, Any]:
    return wire.event(
        "checkout.session.expired",
        wire.session(payment_id, payment_status="unpaid", status="expired", payment_intent=None),
    )


ANY = UUID(int=1)
EVERYTHING = (
    unpaid(ANY),
    async_paid(ANY),
    async_failed(ANY),
    expired(ANY),
    wire.refunded(ANY, 100),
    wire.refunded(ANY, PAID),
    wire.disputed(ANY, "won", "closed"),
)


def test_every_order_of_everything_says_the_same() -> None:
    events = [read_event(document) for document in EVERYTHING]
    said = {standing(PAID, "usd", PaymentStatus.OPEN, order) for order in itertools.permutations(events)}
    assert len(said) == 1
    [one] = said
    assert (one.status, one.refunded_cents, one.disputed, one.trouble) == (PaymentStatus.PAID, PAID, False, "")


STORIES: dict[str, tuple[Any, ...]] = {
    "paid": (wire.completed,),
    "paid later": (unpaid, async_paid),
    "never paid": (unpaid, async_failed),
    "refunded": (wire.completed, lambda p: wire.refunded(p, 500), lambda p: wire.refunded(p, PAID)),
    "disputed and won": (unpaid, async_paid, wire.disputed, lambda p: wire.disputed(p, "won", "closed")),
    "expired and paid": (expired, wire.completed, wire.refund_failed),
}


async def state(pool: Pool, payment_id: UUID) -> tuple[Any, ...]:
    found = await pool.fetchrow(
        """
        select p.status, p.received_cents, p.refunded_cents, p.disputed, p.trouble like '%open%' as open_dispute,
            p.trouble like '%failed%' as failed, p.payment_intent_id is not null as known,
            j.status as job, j.stop_reason, (select count(*) from outbox where job_id = j.id) as messages
        from payments p left join jobs j on j.payment_id = p.id where p.id = $1
        """,
        payment_id,
    )
    assert found
    return tuple(found)


@pytest.mark.parametrize("story", STORIES)
async def test_every_order_of_a_story_ends_the_same(pool: Pool, story: str) -> None:
    orders = list(itertools.permutations(STORIES[story]))
    ends = set()
    for order in random.Random(7).sample(orders, min(len(orders), 12)):
        payment_id = await wire.add_payment(pool)
        made = {step: step(payment_id) for step in STORIES[story]}
        for step in order:
            await take(pool, made[step])
            # Everything comes twice.
            assert (await take(pool, made[step])).became is Became.DUPLICATE
        ends.add(await state(pool, payment_id))
    assert len(ends) == 1, ends


@pytest.mark.parametrize("story", STORIES)
async def test_all_at_once_ends_as_one_after_the_other(pool: Pool, story: str) -> None:
    one, other = await wire.add_payment(pool), await wire.add_payment(pool)
    for step in STORIES[story]:
        await take(pool, step(one))
    await asyncio.gather(*(take(pool, step(other)) for step in STORIES[story] for _ in range(3)))
    assert await state(pool, other) == await state(pool, one)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"amount_total": 1}, PaymentStatus.MISMATCHED),
        ({"currency": "eur"}, PaymentStatus.MISMATCHED),
        ({"amount_total": 0, "payment_status": "no_payment_required"}, PaymentStatus.MISMATCHED),
        ({"amount_total": None}, PaymentStatus.MISMATCHED),
        ({"payment_status": "a_word_of_the_future"}, PaymentStatus.PROCESSING),
        ({"payment_status": "unpaid"}, PaymentStatus.PROCESSING),
    ],
)
async def test_what_is_not_what_was_asked_for_is_not_fulfilled(
    pool: Pool, changes: dict[str, Any], status: PaymentStatus
) -> None:
    payment_id = await wire.add_payment(pool)
    await take(pool, wire.completed(payment_id, **changes))
    payment = await payments.find(pool, payment_id)
    assert payment is not None
    assert (payment.status, payment.job_id) == (status, None)
    assert bool(payment.trouble) is (status is PaymentStatus.MISMATCHED)
    assert await pool.fetchval("select count(*) from outbox") == 0


async def test_a_second_session_of_one_order_is_told_and_makes_no_second_job(pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    await take(pool, wire.completed(payment_id))
    await take(pool, wire.completed(payment_id, id="cs_test_another", payment_intent="pi_another"))
    payment = await payments.find(pool, payment_id)
    assert payment is not None
    assert "Paid more than once" in payment.trouble
    assert "cs_test_another" in payment.trouble
    assert await pool.fetchval("select count(*) from jobs") == 1


async def test_staff_are_alerted_until_the_trouble_is_over(pool: Pool) -> None:
    async def alerted() -> list[str]:
        return [event.text for event in await alerts.look(pool) if event.kind == "payment_trouble"]

    payment_id = await wire.add_payment(pool)
    await take(pool, wire.completed(payment_id, amount_total=100))
    [text] = await alerted()
    assert "100 usd came in" in text
    assert f"payments show {payment_id}" in text
    await take(pool, wire.refunded(payment_id, 100))
    assert await alerted() == []
    await take(pool, wire.disputed(payment_id))
    assert "dispute" in (await alerted())[0]
    await take(pool, wire.disputed(payment_id, "lost", "closed"))
    assert await alerted() == []


async def test_an_event_of_the_other_mode_is_not_for_this_payment(pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    document = {**wire.completed(payment_id), "livemode": True}
    assert (await take(pool, document)).became is Became.IGNORED


async def test_the_database_lets_no_second_job_of_a_payment_in(pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    await take(pool, wire.completed(payment_id))
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute(
            """
            insert into jobs (customer_id, tier, package_size, business_name, business_key, business_data, payment_id)
            select customer_id, tier, package_size, business_name, business_key, business_data, payment_id from jobs
            """
        )


async def test_what_fails_in_between_leaves_nothing_and_comes_again(pool: Pool) -> None:
    payment_id = await wire.add_payment(pool)
    document = wire.completed(payment_id)
    for table in ("customers", "jobs", "outbox", "mails", "stripe_events"):
        await pool.execute(f"alter table {table} add constraint broken check (false) not valid")
        with pytest.raises(asyncpg.CheckViolationError):
            await take(pool, document)
        await pool.execute(f"alter table {table} drop constraint broken")
        counts = "select (select count(*) from stripe_events) + (select count(*) from jobs)"
        assert await pool.fetchval(counts) == 0, table
    assert (await take(pool, document)).became is Became.TAKEN
    assert await pool.fetchval("select count(*) from outbox") == 1


async def begun(pool: Pool, slugs: tuple[str, ...] = ("alpha", "beta")) -> tuple[UUID, UUID]:
    """A payment, and its job, which has begun."""
    await add_directories(pool, slugs)
    payment_id = await wire.add_payment(pool)
    await take(pool, wire.completed(payment_id))
    payment = await payments.find(pool, payment_id)
    assert payment is not None
    assert payment.job_id is not None
    job = await jobs.find(pool, payment.job_id)
    assert job is not None
    async with pool.acquire() as connection, connection.transaction():
        await jobs.begin(connection, job)
    return payment_id, job.id


async def clicked(pool: Pool, job_id: UUID, slug: str) -> None:
    await pool.execute("update job_results set status = 'planned' where job_id = $1", job_id)
    submission = await row(pool, job_id, slug)
    attempt = await results.claim_intent(pool, submission)
    sent = Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True)
    await results.record(pool, submission, sent, attempt)


async def end(pool: Pool, job_id: UUID) -> None:
    await pool.execute("update job_results set status = 'skipped' where job_id = $1 and intent_at is null", job_id)
    async with pool.acquire() as connection, connection.transaction():
        await jobs.finish(connection, job_id, cancelled=True)


@pytest.mark.parametrize("step", [lambda p: wire.refunded(p, PAID), wire.disputed])
async def test_who_has_the_money_back_gets_no_further_click(pool: Pool, step: Any) -> None:
    payment_id, job_id = await begun(pool)
    await clicked(pool, job_id, "alpha")
    await pool.execute("update job_results set status = 'planned' where job_id = $1 and intent_at is null", job_id)
    submission = await row(pool, job_id, "beta")
    taken = await take(pool, step(payment_id))
    assert taken.stop == job_id
    with pytest.raises(JobStopped):
        await results.claim_intent(pool, submission)
    after = await row(pool, job_id, "beta")
    assert (after.status, after.attempt) == (SubmissionStatus.PLANNED, 0)
    assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.SUBMITTED
    [(stopped, status, overdue)] = await jobs.to_stop(pool)
    assert (stopped, status, overdue) == (job_id, JobStatus.IN_PROGRESS, False)


async def test_a_partial_refund_stops_nothing(pool: Pool) -> None:
    payment_id, job_id = await begun(pool)
    assert (await take(pool, wire.refunded(payment_id, PAID - 1))).stop is None
    assert await pool.fetchval("select stop_requested_at from jobs where id = $1", job_id) is None


async def test_what_was_stopped_is_not_replayed(pool: Pool) -> None:
    from schema.contracts.replay import ReplaySelection

    payment_id, job_id = await begun(pool)
    await pool.execute("update job_results set status = 'failed', failure = 'directory_unreachable'")
    await pool.execute("update jobs set status = 'completed'")
    await take(pool, wire.refunded(payment_id, PAID))
    preview = await replays.preview(pool, ReplaySelection(job_id=job_id))
    assert {count.answer for count in preview.counts} == {"job_cancelled"}


async def test_the_rest_is_priced_from_the_ledger_and_goes_back_once(pool: Pool) -> None:
    payment_id, job_id = await begun(pool)
    await clicked(pool, job_id, "alpha")

    async def begin() -> Any:
        async with pool.acquire() as connection, connection.transaction():
            return await refunds.begin(connection, payment_id)

    with pytest.raises(refunds.NotFinal):
        await begin()
    await end(pool, job_id)
    owed = await refunds.settlement(pool, payment_id)
    assert owed is not None
    assert (owed.paid_cents, owed.ordered, owed.delivered, owed.undelivered) == (PAID, 50, 1, 49)
    assert (owed.refundable_cents, owed.final) == (PAID - 298, True)
    made = await asyncio.gather(*(begin() for _ in range(5)))
    assert {(one.id, one.key, one.amount_cents) for one in made} == {(made[0].id, made[0].key, PAID - 298)}
    # The ledger moves on while nobody knows whether Stripe has made it: it is the same refund still.
    await pool.execute("update job_results set intent_at = now() where job_id = $1", job_id)
    assert (await begin()).key == made[0].key
    await refunds.finish(pool, made[0].id, "re_1")
    await take(pool, wire.refunded(payment_id, PAID - 298))
    assert await begin() is None


@pytest.mark.parametrize(
    ("paid", "refunded", "ordered", "delivered", "owed"),
    [
        (14_900, 0, 50, 0, 14_900),
        (14_900, 0, 50, 50, 0),
        (14_900, 0, 50, 49, 298),
        (14_900, 298, 50, 49, 0),
        (14_900, 500, 50, 49, 0),
        (10_000, 0, 3, 1, 6_667),
        (79_900, 0, 512, 600, 0),
    ],
)
def test_what_is_owed(paid: int, refunded: int, ordered: int, delivered: int, owed: int) -> None:
    from schema.contracts.payment import Settlement

    counted = Settlement(
        payment_id=ANY,
        job_id=ANY,
        currency="usd",
        paid_cents=paid,
        refunded_cents=refunded,
        ordered=ordered,
        delivered=delivered,
        final=True,
    )
    assert counted.refundable_cents == owed


def test_facts_survive_the_database() -> None:
    for document in EVERYTHING:
        event = read_event(document)
        assert StripeEvent.model_validate_json(event.model_dump_json()) == event
