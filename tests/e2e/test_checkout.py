"""From the order to the listings on the whole stack: the site, the local Stripe, its webhooks, all that is behind.

What a browser does is told by the demo; here are the ways that are not straight.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from deploy.local.audit import audit, fetch_books
from deploy.local.parts import Piece
from schema.contracts.job import JobStatus, Tier
from schema.contracts.payment import PaymentStatus, PaymentView
from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType
from schema.store import payments
from tests.e2e.street import Street, open_street
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
async def street(test_folder: Path) -> AsyncIterator[Street]:
    async with open_street(test_folder / "checkout") as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer's browser, without the window."""

    street: Street
    web: httpx.AsyncClient
    profile: BusinessProfile

    @property
    def stripe(self) -> str:
        return self.street.stack.environment.values["STRIPE_API_BASE"]

    async def order(self) -> str:
        """The id of the session in which it is to be paid."""
        profile = self.profile
        typed = profile.model_dump(
            include={
                *("country", "business_name", "category", "email", "phone", "website"),
                *("street", "city", "state", "postal_code", "description"),
            }
        )
        answer = await self.web.post("/api/checkout", json={"tier": Tier.STARTER, "profile": typed, "consent": True})
        return str(answer.raise_for_status().json()["url"]).rpartition("/")[2]

    async def pay(self, session: str, means: str) -> httpx.Response:
        """Where the customer lands."""
        paid = await self.web.post(f"{self.stripe}/pay/{session}", data={"means": means})
        assert paid.status_code == HTTPStatus.SEE_OTHER
        return await self.web.get(paid.headers["location"], follow_redirects=True)

    async def at_stripe(self, session: str, what: str) -> None:
        """What a bank does, or somebody in Stripe's dashboard."""
        done = await self.web.post(f"{self.stripe}/sessions/{session}", data={"what": what})
        assert done.status_code == HTTPStatus.SEE_OTHER

    async def payment(self, session: str) -> PaymentView:
        found = await payments.of_session(self.street.pool, session)
        assert found is not None
        return found

    async def ended(self, job_id: UUID) -> None:
        """Return when the job has; whatever it had in hand was let come to its end."""
        async with asyncio.timeout(2 * PATIENCE_S):
            while not (await self.street.report(job_id)).status.ended:
                await asyncio.sleep(0.1)


@pytest.fixture
async def buyer(street: Street) -> AsyncIterator[Buyer]:
    site = street.settings.public_url
    async with httpx.AsyncClient(base_url=site, trust_env=False, headers={"Origin": site}, timeout=PATIENCE_S) as web:
        yield Buyer(street, web, street.profile())


async def test_a_refund_in_mid_job_stops_what_was_not_clicked_and_keeps_the_rest(street: Street, buyer: Buyer) -> None:
    # So many wait for their turn, however fast the others are.
    await street.pool.execute(
        """
        update directories set next_slot_at = now() + interval '1 hour'
        where id not in (select id from directories order by domain_authority desc limit 20)
        """
    )
    session = await buyer.order()
    landed = await buyer.pay(session, "card")
    job_id = UUID(urlsplit(str(landed.url)).path.rpartition("/")[2])
    assert (landed.status_code, buyer.profile.business_name in landed.text) == (HTTPStatus.OK, True)
    await street.under_way(job_id, 4)
    await buyer.at_stripe(session, "refund")
    await buyer.ended(job_id)

    report = await street.report(job_id)
    assert report.status is JobStatus.CANCELLED
    assert report.counts.submitting == report.counts.pending == report.counts.planned == 0
    stopped = [result for result in report.results if result.failure is FailureType.CANCELLED]
    assert len(stopped) > 20, "it was in the middle"
    assert report.counts.submitted > 0
    assert all(result.screenshot for result in report.results if result.status is SubmissionStatus.SUBMITTED)
    books = await fetch_books(street.stack.environment.values["SANDBOX_URL"], buyer.profile.business_name)
    assert audit(report, books) == []

    shown = (await buyer.web.get(f"/api/jobs/{job_id}")).raise_for_status().json()
    assert "refunded" in shown["stopped"]
    payment = await buyer.payment(session)
    assert (payment.status, payment.refunded_cents) == (PaymentStatus.PAID, payment.amount_cents)


async def test_a_transfer_that_arrives_while_the_site_is_down_is_worked_for_when_it_is_back(
    street: Street, buyer: Buyer
) -> None:
    session = await buyer.order()
    landed = await buyer.pay(session, "us_bank_account")
    assert (landed.url.path, parse_qs(landed.url.query.decode())) == ("/checkout/done", {"session_id": [session]})
    payment = await buyer.payment(session)
    assert (payment.status, payment.job_id) == (PaymentStatus.PROCESSING, None)

    await street.stack.kill(Piece.API)
    await buyer.at_stripe(session, "arrives")
    await asyncio.sleep(1)
    await street.stack.restart(Piece.API)
    async with asyncio.timeout(PATIENCE_S):
        while (job_id := (await buyer.payment(session)).job_id) is None:
            await asyncio.sleep(0.1)
    # Whoever waited on that page goes on to their job with the next look.
    arrived = await buyer.web.get(landed.url, follow_redirects=True)
    assert arrived.url.path == f"/jobs/{job_id}"

    await buyer.at_stripe(session, "dispute")
    await buyer.ended(job_id)
    assert (await buyer.payment(session)).disputed
