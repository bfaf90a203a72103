"""Collections of labelled pages, and what their labels mean to the mapper.

A collection is a folder with `html/*.html`, whose controls carry `data-bf-idx`, and `labels.jsonl` (or
`labels/*.jsonl`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from brain.mapper import FormContext
from brain.page import PageObservation
from brain.reader.forms import forms_of
from schema.contracts.form import FieldKind, FormField

_AVOIDED = {
    "password": r"password( .*|\..*)?",
    "card": r"card\w*|expiration\w*|credit card .*",
    "username": r"username|screen name .*|OpenID",
    "captcha": r"captcha|totp|pin code .*",
    "honeypot": r"honeypot",
    "terms": r"TOS confirmation",
    "newsletter": r"receive emails confirmation",
    "gender": r"gender",
    "birth": r"birthday\w*|(day|month|year) of birth|full birth date",
    "message": r"comment text",
    "subject": r"comment title or subject",
    "search": r"search .*|sorting option",
    "coupon": r"ref code .*",
}
"""What a label without a profile key says the field is instead; any other is `other`."""

_WHOLE = {"street_part": "street", "phone_part": "phone"}


class Label(BaseModel):
    """One line of a collection's labels. `meaning` is what a field without a key is, where the collection says it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    file: str
    idx: int
    tag: str
    type: str | None = None
    label: str | None = None
    profile_key: str | None = None
    annotated: bool = True
    meaning: str = ""

    @property
    def stands_for(self) -> str:
        """The meaning to learn: a key of the profile, or what else the field is."""
        if self.profile_key == "email_or_none":
            return "username"
        if self.profile_key:
            return _WHOLE.get(self.profile_key, self.profile_key)
        found = (name for name, pattern in _AVOIDED.items() if re.fullmatch(pattern, self.label or ""))
        return self.meaning or next(found, "other")


@dataclass(frozen=True)
class Form:
    """One form of one page: its fields, what is around them, and the labels' places of each field's elements."""

    file: str
    fields: tuple[FormField, ...]
    context: FormContext
    places: tuple[tuple[int, ...], ...]


def labels(folder: Path) -> list[Label]:
    """All labels of a collection."""
    files = sorted((folder / "labels").glob("*.jsonl")) or [folder / "labels.jsonl"]
    return [Label.model_validate_json(line) for file in files for line in file.read_text("utf-8").splitlines() if line]


def forms(file: str, page: PageObservation, marks: dict[str, tuple[str, ...]]) -> Iterable[Form]:
    """Every form of a page that has fields, with the marks of their elements."""
    for form in forms_of(page.frames):
        items = [item for item in form.fields if item.field.kind is not FieldKind.HIDDEN]
        if items:
            places = tuple(marked(item.place.elements, marks.get(item.place.frame, ())) for item in items)
            yield Form(file, tuple(item.field for item in items), form.context, places)


def marked(elements: Iterable[int], marks: tuple[str, ...]) -> tuple[int, ...]:
    """The numbers on a field's elements."""
    return tuple(int(marks[at]) for at in elements if marks[at])
