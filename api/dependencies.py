"""What the routes need, as typed FastAPI dependencies. `api.main` puts them on the application's state."""

import dataclasses
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from api.actions import ActionsService, Link
from api.captchas import CaptchaService
from api.gateway import WorkflowGateway
from schema import bearer
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
    """The clients of one API process. Without a link maker, artifacts are named by their keys."""

    pool: Pool
    gateway: WorkflowGateway
    link: Link = str
    site: Site = Site()
    staff_token: SecretStr | None = None

    @property
    def actions(self) -> ActionsService:
        return ActionsService(self.pool, self.gateway, self.link)

    @property
    def captchas(self) -> CaptchaService:
        return CaptchaService(self.pool, self.actions, self.link)


def services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(services)]

_STAFF = HTTPBearer(auto_error=False, description="The service's STAFF_TOKEN.")


async def staff_only(
    services: ServicesDep, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_STAFF)]
) -> None:
    """Lets through who bears the staff's token, and nobody where there is none."""
    if services.staff_token is None:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "STAFF_TOKEN is not set: this is closed until it is.")
    bearer.demand(services.staff_token.get_secret_value(), given)
