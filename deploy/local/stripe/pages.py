"""What people see of the local Stripe: the page where a customer pays, and one that shows all sessions and events."""

from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal

import jinja2
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from deploy.local.stripe.account import Account, Means
from deploy.local.stripe.delivery import Deliveries
from deploy.local.stripe.params import MakeRefund
from deploy.local.stripe.wire import Document, Refusal

_SHOWN_SESSIONS, _SHOWN_EVENTS = 50, 100
Staged = Literal["arrives", "bounces", "refund", "dispute", "expire"]


def _money(amount: int, currency: str) -> str:
    return f"{'$' if currency == 'usd' else currency.upper() + ' '}{amount / 100:,.2f}"


def _clock(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d %b %H:%M:%S}"


_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters |= {"money": _money, "clock": _clock}


def router(account: Account, deliveries: Deliveries) -> APIRouter:
    books = account.books
    routes = APIRouter()

    @routes.get("/")
    async def overview() -> HTMLResponse:
        sessions = [_with_payment(account, one) for one in books.newest("checkout.session")[:_SHOWN_SESSIONS]]
        events, known = books.newest("event")[:_SHOWN_EVENTS], books.deliveries()
        return _page("overview.html", sessions=sessions, events=[(one, known[one["id"]]) for one in events])

    @routes.get("/pay/{session_id}")
    async def show(session_id: str) -> HTMLResponse:
        try:
            return _pay_page(account, session_id)
        except Refusal:
            return _page("gone.html", HTTPStatus.NOT_FOUND, status="gone", back=None)

    @routes.post("/pay/{session_id}")
    async def pay(session_id: str, means: Annotated[Means, Form()]) -> Response:
        """To the success page when it is paid or on its way; else the page again, with what is wrong."""
        try:
            with books.transaction():
                paid = account.pay(session_id, means)
        except Refusal as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                return _page("gone.html", HTTPStatus.NOT_FOUND, status="gone", back=None)
            return _pay_page(account, session_id)
        if paid["status"] == "open":
            return _pay_page(account, session_id, declined=True)
        to = paid["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id)
        return RedirectResponse(to, HTTPStatus.SEE_OTHER)

    @routes.post("/sessions/{session_id}")
    async def stage(session_id: str, what: Annotated[Staged, Form()]) -> Response:
        """What a bank, or somebody in Stripe's own dashboard, does to a payment."""
        try:
            with books.transaction():
                _stage(account, account.session(session_id), what)
        except Refusal as refusal:
            return _page("refused.html", refusal.status, why=str(refusal))
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    @routes.post("/events/{event_id}/resend")
    async def resend(event_id: str) -> Response:
        if books.find("event", event_id) is not None:
            await deliveries.attempt(event_id, retry=False)
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    return routes


def _pay_page(account: Account, session_id: str, *, declined: bool = False) -> HTMLResponse:
    with account.books.transaction():
        session = account.session(session_id)
        items = account.line_items(session_id)
    if session["status"] != "open":
        return _page("gone.html", status=session["status"], back=session["cancel_url"])
    code = HTTPStatus.PAYMENT_REQUIRED if declined else HTTPStatus.OK
    return _page("pay.html", code, session=session, items=items, declined=declined)


def _with_payment(account: Account, session: Document) -> tuple[Document, Document | None, Document | None]:
    """The session, its PaymentIntent, and the last attempt to take the money."""
    intent = account.books.find("payment_intent", session["payment_intent"] or "")
    return session, intent, account.books.find("charge", intent["latest_charge"]) if intent else None


def _stage(account: Account, session: Document, what: Staged) -> None:
    intent = session["payment_intent"] or ""
    nobody: Document = {"id": None, "idempotency_key": None}
    match what:
        case "arrives" | "bounces":
            account.settle(session["id"], arrives=what == "arrives")
        case "refund":
            account.refund(MakeRefund(payment_intent=intent), nobody)
        case "dispute":
            account.dispute(intent, "fraudulent")
        case "expire":
            account.expire(session["id"], nobody)


def _page(name: str, code: int = HTTPStatus.OK, **context: object) -> HTMLResponse:
    # The real one is as careful about who frames it.
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'"}
    return HTMLResponse(_pages.get_template(name).render(**context), code, headers)
