"""The business profile a customer pays to have listed, and the closed list of keys a plan may point at.

The keys are the vocabulary between form understanding and everything else: a plan says "this field takes
`postal_code`", never what the postal code is.
"""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
    field_validator,
    model_validator,
)

from schema.contracts.base import Contract, matching, one_line

_HTTP_URL = TypeAdapter(HttpUrl)

_no_nul = matching(r"[^\x00]*", "must not hold NUL characters")
_time = matching(r"([01]\d|2[0-3]):[0-5]\d", "must be a time of the 24-hour clock, for example 09:30")

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), one_line]
RequiredLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), one_line]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000), _no_nul]
RequiredText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), _no_nul]
Image = Annotated[str, StringConstraints(strip_whitespace=True, max_length=3_000_000)]

_IMAGE = re.compile(r"https?://[^\s\x00]+|data:image/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+={0,2}")


class ProfileKey(StrEnum):
    """Every key of the profile that a form field may take its value from."""

    BUSINESS_NAME = "business_name"
    LEGAL_NAME = "legal_name"
    CONTACT_NAME = "contact_name"
    CONTACT_FIRST_NAME = "contact_first_name"
    CONTACT_MIDDLE_NAME = "contact_middle_name"
    CONTACT_LAST_NAME = "contact_last_name"
    EMAIL = "email"
    PHONE = "phone"
    FAX = "fax"
    WEBSITE = "website"
    STREET = "street"
    STREET2 = "street2"
    CITY = "city"
    STATE = "state"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"
    ADDRESS = "address"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    TAGLINE = "tagline"
    SHORT_DESCRIPTION = "short_description"
    DESCRIPTION = "description"
    KEYWORDS = "keywords"
    CATEGORY = "category"
    SUBCATEGORY = "subcategory"
    HOURS = "hours"
    FOUNDED_YEAR = "founded_year"
    EMPLOYEES = "employees"
    PRICE_RANGE = "price_range"
    PAYMENT_METHODS = "payment_methods"
    LANGUAGES = "languages"
    LOGO = "logo"
    IMAGES = "images"
    VIDEO = "video"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    LINKEDIN = "linkedin"
    X = "x"
    YOUTUBE = "youtube"
    TIKTOK = "tiktok"
    PINTEREST = "pinterest"


class DayHours(Contract):
    """One day's opening hours, 24-hour clock `HH:MM`; a day that is absent from the profile is closed."""

    opens: Annotated[str, _time]
    closes: Annotated[str, _time]


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class BusinessProfile(Contract):
    """What the customer told us about their business, as pinned on the job when it was paid.

    `address` and `contact_name` may be left out: they are composed of their parts. `phone` is free form; it is
    read with `country` as its region. `country` is ISO 3166-1 alpha-2. `logo` and `images` are http(s) URLs or
    `data:image/…;base64,` URLs.
    """

    # A misspelt key in a customer's profile must be said, not ignored.
    model_config = ConfigDict(frozen=True, extra="forbid")

    business_name: RequiredLine
    legal_name: Line = ""
    contact_first_name: Line = ""
    contact_middle_name: Line = ""
    contact_last_name: Line = ""
    email: EmailStr
    phone: RequiredLine
    fax: Line = ""
    website: Line = ""
    street: Line = ""
    street2: Line = ""
    city: RequiredLine
    state: Line = ""
    postal_code: Line = ""
    country: Annotated[
        str,
        StringConstraints(strip_whitespace=True, to_upper=True),
        matching(r"[A-Z]{2}", "must be a country's two letters (ISO 3166-1), for example US"),
    ]
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    tagline: Line = ""
    short_description: Text = ""
    description: RequiredText
    keywords: tuple[RequiredLine, ...] = ()
    category: RequiredLine
    subcategories: tuple[RequiredLine, ...] = ()
    hours: dict[Weekday, DayHours] = Field(default_factory=dict)
    founded_year: int | None = Field(default=None, ge=1000, le=2200)
    employees: int | None = Field(default=None, ge=0)
    price_range: Line = ""
    payment_methods: tuple[RequiredLine, ...] = ()
    languages: tuple[RequiredLine, ...] = ()
    logo: Image = ""
    images: tuple[Image, ...] = ()
    video: Line = ""
    facebook: Line = ""
    instagram: Line = ""
    linkedin: Line = ""
    x: Line = ""
    youtube: Line = ""
    tiktok: Line = ""
    pinterest: Line = ""

    @field_validator("phone", "fax")
    @classmethod
    def _has_phone_digits(cls, value: str) -> str:
        if value and not 7 <= len(re.sub(r"\D", "", value)) <= 15:
            raise ValueError("must have 7 to 15 digits, for example +1 512 555 0147")
        return value

    @field_validator("website", "video", "facebook", "instagram", "linkedin", "x", "youtube", "tiktok", "pinterest")
    @classmethod
    def _is_http_url(cls, value: str) -> str:
        if value:
            _HTTP_URL.validate_python(value)
        return value

    @field_validator("logo", "images")
    @classmethod
    def _are_images(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        images = value if isinstance(value, tuple) else (value,) if value else ()
        if not all(map(_IMAGE.fullmatch, images)):
            raise ValueError("must be an http(s) URL or a data:image/…;base64, URL")
        return value

    @model_validator(mode="after")
    def _geo_is_a_pair(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude must be given together")
        return self

    @property
    def contact_name(self) -> str:
        """The contact's full name, from its parts."""
        return " ".join(filter(None, (self.contact_first_name, self.contact_middle_name, self.contact_last_name)))
