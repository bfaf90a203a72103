"""How our HTTP services say no: problem details (RFC 9457), for every error and in one shape.

Shared by the API and by the brain's service, which do not know each other. It knows no route.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"

_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """One thing wrong with the request; `field` is its place, e.g. "body.email"."""

    field: str
    message: str


class Problem(BaseModel):
    """The body of every error. `errors` is there where single fields are to blame; no value is ever repeated.

    `request_id` finds the request in our logs.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    errors: tuple[FieldProblem, ...] | None = None
    request_id: str | None = None


class RequestRefused(Exception):
    """A request that is understood, and of which a field, or `more` of them, asks for what is not done (422)."""

    def __init__(self, field: str, message: str, *more: FieldProblem) -> None:
        super().__init__(message)
        self.problems = (FieldProblem(field=field, message=message), *more)


Headers = Mapping[str, str] | None
Answer = Callable[[Request, Problem, Headers], Response]
"""Makes the answer of a problem."""


def document(_: Request, problem: Problem, headers: Headers = None) -> Response:
    """The problem as what it is: a JSON document."""
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True), problem.status, headers, media_type=MEDIA_TYPE
    )


def explain(error: Exception) -> tuple[Problem, Headers]:
    """What an error tells the caller, and the headers that go with it; what is unknown to us tells nothing."""
    match error:
        case HTTPException():
            title = HTTPStatus(error.status_code).phrase
            detail = error.detail if error.detail != title else None
            return Problem(title=title, status=error.status_code, detail=detail), error.headers
        case RequestValidationError() if isinstance(error.body, bytes):
            # FastAPI leaves a body as it is that is not said to be JSON.
            status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
            why = "The body must be JSON, and be said to be: send Content-Type: application/json."
            return Problem(title=status.phrase, status=status, detail=why), None
        case RequestValidationError():
            return _unprocessable("The request is not understood", tuple(map(_wrong, error.errors()))), None
        case RequestRefused():
            return _unprocessable("The request is refused", error.problems), None
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(title=status.phrase, status=status), None


def install(application: FastAPI, answer: Answer = document) -> None:
    """Answer every error of the application with a problem, and say so in its OpenAPI document."""

    async def refused(request: Request, error: Exception) -> Response:
        return answer(request, *explain(error))

    async def failed(request: Request, error: Exception) -> Response:
        # What it was is for our log alone: its text may hold anything.
        _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
        return answer(request, *explain(error))

    for kind in (HTTPException, RequestValidationError, RequestRefused):
        application.add_exception_handler(kind, refused)
    application.add_exception_handler(Exception, failed)
    describe = application.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        for operation in (o for path in document["paths"].values() for o in path.values()):
            for said in operation["responses"].values():
                # FastAPI describes every model under the media type of the route's good answer.
                if said.get("content", {}).get("application/json", {}).get("schema") == _REFERENCE:
                    said["content"] = {MEDIA_TYPE: said["content"]["application/json"]}
        return document

    application.openapi = openapi  # type: ignore[method-assign]


def answers(reasons: Mapping[HTTPStatus, str]) -> dict[int | str, dict[str, Any]]:
    """The errors of one route, for its OpenAPI document: what each status says."""
    return {status.value: {"model": Problem, "description": why} for status, why in reasons.items()}


def _wrong(found: Mapping[str, Any]) -> FieldProblem:
    if found["type"] == "json_invalid":
        # Its place is no field, but where the reader gave up.
        return FieldProblem(field="body", message=f"It is not JSON, from character {found['loc'][-1]} on.")
    return FieldProblem(field=".".join(map(str, found["loc"])), message=found["msg"].removeprefix("Value error, "))


def _unprocessable(title: str, errors: tuple[FieldProblem, ...]) -> Problem:
    return Problem(title=title, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
