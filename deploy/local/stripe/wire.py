"""Stripe's way of asking and refusing: nested form fields in, error objects out."""

import re
import secrets
import string
from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

Document = dict[str, Any]
"""An object in Stripe's own format, which is theirs to change: passed on as it is."""

_STEP = re.compile(r"\[([^\]]*)\]")
_ALPHABET = string.ascii_letters + string.digits

P = TypeVar("P", bound="Params")


class Params(BaseModel):
    """What a request may carry. A parameter that is not listed is refused: the real one may mean something by it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Refusal(Exception):
    """An answer of 4xx: Stripe's error object."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        fields = {"code": code, "message": message, "param": param or None, "type": kind}
        self.document: Document = {"error": {name: value for name, value in fields.items() if value is not None}}


def no_such(kind: str, object_id: str, param: str = "id") -> Refusal:
    return Refusal(404, f"No such {kind}: '{object_id}'", code="resource_missing", param=param)


def new_id(prefix: str, length: int = 24) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def decode(text: str) -> Document:
    """The nested fields of a form body or a query: `a[b][0]=c` is `{"a": {"b": ["c"]}}`."""
    tree: Document = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, bracket, rest = name.partition("[")
        path = [head, *_STEP.findall(bracket + rest)]
        place = tree
        for step in path[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise Refusal(400, f"Invalid parameters: {name}", param=name)
        # `expand[]=a&expand[]=b`: every one is another element.
        place[path[-1] or str(len(place))] = value
    return {name: _with_lists(value) for name, value in tree.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(inner) for name, inner in value.items()}


def read(kind: type[P], fields: Document) -> P:
    """The request's parameters. Raises Refusal in Stripe's words for the first that is wrong."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        param = _spelled(first["loc"])
        if first["type"] == "missing":
            raise Refusal(400, f"Missing required param: {param}.", code="parameter_missing", param=param) from None
        if first["type"] == "extra_forbidden":
            raise Refusal(400, f"Received unknown parameter: {param}", code="parameter_unknown", param=param) from None
        code = "parameter_invalid_integer" if first["type"] == "int_parsing" else None
        raise Refusal(400, f"Invalid {param}: {first['msg']}", code=code, param=param) from None


def _spelled(path: Iterable[str | int]) -> str:
    head, *rest = path
    return str(head) + "".join(f"[{step}]" for step in rest)
