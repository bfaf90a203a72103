"""How the API says no: a problem document, or a page for whoever looks with a browser.

What is away says so (503, and when to come again) instead of being an error of ours.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import quote

import asyncpg
import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match

from api.gateway import Unanswered
from api.pages import page
from schema import problems
from schema.problems import FieldProblem, Headers, Problem
from schema.store.database import AWAY, SeatRefused

_COME_AGAIN = {"Retry-After": "5"}
_NOT_STORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
"""What PostgreSQL says of a text that holds NUL."""

_IN_WORDS: Mapping[int, tuple[str, str]] = {
    400: ("That was not understood", "Please go back and try again."),
    401: (
        "Please sign in",
        "This page is for people we know. A link from one of our mails, or signing in, lets you in.",
    ),
    403: ("This is not open to you", "If you think it should be, ask whoever gave you access."),
    404: ("There is nothing here", "The address may be mistyped, or what was here is gone."),
    405: ("That cannot be done here", "Please go back and try again."),
    409: ("Something else was first", "Please go back, load the page again and look at how it stands now."),
    413: ("That is too big", "Please send less, such as a smaller picture."),
    422: ("Something in the form is not right", "Please go back and look at what you entered."),
    429: ("That was a little fast", "Please wait a moment and try again."),
    503: (
        "Back in a moment",
        "A part of our service cannot be reached right now. Nothing of yours is lost; try again soon.",
    ),
}
_OTHERWISE = ("Something went wrong on our side", "We have been told of it. Please try again in a few minutes.")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_HOME = {"href": "/", "text": "To the start page"}

_log = structlog.get_logger(__name__)


def install(application: FastAPI) -> None:
    """Answer every error of the application so, those of parts that are away included."""

    async def failed(request: Request, error: Exception) -> Response:
        return respond(request, error)

    problems.install(application, answer)
    for kind in (
        *AWAY,
        SeatRefused,
        asyncpg.UndefinedTableError,
        *_NOT_STORABLE,
        Unanswered,
        ClientDisconnect,
        Exception,
    ):
        application.add_exception_handler(kind, failed)


def respond(request: Request, error: Exception) -> Response:
    """The answer to an error, whatever it is; what we are to blame for is logged."""
    problem, headers = _explain(error)
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        # Who is down is a line for each request that finds it so, not a page of each.
        _log.warning("a part is away", error=type(error).__name__)
    elif problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # Its text may hold anything: it is for our log alone.
        _log.error("request failed", status=problem.status, exc_info=error)
    return answer(request, problem, headers)


def too_late(request: Request) -> Response:
    """The answer to who has waited long enough."""
    return answer(request, *_away("A part of the service does not answer in time."))


def answer(request: Request, problem: Problem, headers: Headers = None) -> Response:
    """The problem with its request's id: as a page for browsers, as a document for everybody else."""
    named = problem.model_copy(update={"request_id": correlation_id.get()})
    headers = {**(headers or {}), "Vary": "Accept"}
    if named.status == HTTPStatus.METHOD_NOT_ALLOWED:
        # The router knows of the first route alone that has the path.
        headers["Allow"] = ", ".join(_methods(request))
    if named.status == HTTPStatus.NOT_FOUND and (there := _without_slash(request)):
        return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers={"Location": there})
    if named.status < HTTPStatus.BAD_REQUEST:
        # Being sent elsewhere is no problem.
        return Response(status_code=named.status, headers=headers)
    if "text/html" not in request.headers.get("accept", ""):
        return problems.document(request, named, headers)
    title, words = _IN_WORDS.get(named.status, _OTHERWISE)
    lines = [named.detail or words]
    if named.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        lines.append(f"If you write to us about it, name this number: {named.request_id}.")
    shown = page(request, "message.html", HTTPStatus(named.status), title=title, lines=lines, link=_HOME)
    shown.headers.update(headers)
    if named.status == HTTPStatus.SERVICE_UNAVAILABLE and request.method == "GET":
        # Whoever waits need not press a key.
        shown.headers["Refresh"] = headers.get("Retry-After", "5")
    return shown


def _methods(request: Request) -> Iterator[str]:
    """What may be asked of the address."""
    for method in _METHODS:
        # See `api.middleware.head`.
        if _is_there(request, "GET" if method == "HEAD" else method, request.scope["path"]):
            yield method


def _without_slash(request: Request) -> str | None:
    """Where somebody wanted to go who has ended the address with a slash too many; a path, whatever host they name."""
    path = request.scope["path"]
    there = f"/{path.strip('/')}"
    if path == there or not path.endswith("/") or not _is_there(request, request.method, there):
        return None
    return quote(there)


def _is_there(request: Request, method: str, path: str) -> bool:
    asked = {**request.scope, "method": method, "path": path}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)


def _explain(error: Exception) -> tuple[Problem, Headers]:
    if isinstance(error, Unanswered):
        return _away(str(error))
    if isinstance(error, (*AWAY, SeatRefused)):
        return _away("The database cannot be reached.")
    if isinstance(error, asyncpg.UndefinedTableError):
        return _away("The database has no tables yet.")
    if isinstance(error, _NOT_STORABLE):
        wrong = FieldProblem(field="request", message="A text holds a character that cannot be stored (NUL).")
        return Problem(title="The request is not understood", status=422, errors=(wrong,)), None
    if isinstance(error, ClientDisconnect):
        # Nobody reads it, and we are not to blame.
        return Problem(title="The request ended in its middle", status=HTTPStatus.BAD_REQUEST), None
    return problems.explain(error)


def _away(why: str) -> tuple[Problem, Headers]:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(title=status.phrase, status=status, detail=why), _COME_AGAIN
