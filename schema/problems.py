"""How our HTTP services say no: problem details (RFC 9457), for every error and in one shape.

Shared by the API and by the brain's service, which do not know each other. It knows no route.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
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
    """The body of every error. `errors` is there where single fields are to blame; no value is ever repeated."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    errors: tuple[FieldProblem, ...] | None = None


class RequestRefused(Exception):
    """A request that is understood, and of which one field asks for something that is not done (422)."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.problem = FieldProblem(field=field, message=message)


def install(application: FastAPI) -> None:
    """Answer every error of the application with a problem, and say so in its OpenAPI document."""
    application.add_exception_handler(HTTPException, _refused)
    application.add_exception_handler(RequestValidationError, _not_understood)
    application.add_exception_handler(RequestRefused, _not_done)
    application.add_exception_handler(Exception, _failed)
    describe = application.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        for operation in (o for path in document["paths"].values() for o in path.values()):
            for answer in operation["responses"].values():
                # FastAPI describes every model under the media type of the route's good answer.
                if answer.get("content", {}).get("application/json", {}).get("schema") == _REFERENCE:
                    answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
        return document

    application.openapi = openapi  # type: ignore[method-assign]


def answers(reasons: Mapping[HTTPStatus, str]) -> dict[int | str, dict[str, Any]]:
    """The errors of one route, for its OpenAPI document: what each status says."""
    return {status.value: {"model": Problem, "description": why} for status, why in reasons.items()}


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != title else None
    return _answer(Problem(title=title, status=error.status_code, detail=detail), error.headers)


async def _not_understood(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = tuple(
        FieldProblem(field=".".join(map(str, wrong["loc"])), message=wrong["msg"].removeprefix("Value error, "))
        for wrong in error.errors()
    )
    return _answer(
        Problem(title="The request is not understood", status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=fields)
    )


async def _not_done(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestRefused)
    return _answer(
        Problem(title="The request is refused", status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=(error.problem,))
    )


async def _failed(request: Request, error: Exception) -> JSONResponse:
    # What it was is for our log alone: its text may hold anything.
    _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(Problem(title=status.phrase, status=status))


def _answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True), problem.status, headers, media_type=MEDIA_TYPE
    )
