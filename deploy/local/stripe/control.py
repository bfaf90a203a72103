"""`/_control`: what Stripe itself, a bank or a bad network would do, for tests and developers. It is not Stripe's."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from deploy.local.stripe.account import Account, Means
from deploy.local.stripe.delivery import Deliveries, Knobs
from deploy.local.stripe.wire import Document, Params, no_such


class Release(Params):
    """In which order held events are posted, one after the other."""

    order: Literal["oldest_first", "newest_first"] = "oldest_first"


class Dispute(Params):
    payment_intent: str
    reason: str = "fraudulent"


def router(account: Account, deliveries: Deliveries) -> APIRouter:
    books = account.books
    routes = APIRouter(prefix="/_control")

    @routes.put("/knobs")
    async def turn(knobs: Knobs) -> Knobs:
        """All of them at once; `{}` puts everything right again, and sends what was held."""
        was_held = deliveries.knobs.hold
        deliveries.knobs = knobs
        account.held = knobs.hold
        if was_held and not knobs.hold:
            with books.transaction():
                for one in books.undelivered():
                    if one.due is None and one.tries == 0:
                        books.make_due(one.event, 1)
        deliveries.wake()
        return knobs

    @routes.post("/release")
    async def release(how: Release) -> list[int]:
        """Post everything that nobody has taken, and return what was answered."""
        waiting = [one.event for one in books.undelivered()]
        return await deliveries.release(waiting if how.order == "oldest_first" else reversed(waiting))

    @routes.post("/send/{event_id}")
    async def send(event_id: str, knobs: Knobs) -> dict[str, int]:
        """Post one event now, as the knobs given here say, and return what was answered."""
        event = books.find("event", event_id)
        if event is None:
            raise no_such("event", event_id)
        return {"answered": await deliveries.send(event, knobs)}

    @routes.post("/sessions/{session_id}/pay")
    async def pay(session_id: str, means: Means = "card") -> JSONResponse:
        """As the customer does on the page."""
        return _done(account, lambda: account.pay(session_id, means))

    @routes.post("/sessions/{session_id}/settle")
    async def settle(session_id: str, arrives: bool = True) -> JSONResponse:
        """The bank transfer has come, or will not."""
        return _done(account, lambda: account.settle(session_id, arrives=arrives))

    @routes.post("/disputes")
    async def dispute(asked: Dispute) -> JSONResponse:
        return _done(account, lambda: account.dispute(asked.payment_intent, asked.reason))

    @routes.post("/disputes/{dispute_id}/close")
    async def close(dispute_id: str, won: bool = False) -> JSONResponse:
        return _done(account, lambda: account.close_dispute(dispute_id, won=won))

    @routes.post("/refunds/{refund_id}/fail")
    async def fail(refund_id: str) -> JSONResponse:
        return _done(account, lambda: account.fail_refund(refund_id))

    return routes


def _done(account: Account, act: Callable[[], Document]) -> JSONResponse:
    with account.books.transaction():
        return JSONResponse(act())
