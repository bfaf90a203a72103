"""`directorybolt payments`: what was paid, what is owed back and goes back once, and what Stripe has to tell."""

from uuid import UUID

import pytest

from deploy.local.stack import Stack
from schema.store.database import Pool
from tests.api import stripe_wire as wire
from tests.api.test_payments import Shop, server, shop
from tests.cli.conftest import Command
from tests.schema.test_payments import take

__all__ = ["server", "shop"]


@pytest.fixture
def selling(command: Command, server: Stack) -> Command:
    """The command with this test's database and the local Stripe; Temporal is away."""
    values = server.environment.values
    command.environment |= {name: values[name] for name in ("STRIPE_SECRET_KEY", "STRIPE_API_BASE")}
    command.environment["TEMPORAL_ADDRESS"] = "127.0.0.1:1"
    return command


async def test_a_list_tells_how_each_stands(command: Command, pool: Pool) -> None:
    assert command("payments", "list", "--json").json == []
    assert "no payment" in command("payments", "list").err
    payment_id = await wire.add_payment(pool)
    await take(pool, wire.completed(payment_id, amount_total=1))
    (payment,) = command("payments", "list", "--json", "--trouble").json
    assert (payment["payment_id"], payment["status"], payment["received_cents"]) == (str(payment_id), "mismatched", 1)
    ran = command("payments", "list")
    assert (ran.code, "149.00 USD" in ran.out, "mismatched" in ran.out, "…" in ran.out) == (0, True, True, False)
    shown = command("payments", "show", str(payment_id))
    assert "1 usd came in" in " ".join(shown.out.split())


async def test_what_was_not_delivered_goes_back_once(selling: Command, shop: Shop) -> None:
    payment = await shop.paid_at_stripe()
    assert payment.checkout_session_id is not None
    job_id = (await shop.payments.settle(payment.checkout_session_id)).job_id
    would = selling("payments", "refund", str(job_id), "--dry-run", "--json").json
    assert (would["settlement"]["refundable_cents"], would["refund"]) == (14_900, None)
    assert await shop.pool.fetchval("select stop_requested_at from jobs") is None
    done = selling("payments", "refund", str(payment.payment_id), "--by", "ana")
    assert (done.code, "149.00 USD went back" in done.err) == (0, True)
    again = selling("payments", "refund", str(payment.payment_id))
    assert (again.code, "Nothing is owed" in again.err) == (0, True)
    shown = selling("payments", "show", str(job_id), "--json").json
    assert (shown["payment"]["refunded_cents"], shown["settlement"]["refundable_cents"]) == (14_900, 0)
    assert len(shown["refunds"]) == 1
    assert await shop.pool.fetchval("select array_agg(who order by at) from audit") == ["ana", "ana"]


async def test_reconciling_takes_what_never_arrived(selling: Command, shop: Shop) -> None:
    payment = await shop.paid_at_stripe()
    would = selling("payments", "reconcile", "--dry-run", "--json").json
    assert would["dry_run"]
    assert await shop.pool.fetchval("select count(*) from jobs") == 0
    ran = selling("payments", "reconcile")
    assert (ran.code, "taken (healed)" in ran.out) == (0, True)
    assert await shop.pool.fetchval("select payment_id from jobs") == payment.payment_id


async def test_what_cannot_be_is_said_in_a_sentence(selling: Command, shop: Shop) -> None:
    await shop.buy(await shop.draft())
    open_one = str((await shop.only()).payment_id)
    assert selling("payments", "show", "7").failed(2, "'7'", "payments list")
    assert selling("payments", "refund", str(UUID(int=7))).failed(2, "no payment")
    assert selling("payments", "refund", open_one).failed(2, "Nothing was paid", "open")
    assert selling("payments", "reconcile", STRIPE_SECRET_KEY="").failed(2, "STRIPE_SECRET_KEY")
    away = selling("payments", "reconcile", STRIPE_API_BASE="http://127.0.0.1:1")
    assert away.failed(1, "Stripe does not answer")
