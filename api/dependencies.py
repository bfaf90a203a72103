"""What the routes need, as typed FastAPI dependencies. `api.main` puts them on the application's state."""

import dataclasses
from typing import Annotated, cast

from fastapi import Depends, Request

from api.gateway import WorkflowGateway
from schema.store.database import Pool


@dataclasses.dataclass(frozen=True, slots=True)
class Services:
    """The clients of one API process."""

    pool: Pool
    gateway: WorkflowGateway


def services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(services)]
