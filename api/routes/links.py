"""`/l/{secret}` and `/links`: how customers get to their listings, and back to them when the link is lost."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import EmailStr, TypeAdapter, ValidationError

from api.access.auth import JOB_COOKIES, let_in
from api.dependencies import ServicesDep
from api.pages import page
from api.pages.by_link import ByLink, opens_nothing

router = APIRouter(route_class=ByLink, include_in_schema=False)

_EMAIL: TypeAdapter[str] = TypeAdapter(EmailStr)
_LONGEST_ADDRESS = 254
_MOST_SHOWN = 50


@router.get("/l/{secret}")
async def open_link(request: Request, services: ServicesDep, secret: str) -> Response:
    """Into the browser's cookie and out of its address bar."""
    link = await services.links.find(secret)
    if link is None:
        return _unseen(opens_nothing(request))
    answer = RedirectResponse(f"/jobs/{link.job_id}", HTTPStatus.SEE_OTHER)
    let_in(answer, services.site, link.job_id, secret)
    return _unseen(answer)


@router.get("/links")
async def ask(request: Request, services: ServicesDep) -> Response:
    """What this browser can open already, and a way to be mailed the rest."""
    shown = [secret for name, secret in request.cookies.items() if name.startswith(JOB_COOKIES)][:_MOST_SHOWN]
    jobs = await services.links.opened(shown)
    return page(request, "links.html", email="", problem="", asked=False, jobs=jobs)


@router.post("/links")
async def ask_again(request: Request, services: ServicesDep, email: Annotated[str, Form()] = "") -> Response:
    """The answer is the same whoever asks."""
    try:
        address = _EMAIL.validate_python(email.strip()[:_LONGEST_ADDRESS])
    except ValidationError:
        problem = "This does not look like an e-mail address: it should read like name@example.com."
        return page(
            request, "links.html", HTTPStatus.UNPROCESSABLE_ENTITY, email=email, problem=problem, asked=False, jobs=()
        )
    await services.links.ask_again(address)
    return page(request, "links.html", email=address, problem="", asked=True, jobs=())


def _unseen(answer: Response) -> Response:
    """Nobody keeps the answer, and nobody who is linked to learns the address: the secret is in it."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer
