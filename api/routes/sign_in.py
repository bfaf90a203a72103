"""`/staff/sign-in`: how staff get in with a browser, by pasting a token or by the OpenID provider, and out again."""

from http import HTTPStatus
from typing import Annotated

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.access.auth import SESSION_COOKIE, SIGN_IN
from api.access.oidc import Attempt, ProviderAway, SignInRefused
from api.access.sign_in import NotKnown
from api.dependencies import Services, ServicesDep
from api.pages import page
from schema.store import sessions

router = APIRouter(prefix="/staff", include_in_schema=False)

_ATTEMPT_COOKIE = "staff-sign-in"
_ATTEMPT_S = 600
_HOME = "/staff"

Wanted = Annotated[str, Query(alias="next", description="The page to go to then.")]


@router.get("/sign-in")
async def sign_in_page(request: Request, services: ServicesDep, wanted: Wanted = _HOME) -> Response:
    """Where a token is pasted. `…/sign-in#dbt_…` fills it in: what follows the # never leaves the browser."""
    return _page(request, services, wanted)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    services: ServicesDep,
    token: Annotated[str, Form()] = "",
    wanted: Annotated[str, Form(alias="next")] = _HOME,
) -> Response:
    """Let in whose token it is."""
    try:
        secret = await services.sign_in.by_token(token, correlation_id.get() or "")
    except NotKnown as refused:
        return _page(request, services, wanted, str(refused), HTTPStatus.UNAUTHORIZED)
    # Whoever was signed in here before is out: the browser forgets that cookie, and a copy of it must open nothing.
    await services.sign_in.out(request.cookies.get(SESSION_COOKIE, ""), correlation_id.get() or "")
    answer = RedirectResponse(_ours(wanted), HTTPStatus.SEE_OTHER)
    _keep(answer, services, secret)
    return answer


@router.get("/sign-in/provider")
async def go_to_provider(request: Request, services: ServicesDep, wanted: Wanted = _HOME) -> Response:
    """Off to the OpenID provider, which sends the browser back to `/staff/sign-in/done`."""
    if services.provider is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    try:
        url, attempt = await services.provider.begin(_ours(wanted))
    except ProviderAway as away:
        return _page(request, services, wanted, str(away), HTTPStatus.SERVICE_UNAVAILABLE)
    answer = RedirectResponse(url, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        _ATTEMPT_COOKIE,
        attempt.packed(),
        max_age=_ATTEMPT_S,
        path=SIGN_IN,
        httponly=True,
        # The provider's page leads back here, and a strict cookie would stay away.
        samesite="lax",
        secure=services.site.secure,
    )
    return answer


@router.get("/sign-in/done")
async def come_back(
    request: Request, services: ServicesDep, state: str = "", code: str = "", error: str = ""
) -> Response:
    """Back from the provider: let in whom it knows."""
    if services.provider is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    attempt = Attempt.unpacked(request.cookies.get(_ATTEMPT_COOKIE, ""))
    if attempt is None:
        said, status = (
            "That took too long, or was begun in another browser: please begin again.",
            HTTPStatus.BAD_REQUEST,
        )
        return _page(request, services, _HOME, said, status)
    try:
        if error or not code:
            raise SignInRefused("The provider did not let you in.")
        who = await services.provider.finish(attempt, state, code)
        who = who.model_copy(update={"request_id": correlation_id.get() or ""})
        secret = await services.sign_in.by_provider(who)
    except SignInRefused as refused:
        answer = _page(request, services, attempt.next, str(refused), HTTPStatus.FORBIDDEN)
    except ProviderAway as away:
        answer = _page(request, services, attempt.next, str(away), HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        # A redirect would still belong to the provider's page, and the strict cookie would not go with it.
        answer = page(request, "staff_signed_in.html", next=_ours(attempt.next))
        _keep(answer, services, secret)
    answer.delete_cookie(_ATTEMPT_COOKIE, path=SIGN_IN)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, services: ServicesDep) -> Response:
    """End the session, also for whoever may have copied its cookie."""
    await services.sign_in.out(request.cookies.get(SESSION_COOKIE, ""), correlation_id.get() or "")
    answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


def _page(
    request: Request, services: Services, next_page: str, problem: str = "", status: HTTPStatus = HTTPStatus.OK
) -> Response:
    provider = services.provider.name if services.provider else ""
    return page(request, "staff_sign_in.html", status, next=_ours(next_page), problem=problem, provider=provider)


def _keep(answer: Response, services: Services, secret: str) -> None:
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(sessions.LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=services.site.secure,
    )


def _ours(next_page: str) -> str:
    """Only a page of the staff's: whoever makes up an address must not have people sent elsewhere."""
    plain = next_page.isascii() and next_page.isprintable() and "\\" not in next_page and "//" not in next_page
    return next_page if plain and (next_page == _HOME or next_page.startswith((f"{_HOME}/", f"{_HOME}?"))) else _HOME
