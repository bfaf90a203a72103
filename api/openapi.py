"""The API's description, for whoever writes a program against it: what FastAPI knows of the routes, and what it cannot
know because it stands in front of them (limits, keys, tags, ids), said once here for all of them.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.middleware.idempotency import HEADER, KEY_PATTERN
from schema.problems import MEDIA_TYPE, Problem

TITLE = "DirectoryBolt"
DESCRIPTION = """
Lists a business in online directories: once each, with proof.

**Who may do what.** Customers bear the secret of their job's link (`dbl_…`), staff and other front ends a token
(`dbt_…`), both as `Authorization: Bearer …`. Nothing secret is ever taken from an address.

**Errors** are problem documents (RFC 9457). `errors` names the fields that are to blame, `request_id` finds the
request in our logs; it is also in `X-Request-ID` of every answer, and may be chosen by the caller.

**Asking again.** What changes something takes an `Idempotency-Key`: under one key it is done once, and answered alike
for a day. What is only read has an `ETag`: with `If-None-Match` it is sent only if it has changed.

**Limits.** `RateLimit` tells how much is left; past it the answer is 429, with `Retry-After`. 503 means that a part of
the service is away, and when to come again.
""".strip()
TAGS = (
    {"name": "checkout", "description": "What a customer does before paying: a profile, a draft, an order."},
    {"name": "jobs", "description": "What was paid for, and how far it is."},
    {"name": "reports", "description": "The whole of a job, to keep."},
    {"name": "actions", "description": "What waits for a person."},
    {"name": "status", "description": "How the service does, for staff."},
    {"name": "webhooks", "description": "What Stripe tells us."},
    {"name": "health", "description": "For whoever watches the process."},
)

_UNSAFE = frozenset({"post", "put", "patch", "delete"})
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_ID = "5b7e2f0c9a4d4e1f8c3b6a7d8e9f0a1b"
_WHY = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read.",
    HTTPStatus.FORBIDDEN: "It came from another site's page, with this visitor's cookies.",
    HTTPStatus.NOT_FOUND: "There is nothing of that name.",
    HTTPStatus.CONFLICT: "The same request is being carried out right now, under the same Idempotency-Key.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too big.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not said to be JSON; send `Content-Type: application/json`.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is wrong; `errors` says which.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many such requests; `Retry-After` says when to come again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "A part of the service is away; `Retry-After` says when to come again.",
}
_NOT_MODIFIED = {"description": "It is what `If-None-Match` names: nothing is sent."}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Under one key a request is carried out once, and answered alike for 24 hours.",
    "schema": {"type": "string", "pattern": KEY_PATTERN, "examples": ["0b9d3f0e-7c55-4a64-8f43-52a6f3a9d2c4"]},
}


def operation_id(route: APIRoute) -> str:
    """Such as `jobs_show`: it changes with neither the path nor the order of the routes."""
    return "_".join((*map(str, route.tags[:1]), route.name))


def install(application: FastAPI) -> None:
    """Complete the application's description; it is worked out at the first question for it."""
    describe = application.openapi

    def openapi() -> dict[str, Any]:
        if application.openapi_schema is None or "x-complete" not in application.openapi_schema:
            document = describe()
            for method, path, operation in _operations(document):
                _complete(method, path, operation)
            schemas = document["components"]["schemas"]
            schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schemas["Problem"].pop("$defs"))
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            document["x-complete"] = True
        return application.openapi_schema or {}

    application.openapi = openapi  # type: ignore[method-assign]


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def _complete(method: str, path: str, operation: dict[str, Any]) -> None:
    said = operation["responses"]
    if path.startswith("/api/"):
        for status in _in_front_of(method, path, operation):
            said.setdefault(str(status.value), {"description": _WHY[status], "content": {MEDIA_TYPE: {}}})
        if method in _UNSAFE and not path.startswith("/api/webhooks/"):
            operation.setdefault("parameters", []).append(_KEY)
        if said.get("307", {}).get("description") == "Successful Response":
            said["307"] = {"description": "`Location` says where it is."}
        if method == "get" and "application/json" in said.get("200", {}).get("content", {}):
            said.setdefault("304", _NOT_MODIFIED)
    for status, answer in said.items():
        if status >= "400" and _is_problem(answer):
            answer["content"] = {MEDIA_TYPE: {"schema": _PROBLEM, "example": _example(int(status), answer)}}
    operation["responses"] = dict(sorted(said.items()))


def _in_front_of(method: str, path: str, operation: dict[str, Any]) -> Iterator[HTTPStatus]:
    """What may be answered before the route is asked, or because what it needs is away."""
    yield HTTPStatus.SERVICE_UNAVAILABLE
    if "requestBody" in operation:
        yield from (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if "{" in path:
        # What stands in the address may be such that it names nothing at all.
        yield HTTPStatus.NOT_FOUND
    if path.startswith("/api/webhooks/"):
        return
    yield HTTPStatus.TOO_MANY_REQUESTS
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if method in _UNSAFE:
        yield from (HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
    elif operation.get("parameters"):
        yield HTTPStatus.UNPROCESSABLE_ENTITY


def _is_problem(answer: dict[str, Any]) -> bool:
    # FastAPI describes every model under the media type of the route's good answer.
    return any(
        media == MEDIA_TYPE or body.get("schema", {}).get("$ref", "").endswith(("/Problem", "/HTTPValidationError"))
        for media, body in answer.get("content", {}).items()
    )


def _example(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    kind = HTTPStatus(status)
    problem = Problem(title=kind.phrase, status=status, detail=answer["description"], request_id=_ID)
    if answer["description"] == "Validation Error":
        answer["description"] = problem.detail = _WHY[kind]
    return problem.model_dump(mode="json", exclude_none=True)
