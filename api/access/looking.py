"""Who of the staff may look, also while the database that knows them is away: for routes that tell of just that."""

from typing import Annotated

from fastapi import Depends, Request

from api.access import auth
from api.access.auth import SessionGiven, TokenGiven
from api.dependencies import ServicesDep
from schema.contracts.access import Principal, Scope


async def _look(services: ServicesDep, given: TokenGiven, session: SessionGiven) -> Principal:
    demand = auth.staff(Scope.READ)(services, given, session)
    return await services.grace.admit(_shown(given, session), demand)


async def _look_at_page(request: Request, services: ServicesDep, given: TokenGiven, session: SessionGiven) -> Principal:
    demand = auth.staff_page(Scope.READ)(request, services, given, session)
    return await services.grace.admit(_shown(given, session), demand)


def _shown(given: TokenGiven, session: SessionGiven) -> str:
    return given.credentials if given else session or ""


StaffLooks = Annotated[Principal, Depends(_look)]
StaffLooksAtPage = Annotated[Principal, Depends(_look_at_page)]
