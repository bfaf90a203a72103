"""What a customer types before paying, as typed, and what we say to it while they type.

A draft may be wrong or half there: only the BusinessProfile that is read from it is an order.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from schema.contracts.base import Contract
from schema.contracts.job import Tier
from schema.contracts.profile import Weekday

MOST_CHARACTERS = 20_000


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL, and nobody types one.
    return text.replace("\x00", "")


Typed = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS), AfterValidator(_storable)]


class TypedDay(Contract):
    """One row of the hours grid, as it stands; times are `HH:MM`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: bool = False
    opens: Annotated[Typed, Field(max_length=20)] = ""
    closes: Annotated[Typed, Field(max_length=20)] = ""


class TypedProfile(Contract):
    """The form's fields as they stand, in its order: any of them empty, any of them wrong.

    `subcategories`, `keywords` and `more_languages` are separated by commas. The logo is uploaded by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: Typed = ""
    business_name: Typed = ""
    category: Typed = ""
    subcategories: Typed = ""
    phone: Typed = ""
    email: Typed = ""
    website: Typed = ""
    contact_first_name: Typed = ""
    contact_last_name: Typed = ""
    street: Typed = ""
    street2: Typed = ""
    postal_code: Typed = ""
    city: Typed = ""
    state: Typed = ""
    hours: dict[Weekday, TypedDay] = Field(default_factory=dict)
    tagline: Typed = ""
    short_description: Typed = ""
    description: Typed = ""
    keywords: Typed = ""
    payment_methods: Annotated[tuple[Typed, ...], Field(max_length=50)] = ()
    languages: Annotated[tuple[Typed, ...], Field(max_length=50)] = ()
    more_languages: Typed = ""
    founded_year: Typed = ""
    employees: Typed = ""
    price_range: Typed = ""
    legal_name: Typed = ""
    fax: Typed = ""
    facebook: Typed = ""
    instagram: Typed = ""
    linkedin: Typed = ""
    x: Typed = ""
    youtube: Typed = ""
    tiktok: Typed = ""
    pinterest: Typed = ""
    video: Typed = ""


class FieldNote(Contract):
    """Something said of one field; `field` is a name of TypedProfile, a day's being `hours-monday`."""

    field: str
    message: str


class Preview(Contract):
    """A listing as a visitor of a directory would see it; what is not known yet is empty."""

    business_name: str = ""
    tagline: str = ""
    category: str = ""
    address: str = ""
    phone: str = ""
    website: str = ""
    email: str = ""
    hours: str = ""
    description: str = ""
    keywords: str = ""


class ProfileCheck(Contract):
    """What we say to a profile as typed.

    `problems` keep it from being ordered, and `missing` names those of them that are merely empty as yet. `notes` tell
    how something is understood, or what it is good for. `completeness` is 0 to 100, by what directories ask for most.
    """

    problems: tuple[FieldNote, ...]
    missing: tuple[str, ...]
    notes: tuple[FieldNote, ...]
    completeness: int
    preview: Preview


class Draft(Contract):
    """A draft as stored, without its logo: `has_logo` says whether there is one.

    `ordered` is the id of the Checkout Session in which it, or an earlier version of it, was paid.
    """

    id: UUID
    tier: Tier
    profile: TypedProfile
    has_logo: bool
    version: int
    updated_at: datetime
    ordered: str | None = None


class CategoryHit(Contract):
    """A kind of business that was searched for; `hint` is the other name by which it was found."""

    label: str
    hint: str = ""
