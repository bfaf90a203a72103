"""The application: `uvicorn api.main:app`. It wires clients to routes and decides nothing."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api import errors, middleware, openapi
from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.pages import STATIC
from api.routes import (
    actions,
    checkout,
    drafts,
    enqueue,
    health,
    job_actions,
    job_page,
    jobs,
    links,
    reports,
    sign_in,
    staff,
    staff_acts,
    staff_jobs,
    status,
    webhooks,
)
from api.selling.stripe import Webhooks
from deploy.runtime.artifacts import FOR_A_GLANCE, FOR_A_LOOK, linker, store
from deploy.runtime.client import connect
from deploy.runtime.database import seated
from deploy.runtime.executions import TemporalExecutions
from deploy.runtime.logs import configure_logs
from deploy.runtime.oidc import oidc_provider
from deploy.runtime.queues import watched_queues
from deploy.runtime.settings import load_settings
from deploy.runtime.site import site
from deploy.runtime.stripe import stripe_gateway
from schema.store.database import Seat, open_pool


@contextlib.asynccontextmanager
async def _lifespan(application: FastAPI) -> AsyncIterator[None]:
    settings = load_settings()
    configure_logs(settings.log_level)
    url, size = settings.database_url.get_secret_value(), settings.database_pool_size
    async with (
        await open_pool(url, size, Seat.STAFF) as pool,
        await open_pool(url, size, Seat.CUSTOMERS) as customers,
        stripe_gateway(settings) as stripe,
    ):
        await seated(pool, customers)
        client = await connect(settings, lazy=True)
        services = application.state.services = Services(
            pool=pool,
            customers=customers,
            gateway=WorkflowGateway(client),
            link=linker(settings, FOR_A_LOOK),
            proof_link=linker(settings, FOR_A_GLANCE),
            artifacts=store(settings),
            site=site(settings),
            provider=oidc_provider(settings),
            stripe=stripe,
            queues=watched_queues(settings),
            executions=TemporalExecutions(client),
            webhooks=Webhooks(settings.webhook_secrets, livemode=settings.stripe_livemode),
        )
        async with services.hub.running(pool, services.progress):
            yield


app = FastAPI(
    title=openapi.TITLE,
    description=openapi.DESCRIPTION,
    version="0.1.0",
    openapi_tags=list(openapi.TAGS),
    servers=[{"url": "/"}],
    generate_unique_id_function=openapi.operation_id,
    lifespan=_lifespan,
    # It would send people to whatever host they name; `api.errors` sends them on within ours.
    redirect_slashes=False,
    # FastAPI's own pages load scripts from elsewhere, which ours never do.
    docs_url=None,
    redoc_url=None,
)
errors.install(app)
middleware.install(app)
openapi.install(app)
# A request asks one router after the other: first what programs ask all day.
app.include_router(health.router)
app.include_router(webhooks.router)
app.include_router(status.router)
app.include_router(actions.router)
# Before the routes that take any job id in its place.
app.include_router(enqueue.router)
app.include_router(jobs.router)
app.include_router(reports.router)
app.include_router(links.router)
app.include_router(job_page.router)
app.include_router(job_actions.router)
app.include_router(checkout.router)
app.include_router(drafts.router)
app.include_router(staff.router)
app.include_router(staff_acts.router)
app.include_router(staff_jobs.router)
app.include_router(sign_in.router)
app.mount("/static", StaticFiles(directory=STATIC), name="static")
