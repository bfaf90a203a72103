"""A post as it arrived: its fields as the wire had them, before anybody judges them."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY_BYTES = 6_000_000


class UnreadablePostError(Exception):
    """The body is too large, or not what its content type says; the text is for the answer."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file."""

    filename: str
    content_type: str
    content: bytes

    @property
    def summary(self) -> str:
        """What the books keep of it."""
        return f"{self.filename}; {self.content_type}; {len(self.content)} bytes"


@dataclass(frozen=True, slots=True)
class Posting:
    """All values by field name, in order. An upload also stands among the values, as its summary."""

    method: str
    path: str
    values: dict[str, list[str]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def last(self, name: str) -> str:
        """The last value under that name, without surrounding white space; "" when there is none.

        The last, because frameworks put a hidden blank before a checkbox so that an unticked one is posted too.
        """
        return next(reversed(self.values.get(name, [])), "").strip()


async def read_posting(request: Request) -> Posting:
    """The post, from a form of either encoding or a JSON object. Raises UnreadablePostError."""
    body = await request.body()
    if len(body) > MAX_BODY_BYTES:
        raise UnreadablePostError("The request is too large.")
    posting = Posting(request.method, request.url.path)
    if "json" in request.headers.get("content-type", ""):
        posting.values.update(_json_values(body))
        return posting
    try:
        await _read_form(await request.form(), posting)
    except HTTPException as error:
        raise UnreadablePostError(error.detail) from error
    return posting


def _json_values(body: bytes) -> dict[str, list[str]]:
    try:
        document: Any = json.loads(body)
    except ValueError as error:
        raise UnreadablePostError("The request is not valid JSON.") from error
    if not isinstance(document, dict):
        raise UnreadablePostError("The request is not a JSON object.")
    return {
        str(name): [str(item) for item in value] if isinstance(value, list) else [str(value)]
        for name, value in document.items()
    }


async def _read_form(form: FormData, posting: Posting) -> None:
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            posting.values.setdefault(name, []).append(value)
            continue
        upload = Upload(value.filename or "", value.content_type or "", await value.read())
        # A browser sends an empty part for a file field that nobody touched.
        if upload.filename or upload.content:
            posting.uploads[name] = upload
            posting.values.setdefault(name, []).append(upload.summary)
