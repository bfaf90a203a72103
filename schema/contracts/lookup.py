"""How a directory can be asked whether it holds a business, by its own means. Asking changes nothing there.

What its answers mean is for `brain.sighting` to say.
"""

import json
import string
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from schema.contracts.base import Contract, matching, one_line

FINAL_URL = "{final_url}"
"""Instead of a listing's address: the page that our post was sent on to is the listing."""


class Placeholder(StrEnum):
    """What of the profile an address may be made of. `business_slug` is the name as addresses write it."""

    BUSINESS_NAME = "business_name"
    BUSINESS_SLUG = "business_slug"
    PHONE = "phone"
    WEBSITE = "website"
    CITY = "city"
    POSTAL_CODE = "postal_code"


_NAMES = {placeholder.value for placeholder in Placeholder}
_OFFERED = ", ".join(f"{{{placeholder}}}" for placeholder in Placeholder)
_NAME_ITSELF = frozenset({Placeholder.BUSINESS_NAME, Placeholder.BUSINESS_SLUG})
_TELL_NAMESAKES_APART = frozenset({Placeholder.PHONE, Placeholder.WEBSITE})


def placeholders(template: str) -> frozenset[Placeholder]:
    """What the address is made of. Raises ValueError, in words for people."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        raise ValueError("has a brace without its partner") from None
    found = set()
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if name not in _NAMES or spec or conversion:
            raise ValueError(f"holds {{{name}}}, which is not one of {_OFFERED}")
        found.add(Placeholder(name))
    return frozenset(found)


def _has_a_host(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "{" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return False


def _address(value: str) -> str:
    if not _has_a_host(value):
        raise ValueError("must be an http(s) address with its host written out")
    if not value.isprintable() or " " in value:
        raise ValueError("must be one line of visible characters without spaces")
    if not placeholders(value):
        raise ValueError(f"must hold at least one of {_OFFERED}")
    return value


def _asks_beyond_the_name(value: str) -> str:
    asked = placeholders(value)
    if not asked & _NAME_ITSELF or not asked & _TELL_NAMESAKES_APART:
        raise ValueError("must ask with the name and with {phone} or {website}: a name alone tells no business apart")
    return value


_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), one_line]
Address = Annotated[_Line, AfterValidator(_address)]
_ListingAddress = Annotated[_Line, AfterValidator(lambda value: value if value == FINAL_URL else _address(value))]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200), one_line]


def _from_a_cell(value: Any) -> Any:
    """A CSV file has it as JSON in one cell."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("must be a JSON object") from None


class _Offer(Contract):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Search(_Offer):
    """The directory's search page. `nothing_found` is what it says, word for word, when it knows no such business."""

    url: Address
    nothing_found: _Words | None = None


class DuplicateCheck(_Offer):
    """An address that forms ask before they are sent: its answer holds the words of `known` or those of `unknown`."""

    url: Annotated[Address, AfterValidator(_asks_beyond_the_name)]
    known: _Words
    unknown: _Words


class ConfirmationMail(_Offer):
    """What the directory writes to the business once it has taken it, not what it asks to confirm.

    `sender` is the domain that it writes from; `says` are words of that mail and of no other.
    """

    sender: Annotated[_Line, matching(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "must be a domain, for example example.com")]
    says: _Words


class Lookup(_Offer):
    """What a directory offers. Addresses are templates of `Placeholder`s, percent-encoded where they are filled in.

    `listing` is where the listing itself will be, or `{final_url}`. `appears_within_s` is how long, in seconds, until
    a new listing can be found by these means. `absence_is_proof` is for directories that publish by themselves: where
    somebody looks at submissions first, not to be found proves nothing.
    """

    search: Search | None = None
    listing: _ListingAddress | None = None
    duplicate_check: DuplicateCheck | None = None
    confirmation_mail: ConfirmationMail | None = None
    appears_within_s: int = Field(default=24 * 3600, ge=0, le=90 * 24 * 3600)
    absence_is_proof: bool = False

    @model_validator(mode="after")
    def _is_of_use(self) -> Self:
        if not self.has_pages and not self.confirmation_mail:
            raise ValueError("must offer a search, a listing, a duplicate_check or a confirmation_mail")
        if self.absence_is_proof and not self.duplicate_check and not (self.search and self.search.nothing_found):
            raise ValueError("absence_is_proof needs a duplicate_check, or the search's words for nothing_found")
        return self

    @property
    def has_pages(self) -> bool:
        """False where there is nothing to visit."""
        return bool(self.search or self.listing or self.duplicate_check)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The templates of every address that it offers."""
        offered = (self.listing, self.duplicate_check and self.duplicate_check.url, self.search and self.search.url)
        return tuple(address for address in offered if address and address != FINAL_URL)


LookupColumn = Annotated[Lookup | None, BeforeValidator(_from_a_cell)]
"""As an import file and a row of `directories` hold it."""
