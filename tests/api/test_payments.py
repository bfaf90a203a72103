"""Selling and giving back against the local Stripe, through the official SDK: one page, one job, one refund."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from temporalio.client import Client

from activities.findings import Findings
from activities.payments import reconcile
from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.selling.payments import AlreadyPaid, NoSuchPayment, PaymentsClosed, PaymentsService, PaymentUnderWay
from api.selling.refunds import NotRefundable, RefundService
from api.selling.stripe import StripeAway, StripeGateway, StripeRefused, Webhooks
from deploy.local.parts import Piece
from deploy.local.stack import Stack
from schema.contracts.access import AuditFilter
from schema.contracts.job import JobStatus, Tier
from schema.contracts.payment import PaymentStatus, PaymentView
from schema.contracts.upkeep import Sweep, Task
from schema.store import audit, payments
from schema.store.database import Pool, Seat, open_pool
from schema.store.refunds import NotFinal
from tests.api import stripe_wire as wire
from tests.api.browsing import live
from tests.factories import PROFILE, add_directories, staff
from tests.schema.test_payments import begun, clicked, end
from tests.stacks import running

ANA = staff("ana")


class Shop:
    """The services, over the local Stripe; whose events nobody takes."""

    def __init__(
        self, pool: Pool, seat: Pool, stripe: StripeGateway, base: str, gateway: WorkflowGateway, database_url: str
    ) -> None:
        self.pool = pool
        self.stripe = stripe
        self.payments = PaymentsService(seat, gateway, "http://shop.test", stripe)
        self.refunds = RefundService(seat, self.payments, stripe)
        self._base = base
        self._database_url = database_url

    async def draft(self) -> UUID:
        payment = await payments.find(self.pool, await wire.add_payment(self.pool))
        assert payment is not None
        assert payment.draft_id is not None
        await self.pool.execute("delete from payments")
        return payment.draft_id

    async def buy(self, draft_id: UUID, version: int = 1, tier: Tier = Tier.STARTER) -> str:
        return await self.payments.open_checkout(draft_id, tier, PROFILE, version)

    async def control(self, path: str, said: Any = None, /, method: str = "POST", **query: Any) -> Any:
        async with httpx.AsyncClient() as client:
            address = f"{self._base}/_control/{path}"
            answer = await client.request(method, address, params=query, json=said, timeout=60)
            return answer.raise_for_status().json()

    async def sessions(self) -> list[str]:
        rows = await self.pool.fetch("select checkout_session_id from payments order by created_at")
        return [row["checkout_session_id"] for row in rows]

    async def only(self) -> PaymentView:
        [payment] = await payments.recent(self.pool, 10)
        return payment

    async def paid_at_stripe(self) -> PaymentView:
        """An order that was paid, of which we have not heard."""
        await self.buy(await self.draft())
        [session_id] = await self.sessions()
        await self.control(f"sessions/{session_id}/pay", means="card")
        return await self.only()

    async def reconciled(self, *, dry_run: bool = False) -> dict[tuple[str, bool], int]:
        """By a worker, in its own role."""
        found = Findings(Task.PAYMENTS, Sweep(dry_run=dry_run))
        async with await open_pool(self._database_url, 2, Seat.WORKER) as seat:
            await reconcile(seat, self.stripe, found, dry_run=dry_run)
        return {(finding.what, finding.healed): finding.count for finding in found.report.findings}


@pytest.fixture(scope="module")
async def server(test_folder: Path) -> AsyncIterator[Stack]:
    async with running(test_folder / "stripe", Piece.STRIPE) as stack:
        yield stack


@pytest.fixture
async def shop(server: Stack, pool: Pool, database_url: str) -> AsyncIterator[Shop]:
    values = server.environment.values
    base = values["STRIPE_API_BASE"]
    stripe = StripeGateway(values["STRIPE_SECRET_KEY"], api_base=base)
    nobody = WorkflowGateway(await Client.connect("127.0.0.1:1", lazy=True))
    async with await open_pool(database_url, 10, Seat.STAFF) as seat:
        yield Shop(pool, seat, stripe, base, nobody, database_url)
    await stripe.close()


async def test_who_presses_buy_again_comes_to_the_same_page(shop: Shop) -> None:
    draft_id = await shop.draft()
    pages = await asyncio.gather(*(shop.buy(draft_id) for _ in range(6)))
    assert len({*pages, await shop.buy(draft_id)}) == 1
    session = await shop.stripe.session((await shop.sessions())[0])
    assert (session.amount_total, session.currency, session.mode) == (14_900, "usd", "payment")
    assert session.payment_id == (await shop.only()).payment_id


async def test_who_asks_stripe_for_what_it_is_making_waits_for_it(
    shop: Shop, server: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.selling.stripe._RETRIES", 0)
    values = server.environment.values
    stripe = StripeGateway(values["STRIPE_SECRET_KEY"], api_base=values["STRIPE_API_BASE"])
    order = {"name": "Starter", "currency": "usd", "email": "ana@example.com", "done_url": "http://shop.test/done"}
    payment_id = uuid4()
    await shop.control("knobs", {"api_delay_s": 0.2}, method="PUT")
    try:
        made = await asyncio.gather(
            *(
                stripe.make_session(payment_id, amount_cents=14_900, back_url="http://shop.test/back", **order)
                for _ in range(2)
            )
        )
    finally:
        await shop.control("knobs", {}, method="PUT")
        await stripe.close()
    assert len({session.id for session in made}) == 1


async def test_a_changed_order_closes_the_page_of_the_earlier_one(shop: Shop) -> None:
    draft_id = await shop.draft()
    first, second = await shop.buy(draft_id), await shop.buy(draft_id, 2, Tier.GROWTH)
    assert first != second
    earlier, later = await shop.sessions()
    assert (await shop.stripe.session(earlier)).status == "expired"
    assert (await shop.stripe.session(later)).amount_total == Tier.GROWTH.price_cents
    statuses = await shop.pool.fetch("select status from payments order by created_at")
    assert [row["status"] for row in statuses] == ["expired", "open"]


async def test_what_is_paid_in_one_tab_is_not_sold_in_the_other(shop: Shop) -> None:
    payment = await shop.paid_at_stripe()
    assert payment.draft_id is not None
    with pytest.raises(AlreadyPaid) as paid:
        await shop.buy(payment.draft_id, 2, Tier.GROWTH)
    assert paid.value.payment.job_id is not None
    assert await shop.sessions() == [payment.checkout_session_id]


async def test_who_comes_back_before_the_webhook_finds_their_job(shop: Shop) -> None:
    payment = await shop.paid_at_stripe()
    session_id = payment.checkout_session_id
    assert session_id is not None
    assert (payment.status, payment.job_id) == (PaymentStatus.OPEN, None)
    settled = await asyncio.gather(*(shop.payments.settle(session_id) for _ in range(4)))
    assert {view.status for view in settled} == {PaymentStatus.PAID}
    assert len({view.job_id for view in settled}) == 1
    assert await shop.pool.fetchval("select count(*) from outbox") == 1
    # The webhook comes all the same, and late.
    healed = await shop.reconciled()
    assert ("event that had not arrived, taken", True) in healed
    assert await shop.pool.fetchval("select count(*) from jobs") == 1
    assert payment.draft_id is not None
    with pytest.raises(AlreadyPaid) as paid:
        await shop.buy(payment.draft_id)
    assert paid.value.payment.job_id == settled[0].job_id


async def test_a_bank_transfer_takes_days_and_is_not_paid_twice(shop: Shop) -> None:
    draft_id = await shop.draft()
    await shop.buy(draft_id)
    [session_id] = await shop.sessions()
    await shop.control(f"sessions/{session_id}/pay", means="us_bank_account")
    assert (await shop.payments.settle(session_id)).status is PaymentStatus.PROCESSING
    for version in (1, 2):
        with pytest.raises(PaymentUnderWay):
            await shop.buy(draft_id, version)
    await shop.control(f"sessions/{session_id}/settle", arrives="true")
    assert (await shop.payments.settle(session_id)).job_id is not None


async def test_deliveries_that_go_wrong_lead_to_nothing_wrong(shop: Shop, server: Stack) -> None:
    nobody = shop.payments._gateway
    secrets = (server.environment.values["STRIPE_WEBHOOK_SECRETS"],)
    async with live(Services(pool=shop.pool, gateway=nobody, webhooks=Webhooks(secrets))) as url:
        endpoint = {"endpoint": f"{url}/api/webhooks/stripe"}
        await shop.control("knobs", {**endpoint, "hold": True}, method="PUT")
        payment = await shop.paid_at_stripe()
        events = [event async for event in shop.stripe.undelivered(timedelta(days=1))]
        paid = next(event.id for event in events if event.type == "checkout.session.completed")
        for wrong in ({"secret": "whsec_forged"}, {"age_s": 301}, {"livemode": True}):
            assert await shop.control(f"send/{paid}", {**endpoint, **wrong}) == {"answered": 400}
        # Of other tests' events some may come again at any moment, and are nobody's here.
        assert not await shop.pool.fetchval("select exists (select from stripe_events where id = $1)", paid)
        await shop.control("release", {"order": "newest_first"})
        assert await shop.control(f"send/{paid}", {**endpoint, "copies": 20}) == {"answered": 200}
        assert (await shop.only()).job_id is not None
        assert await shop.pool.fetchval("select count(*) from jobs where payment_id = $1", payment.payment_id) == 1
        assert await shop.pool.fetchval("select count(*) from outbox") == 1
        # Money goes back in Stripe's dashboard.
        intent = (await shop.only()).payment_intent_id
        assert intent is not None
        await shop.stripe.refund(intent, 14_900, key="by hand")
        async with asyncio.timeout(60):
            while (await shop.only()).refunded_cents == 0:
                await shop.control("release", {})
        assert await shop.pool.fetchval("select status from jobs") == JobStatus.CANCELLED
    await shop.control("knobs", {}, method="PUT")


async def test_a_strangers_session_is_nobodys(shop: Shop) -> None:
    with pytest.raises(NoSuchPayment):
        await shop.payments.settle("cs_test_guessed")


async def test_without_stripe_nothing_is_sold_and_nothing_forgotten(shop: Shop) -> None:
    gone = StripeGateway("sk_test_gone", api_base="http://127.0.0.1:1")
    draft_id = await shop.draft()
    nowhere = PaymentsService(shop.pool, shop.payments._gateway, "http://shop.test", gone)
    with pytest.raises(StripeAway):
        await nowhere.open_checkout(draft_id, Tier.STARTER, PROFILE, 1)
    await gone.close()
    assert await shop.buy(draft_id)
    with pytest.raises(PaymentsClosed):
        await PaymentsService(shop.pool, shop.payments._gateway, "x").open_checkout(draft_id, Tier.STARTER, PROFILE, 1)


async def test_no_error_holds_the_key(shop: Shop, server: Stack) -> None:
    wrong = StripeGateway("sk_test_0123456789abcdef", api_base=server.environment.values["STRIPE_API_BASE"])
    with pytest.raises(StripeAway) as away:
        await wrong.session("cs_test_1")
    with pytest.raises(StripeRefused) as refused:
        await shop.stripe.session("cs_test_nothing")
    await wrong.close()
    for error in (away.value, refused.value):
        assert error.__cause__ is None
        assert "sk_test" not in f"{error!s} {error!r}"
        assert "cs_test_nothing" not in str(error)


async def test_the_reconciler_takes_what_never_arrived(shop: Shop) -> None:
    payment = await shop.paid_at_stripe()
    would = await shop.reconciled(dry_run=True)
    assert await shop.pool.fetchval("select count(*) from jobs") == 0
    healed = await shop.reconciled()
    assert ("event that had not arrived, taken", True) in healed
    assert set(healed) <= set(would)
    job_id = (await shop.only()).job_id
    assert job_id is not None
    assert await shop.pool.fetchval("select payment_id from jobs where id = $1", job_id) == payment.payment_id
    # Only what other tests have paid there, and nobody here knows, is still told.
    assert {healed for _, healed in await shop.reconciled()} <= {False}


async def test_a_paid_session_whose_event_is_lost_is_found_by_comparing(shop: Shop) -> None:
    payment = await shop.paid_at_stripe()

    class Forgetful:
        """Stripe after the thirty days in which it keeps events."""

        paid_sessions = shop.stripe.paid_sessions

        async def undelivered(self, since: timedelta) -> AsyncIterator[Any]:
            return
            yield

    found = Findings(Task.PAYMENTS, Sweep())
    await reconcile(shop.pool, Forgetful(), found, dry_run=False)
    [healed] = [finding for finding in found.report.findings if finding.healed]
    assert healed.subjects == (payment.checkout_session_id,)
    assert (await shop.only()).job_id is not None


async def test_what_was_not_delivered_goes_back_once(shop: Shop) -> None:
    await add_directories(shop.pool, ["alpha", "beta"])
    payment = await shop.paid_at_stripe()
    assert payment.checkout_session_id is not None
    job_id = (await shop.payments.settle(payment.checkout_session_id)).job_id
    assert job_id is not None
    await begun_job(shop.pool, job_id)
    await clicked(shop.pool, job_id, "alpha")
    with pytest.raises(NotFinal):
        await shop.refunds.refund(payment.payment_id, ANA)
    assert not await shop.refunds.stop(payment.payment_id, ANA)
    await end(shop.pool, job_id)
    made = await asyncio.gather(*(shop.refunds.refund(payment.payment_id, ANA) for _ in range(4)))
    assert {one.amount_cents for one in made if one} == {14_900 - 298}
    assert len({one.stripe_refund_id for one in made if one}) == 1
    assert await shop.refunds.refund(payment.payment_id, ANA) is None
    intent = (await shop.only()).payment_intent_id
    assert intent is not None
    assert len(await shop.stripe.refunds(intent)) == 1
    assert (await shop.only()).refunded_cents == 14_900 - 298
    assert {entry.what for entry in await audit.listed(shop.pool, AuditFilter())} == {"payment.stop", "payment.refund"}


async def test_who_dies_between_stripe_and_the_ledger_refunds_nothing_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await shop.paid_at_stripe()
    assert payment.checkout_session_id is not None
    await shop.payments.settle(payment.checkout_session_id)
    assert await shop.refunds.stop(payment.payment_id, ANA), "it had not begun"
    assert await shop.pool.fetchval("select status from jobs") == JobStatus.CANCELLED

    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("api.selling.refunds.refunds.finish", dies)
        with pytest.raises(KeyboardInterrupt):
            await shop.refunds.refund(payment.payment_id, ANA)
    done = await shop.refunds.refund(payment.payment_id, ANA)
    assert done is not None
    assert done.amount_cents == 14_900
    assert (await shop.only()).refunded_cents == 14_900


async def test_what_was_not_paid_or_is_disputed_is_not_refunded(shop: Shop) -> None:
    await shop.buy(await shop.draft())
    with pytest.raises(NotRefundable, match="open"):
        await shop.refunds.refund((await shop.only()).payment_id, ANA)
    payment_id, _ = await begun(shop.pool, ("gamma",))
    async with shop.pool.acquire() as connection, connection.transaction():
        from schema.contracts.payment import read_event

        await payments.take_event(connection, read_event(wire.disputed(payment_id)))
    with pytest.raises(NotRefundable, match="disputed"):
        await shop.refunds.owed(payment_id)


async def begun_job(pool: Pool, job_id: UUID) -> None:
    from schema.store import jobs

    job = await jobs.find(pool, job_id)
    assert job is not None
    async with pool.acquire() as connection, connection.transaction():
        await jobs.begin(connection, job)
