"""The API's description says everything that a stranger needs, of every operation."""

from typing import Any

import pytest

from api.main import app
from schema.problems import MEDIA_TYPE

DOCUMENT = app.openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


_SHOWN_BY_LOOKING = ("text/html", "application/pdf", "image/png", "image/webp", "image/jpeg", "text/event-stream")
_ANSWERED_OTHERWISE = ("health_ready",)
"""With which part is away."""


def has_example(part: dict[str, Any]) -> bool:
    """Whether it has one itself, or its schema has."""
    if "example" in part or "examples" in part:
        return True
    schema = part.get("schema", {})
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return "examples" in schema or "example" in schema


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_operation_is_described_with_examples(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    for media, sent in operation.get("requestBody", {}).get("content", {}).items():
        assert has_example(sent), f"what is sent as {media}"
    for status, answer in operation["responses"].items():
        assert answer["description"] not in ("", "Successful Response") or status < "300", status
        for media, body in answer.get("content", {}).items():
            assert has_example(body) or media in _SHOWN_BY_LOOKING, f"{status} {media}"


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_error_is_a_problem(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        if status >= "400" and operation["operationId"] not in _ANSWERED_OTHERWISE:
            assert list(answer["content"]) == [MEDIA_TYPE], status
            assert answer["content"][MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_list_goes_on_from_its_cursor() -> None:
    for operation in OPERATIONS.values():
        body = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        schema = DOCUMENT["components"]["schemas"].get(body.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        if "next" in schema.get("properties", {}):
            assert {"cursor", "limit"} <= {one["name"] for one in operation["parameters"]}, operation["operationId"]


def test_operations_have_names_that_stay() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)
    assert {"jobs_show", "actions_resolve_action", "health_ready"} <= set(ids)


def test_pages_are_no_part_of_it() -> None:
    assert [path for path in DOCUMENT["paths"] if not path.startswith("/api/")] == ["/health", "/ready"]
    assert DOCUMENT["components"]["schemas"]["Problem"]["properties"]["request_id"]
    assert "HTTPValidationError" not in str(DOCUMENT)
