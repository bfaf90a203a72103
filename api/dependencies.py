"""What the routes need, as typed FastAPI dependencies. `api.main` puts them on the application's state."""

import dataclasses
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.access.grace import Grace
from api.access.links import LinkService
from api.access.oidc import Provider
from api.access.sign_in import SignInService
from api.gateway import WorkflowGateway
from api.handoff.actions import ActionsService, Link
from api.handoff.captchas import CaptchaService
from api.handoff.customer_actions import CustomerActions
from api.job.hub import Hub
from api.job.progress import ProgressService
from api.job.reports import Artifacts, ReportsService
from api.rates import Rates
from api.selling.checkout import CheckoutService
from api.selling.payments import PaymentsService
from api.selling.stripe import StripeGateway, Webhooks
from api.staff.explained import Executions
from api.staff.status import Queues, StatusBoard
from api.staff.steering import SteeringService
from schema.store.database import Pool


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Where people find what, as the settings say."""

    public_url: str = "http://127.0.0.1:8080"
    support_email: str | None = None
    temporal_ui_url: str = "http://127.0.0.1:8233"
    temporal_namespace: str = "default"
    temporal_task_queue: str = "directorybolt"
    cors_origins: tuple[str, ...] = ()
    """Other sites whose pages may read our API."""
    artifact_origin: str = ""
    """Where the screenshots are that pages show; empty where they are not shown by a link."""
    paying_origin: str = "https://checkout.stripe.com"
    """Where the page on which customers pay is."""

    @property
    def origin(self) -> str:
        """What browsers say as the `Origin` of our own pages."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        """Whether cookies may be kept to TLS."""
        return self.public_url.startswith("https://")


@dataclasses.dataclass(frozen=True, slots=True)
class Services:
    """The clients of one API process. Without a link maker, artifacts are named by their keys.

    `pool` sees everything: staff, Stripe and who is about to pay are served from it. `customers` sees nothing but
    within a `job_scope`; where there is no such pool, the scopes are cut out of `pool`.
    Without `provider` staff sign in by tokens alone. Without `stripe` nothing can be bought; without secrets `webhooks`
    believes nobody.
    """

    pool: Pool
    gateway: WorkflowGateway
    customers: "Pool | None" = None
    link: Link = str
    proof_link: Link = str
    artifacts: Artifacts | None = None
    hub: Hub = dataclasses.field(default_factory=Hub)
    site: Site = Site()
    provider: Provider | None = None
    stripe: StripeGateway | None = None
    webhooks: Webhooks = dataclasses.field(default_factory=Webhooks)
    rates: Rates = dataclasses.field(default_factory=Rates)
    queues: Queues | None = None
    executions: Executions | None = None
    board: StatusBoard = dataclasses.field(init=False)
    grace: Grace = dataclasses.field(default_factory=Grace)

    def __post_init__(self) -> None:
        # It remembers what it has seen: one for all requests.
        object.__setattr__(self, "board", StatusBoard(self.pool, self.gateway, self.queues))

    @property
    def actions(self) -> ActionsService:
        return ActionsService(self.pool, self.gateway, self.link)

    @property
    def steering(self) -> SteeringService:
        return SteeringService(self.pool, self.gateway, self.site.temporal_task_queue)

    @property
    def captchas(self) -> CaptchaService:
        return CaptchaService(self.pool, self.actions, self.link)

    @property
    def progress(self) -> ProgressService:
        return ProgressService(self.customers or self.pool, self.proof_link)

    @property
    def reports(self) -> ReportsService:
        site = self.site
        return ReportsService(self.progress, self.gateway, self.artifacts, site.public_url, site.temporal_task_queue)

    @property
    def payments(self) -> PaymentsService:
        return PaymentsService(self.pool, self.gateway, self.site.public_url, self.stripe)

    @property
    def checkout(self) -> CheckoutService:
        return CheckoutService(self.pool, self.payments)

    @property
    def customer_actions(self) -> CustomerActions:
        return CustomerActions(self.actions)

    @property
    def sign_in(self) -> SignInService:
        return SignInService(self.pool)

    @property
    def links(self) -> LinkService:
        return LinkService(self.pool)


async def services(request: Request) -> Services:
    # Not a plain function: that would cost every request a trip to another thread.
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(services)]
