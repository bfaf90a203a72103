"""How the API says no: problem details (RFC 9457), for every error and in one shape."""

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"

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


def install(application: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    application.add_exception_handler(HTTPException, _refused)
    application.add_exception_handler(RequestValidationError, _not_understood)
    application.add_exception_handler(Exception, _failed)


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


async def _failed(request: Request, error: Exception) -> JSONResponse:
    # What it was is for our log alone: its text may hold anything.
    _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(Problem(title=status.phrase, status=status))


def _answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True), problem.status, headers, media_type=MEDIA_TYPE
    )
