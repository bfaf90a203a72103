"""From what stands in the form to a BusinessProfile, or to what is wrong with it: the one truth about validity."""

import dataclasses
from typing import Any

from pydantic import ValidationError

from api.profile.listing import preview
from api.profile.reader import REQUIRED, Reader, named
from schema.contracts.draft import FieldNote, ProfileCheck, TypedProfile
from schema.contracts.profile import BusinessProfile

_SOME_LOGO = "data:image/png;base64,AA=="
_WEIGHTS = {
    **dict.fromkeys(REQUIRED, 8),
    "website": 8,
    "street": 6,
    "postal_code": 4,
    "hours": 6,
    "logo": 6,
    "short_description": 4,
    "keywords": 4,
    "contact_last_name": 3,
    "languages": 1,
    "payment_methods": 1,
    "founded_year": 1,
}
"""How much each is worth to directories; together 100."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What became of it: a profile exactly where there is no problem."""

    profile: BusinessProfile | None
    check: ProfileCheck


def read(typed: TypedProfile, logo: str = "") -> Reading:
    """Read the form; `logo` is a `data:` URL, or ""."""
    reader = Reader(typed)
    values = reader.values() | {"logo": logo}
    profile = _profile(values, reader) if not reader.problems else None
    wrong = {problem.field for problem in reader.problems}
    filled = sum(weight for key, weight in _WEIGHTS.items() if values.get(key) and key not in wrong)
    return Reading(
        profile,
        ProfileCheck(
            problems=tuple(sorted(reader.problems, key=_place)),
            missing=tuple(reader.missing),
            notes=tuple(reader.notes),
            completeness=round(100 * filled / sum(_WEIGHTS.values())),
            preview=preview(BusinessProfile.model_construct(**values)),
        ),
    )


def check(typed: TypedProfile, *, has_logo: bool) -> ProfileCheck:
    """What there is to say to the form, where the logo itself is not at hand."""
    return read(typed, _SOME_LOGO if has_logo else "").check


def _place(problem: FieldNote) -> int:
    """Where in the form it is: what is wrong is told from the top down."""
    return list(TypedProfile.model_fields).index(problem.field.partition("-")[0])


def _profile(values: dict[str, Any], reader: Reader) -> BusinessProfile | None:
    try:
        return BusinessProfile.model_validate(values)
    except ValidationError as error:
        for wrong in error.errors(include_input=False, include_url=False):
            reader.refuse(
                str(wrong["loc"][0]), f"{named(str(wrong['loc'][0]))} {wrong['msg'].removeprefix('Value error, ')}."
            )
        return None
