"""Does an answer match what the service's own OpenAPI document says of it? The part of JSON Schema that we use."""

from typing import Any

import httpx

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def undocumented(document: dict[str, Any], method: str, path: str, answer: httpx.Response) -> list[str]:
    """Everything in the answer that the document does not say, and everything it says that is missing."""
    said = document["paths"][path][method.lower()]["responses"].get(str(answer.status_code))
    if said is None:
        return [f"status {answer.status_code}"]
    media = answer.headers["content-type"]
    if media not in said["content"]:
        return [f"media type {media}"]
    return _mismatches(document, said["content"][media]["schema"], answer.json(), "body")


def _mismatches(document: dict[str, Any], schema: dict[str, Any], value: Any, place: str) -> list[str]:
    if "$ref" in schema:
        return _mismatches(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], value, place)
    if "anyOf" in schema:
        tried = [_mismatches(document, option, value, place) for option in schema["anyOf"]]
        return [] if [] in tried else min(tried, key=len)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place}: {value!r} is none of the choices"]
    if "type" in schema and not isinstance(value, _TYPES[schema["type"]]):
        return [f"{place}: {value!r} is no {schema['type']}"]
    found = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{place}.{name} is missing" for name in schema.get("required", []) if name not in value]
        for name, part in value.items():
            if name not in known:
                found.append(f"{place}.{name} is not described")
            else:
                found += _mismatches(document, known[name], part, f"{place}.{name}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += _mismatches(document, schema["items"], item, f"{place}.{number}")
    return found
