"""Who may do what: every route names one of these dependencies, or says in the tests why it is open to all.

Staff and services bear a token (`Authorization: Bearer dbt_…`); in a browser staff are signed in by a cookie instead.
A customer bears a link's secret (`Bearer dbl_…`), or has it in their job's cookie. Nothing is ever taken from the
address: addresses end up in logs. Whoever shows nothing that holds, 401; the wrong scope, 403; another's job, 404,
whether there is such a job or not.
"""

import dataclasses
import functools
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from asgi_correlation_id import correlation_id
from fastapi import Depends, HTTPException, Request, Response
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from api.dependencies import Services, ServicesDep, Site
from schema import problems
from schema.contracts.access import Principal, Scope
from schema.store import links, sessions, tokens

SESSION_COOKIE = "staff-session"
JOB_COOKIES = "job-"
SIGN_IN = "/staff/sign-in"

UNAUTHORIZED = {HTTPStatus.UNAUTHORIZED: "Nothing was shown that lets you in, or it holds no more."}
FORBIDDEN = {HTTPStatus.FORBIDDEN: "What was shown is good, but not for this."}
NOT_YOURS = {HTTPStatus.NOT_FOUND: "There is no such job, or it is not yours."}

_TOKEN = HTTPBearer(auto_error=False, scheme_name="token", description="`directorybolt tokens create` makes one.")
_LINK = HTTPBearer(
    auto_error=False, scheme_name="link", description="The secret of a customer's link, or a staff token."
)
_SESSION = APIKeyCookie(
    name=SESSION_COOKIE, auto_error=False, scheme_name="session", description=f"Set by signing in at {SIGN_IN}."
)

TokenGiven = Annotated[HTTPAuthorizationCredentials | None, Depends(_TOKEN)]
LinkGiven = Annotated[HTTPAuthorizationCredentials | None, Depends(_LINK)]
SessionGiven = Annotated[str | None, Depends(_SESSION)]


@dataclasses.dataclass(frozen=True, slots=True)
class Viewer:
    """Who may look at this one job: its customer, or somebody of the staff."""

    job_id: UUID
    staff: bool = False


@functools.cache
def staff(scope: Scope) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """Lets in staff with that scope, by token or browser: `Annotated[Principal, Depends(staff(Scope.ACT))]`."""

    async def demand(services: ServicesDep, given: TokenGiven, session: SessionGiven) -> Principal:
        return _allowed(await _staff(services, given, session), scope)

    return demand


@functools.cache
def service(scope: Scope) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """Lets in whoever bears a token of that scope; no browser is signed in for this."""

    async def demand(services: ServicesDep, given: TokenGiven) -> Principal:
        return _allowed(await _staff(services, given, None), scope)

    return demand


@functools.cache
def staff_page(scope: Scope) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """As `staff`, for what a browser opens: whoever is not signed in is sent to where they can, and comes back."""

    async def demand(request: Request, services: ServicesDep, given: TokenGiven, session: SessionGiven) -> Principal:
        who = await _staff(services, given, session)
        if who is None and given is None:
            where = urlencode({"next": request.url.path})
            raise HTTPException(HTTPStatus.SEE_OTHER, headers={"Location": f"{SIGN_IN}?{where}"})
        return _allowed(who, scope)

    return demand


async def job_viewer(
    request: Request, services: ServicesDep, job_id: UUID, given: LinkGiven, session: SessionGiven
) -> Viewer:
    """Lets in who has a link to this job, and staff who may read."""
    secret = given.credentials if given else request.cookies.get(job_cookie(job_id), "")
    if secret and not secret.startswith(tokens.PREFIX):
        link = await links.find(services.pool, secret)
        if link is not None and link.job_id == job_id:
            return Viewer(job_id)
        if link is not None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
    # A link that has run out in a browser of the staff is no reason to keep them out.
    _allowed(await _staff(services, given, session), Scope.READ)
    return Viewer(job_id, staff=True)


async def job_customer(viewer: Annotated[Viewer, Depends(job_viewer)]) -> Viewer:
    """Lets in the job's customer alone."""
    if viewer.staff:
        raise HTTPException(HTTPStatus.FORBIDDEN, "This is the customer's word: staff have pages of their own.")
    return viewer


StaffReads = Annotated[Principal, Depends(staff(Scope.READ))]
StaffActs = Annotated[Principal, Depends(staff(Scope.ACT))]
ServiceEnqueues = Annotated[Principal, Depends(service(Scope.ENQUEUE))]
ViewerDep = Annotated[Viewer, Depends(job_viewer)]
CustomerDep = Annotated[Viewer, Depends(job_customer)]


def job_cookie(job_id: UUID) -> str:
    """Name of the cookie in which a browser keeps the link to this job."""
    return f"{JOB_COOKIES}{job_id}"


def let_in(response: Response, site: Site, job_id: UUID, secret: str) -> None:
    """Keep a link in the browser that gets this answer, for as long as it holds."""
    response.set_cookie(
        job_cookie(job_id),
        secret,
        max_age=int(links.LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=site.secure,
    )


def answers(*more: dict[HTTPStatus, str]) -> dict[int | str, dict[str, object]]:
    """The errors of a route that lets not everybody in, for its OpenAPI document."""
    reasons = {status: why for some in (UNAUTHORIZED, FORBIDDEN, *more) for status, why in some.items()}
    return problems.answers(reasons)


async def _staff(
    services: Services, given: HTTPAuthorizationCredentials | None, session: str | None
) -> Principal | None:
    """Who asks; a token that is shown decides alone, whoever is signed in besides."""
    who = None
    if given is not None:
        token = await tokens.find(services.pool, given.credentials)
        if token is not None:
            who = Principal(name=token.name, scopes=frozenset(token.scopes), via="token")
    elif session:
        who = await sessions.find(services.pool, session)
    return who.model_copy(update={"request_id": correlation_id.get() or ""}) if who else None


def _allowed(who: Principal | None, scope: Scope) -> Principal:
    """Raises HTTPException: 401 where nobody is known, 403 where they may not."""
    if who is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    if not who.may(scope):
        why = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise HTTPException(HTTPStatus.FORBIDDEN, f"This needs the scope {scope}.", headers={"WWW-Authenticate": why})
    return who
