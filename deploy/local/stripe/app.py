"""The local Stripe as a web application: the API, the customer's page, an overview, and the knobs for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.staticfiles import StaticFiles

from deploy.local.stripe import api, control, pages
from deploy.local.stripe.account import Account
from deploy.local.stripe.books import Books
from deploy.local.stripe.delivery import Deliveries
from deploy.local.stripe.wire import Refusal

_STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Access:
    """What the account's owner has set up. The key says whether the account is live; `endpoint` is their webhook."""

    key: str
    webhook_secret: str
    endpoint: str


def create_app(folder: Path, access: Access) -> FastAPI:
    """One account, with its books in `folder` (created if missing)."""
    books = Books(folder)
    deliveries = Deliveries(books, access.endpoint, access.webhook_secret)
    account = Account(books, livemode=access.key.startswith(("sk_live_", "rk_live_")), told=deliveries.wake)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with deliveries.running(account):
            yield
        books.close()

    app = FastAPI(title="Local Stripe", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.mount("/_static", StaticFiles(directory=_STATIC))

    @app.get("/_health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.exception_handler(Refusal)
    async def refuse(_: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse(refusal.document, refusal.status)

    @app.exception_handler(HTTPStatus.INTERNAL_SERVER_ERROR)
    async def fail(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse({"error": {"type": "api_error", "message": "An unknown error occurred"}}, 500)

    app.include_router(api.router(api.Api(account, deliveries, access.key)))
    app.include_router(control.router(account, deliveries))
    app.include_router(pages.router(account, deliveries))
    return app
