"""What the routes need, as typed FastAPI dependencies. `api.main` puts them on the application's state."""

import dataclasses
from typing import Annotated, cast

from fastapi import Depends, Request

from api.actions import ActionsService, Link
from api.captchas import CaptchaService
from api.gateway import WorkflowGateway
from api.links import LinkService
from api.payments import PaymentsService
from api.stripe import StripeGateway, Webhooks
from schema.store.database import Pool


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Where people find what, as the settings say."""

    public_url: str = "http://127.0.0.1:8080"
    support_email: str | None = None
    temporal_ui_url: str = "http://127.0.0.1:8233"
    temporal_namespace: str = "default"

    @property
    def secure(self) -> bool:
        """Whether cookies may be kept to TLS."""
        return self.public_url.startswith("https://")


@dataclasses.dataclass(frozen=True, slots=True)
class Services:
    """The clients of one API process. Without a link maker, artifacts are named by their keys.

    Without `stripe` nothing can be bought; without secrets `webhooks` believes nobody.
    """

    pool: Pool
    gateway: WorkflowGateway
    link: Link = str
    site: Site = Site()
    stripe: StripeGateway | None = None
    webhooks: Webhooks = dataclasses.field(default_factory=Webhooks)

    @property
    def actions(self) -> ActionsService:
        return ActionsService(self.pool, self.gateway, self.link)

    @property
    def captchas(self) -> CaptchaService:
        return CaptchaService(self.pool, self.actions, self.link)

    @property
    def payments(self) -> PaymentsService:
        return PaymentsService(self.pool, self.gateway, self.site.public_url, self.stripe)

    @property
    def links(self) -> LinkService:
        return LinkService(self.pool)


def services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(services)]
