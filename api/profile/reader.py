"""Reads the form field by field: the rules, in words for the person who types.

What the contract alone refuses is `api.profile.reading`'s to say.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pycountry
from phonenumbers import PhoneNumberFormat, format_number, is_valid_number
from pydantic import EmailStr, TypeAdapter, ValidationError

from api.profile import places, texts
from schema import categories
from schema.contracts.draft import FieldNote, TypedDay, TypedProfile
from schema.contracts.profile import DayHours, Weekday

SOCIAL = {
    "facebook": "https://www.facebook.com/",
    "instagram": "https://www.instagram.com/",
    "linkedin": "https://www.linkedin.com/company/",
    "x": "https://x.com/",
    "youtube": "https://www.youtube.com/@",
    "tiktok": "https://www.tiktok.com/@",
    "pinterest": "https://www.pinterest.com/",
}
"""What stands before the name in a profile's address."""

DESCRIPTION_BEST = 250
DESCRIPTION_MOST = 5000
SHORT_MOST = 200
TAGLINE_MOST = 100
KEYWORDS_MOST = 20

_LINE_MOST = 300
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_EMAIL = TypeAdapter(EmailStr)
REQUIRED = {
    "business_name": "Enter the name of the business, as it is on its sign.",
    "country": "Choose the country the business is in.",
    "category": "Say what kind of business it is.",
    "email": "Enter an e-mail address: directories send confirmations to it.",
    "phone": "Enter the phone number that customers call.",
    "city": "Enter the city the business is in.",
    "description": "Describe the business in a few sentences.",
}


class Reader:
    """Reads one field after the other, and notes what there is to say."""

    def __init__(self, typed: TypedProfile) -> None:
        self._typed = typed
        self.problems: list[FieldNote] = []
        self.notes: list[FieldNote] = []
        self.missing: list[str] = []

    def refuse(self, field: str, message: str) -> None:
        self.problems.append(FieldNote(field=field, message=message))

    def note(self, field: str, message: str) -> None:
        self.notes.append(FieldNote(field=field, message=message))

    def values(self) -> dict[str, Any]:
        """The contract's fields as understood, in the order of the form."""
        typed = self._typed
        values: dict[str, Any] = {"country": self._country(), "business_name": self._line("business_name")}
        values |= {"category": self._category(), "subcategories": self._several("subcategories", 5)}
        values |= {"phone": self._phone("phone"), "email": self._email(), "website": self._web("website")}
        values |= {key: self._line(key) for key in ("contact_first_name", "contact_last_name", "legal_name")}
        values |= {"fax": self._phone("fax"), **self._address(), "hours": self._hours()}
        values |= {"tagline": self._line("tagline", TAGLINE_MOST)}
        values |= {"short_description": self._text("short_description", SHORT_MOST), "description": self._description()}
        values |= {"keywords": self._several("keywords", KEYWORDS_MOST), "languages": self._languages()}
        values |= {"payment_methods": tuple(filter(None, map(texts.line, typed.payment_methods)))}
        values |= {"price_range": self._line("price_range")}
        values |= {"founded_year": self._founded(), "employees": self._number("employees", 0, 5_000_000)}
        values |= {"video": self._web("video")} | {key: self._social(key) for key in SOCIAL}
        for key, message in REQUIRED.items():
            if not values[key] and not any(problem.field == key for problem in self.problems):
                self._lack(key, message)
        return values

    def _lack(self, key: str, message: str) -> None:
        self.refuse(key, message)
        self.missing.append(key)

    def _line(self, key: str, most: int = _LINE_MOST) -> str:
        return self._short_enough(key, texts.line(getattr(self._typed, key)), most)

    def _text(self, key: str, most: int) -> str:
        return self._short_enough(key, texts.paragraphs(getattr(self._typed, key)), most)

    def _short_enough(self, key: str, text: str, most: int) -> str:
        if len(text) > most:
            self.refuse(key, f"{named(key)} is {len(text):,} characters long; at most {most:,} fit.")
        return text

    def _several(self, key: str, most: int) -> tuple[str, ...]:
        parts = texts.listed(getattr(self._typed, key))
        if len(parts) > most:
            self.refuse(key, f"{named(key)}: these are {len(parts)}; the {most} best are enough.")
        elif any(len(part) > 100 for part in parts):
            self.refuse(key, f"{named(key)}: separate them by commas; each may have at most 100 characters.")
        return parts

    def _country(self) -> str:
        code = texts.line(self._typed.country).upper()
        if code and not places.country_name(code):
            self.refuse("country", "Choose a country of the list.")
        return code

    def _category(self) -> str:
        category = self._line("category", 100)
        known = categories.known_as(category)
        if known and known != category:
            self.note(
                "category", f"Directories will list it as {category}, or under {known} where they are less precise."
            )
        elif category and not known:
            self.note("category", "Not on our list of common kinds: directories get their nearest category, or Other.")
        return category

    def _phone(self, key: str) -> str:
        raw, country = texts.line(getattr(self._typed, key)), texts.line(self._typed.country).upper()
        if not raw:
            return ""
        number = places.read_phone(raw, country)
        if number is None:
            place = places.place(country)
            example = f" For example {place.phone_example}." if place and place.phone_example else ""
            where = f" in {place.name}" if place else ""
            self.refuse(key, f"This {key} number cannot be dialled{where}: check its digits.{example}")
            return raw
        understood = format_number(number, PhoneNumberFormat.INTERNATIONAL)
        shown = ", ".join(filter(None, (understood, places.phone_place(number))))
        doubt = "" if is_valid_number(number) else " Please check it: no numbers of that kind seem to be in use."
        self.note(key, f"Understood as {shown}.{doubt}")
        return understood

    def _email(self) -> str:
        address = texts.line(self._typed.email)
        try:
            return _EMAIL.validate_python(address) if address else ""
        except ValidationError:
            self.refuse("email", "This is not an e-mail address: it looks like name@example.com.")
            return address

    def _web(self, key: str) -> str:
        return self._addressed(
            key, texts.web_address, f"{named(key)}: this is not a web address, which looks like www.example.com."
        )

    def _social(self, key: str) -> str:
        base = SOCIAL[key]
        return self._addressed(
            key,
            lambda text: texts.social_address(text, base),
            f"{named(key)}: enter the name, or an address that begins with {base}",
        )

    def _addressed(self, key: str, understand: Callable[[str], str | None], otherwise: str) -> str:
        raw = self._line(key)
        if not raw:
            return ""
        address = understand(raw)
        if address is None:
            self.refuse(key, otherwise)
            return raw
        if address != raw:
            self.note(key, f"Understood as {address}")
        return address

    def _address(self) -> dict[str, str]:
        place = places.place(texts.line(self._typed.country).upper())
        values = {key: self._line(key) for key in ("street", "street2", "city", "state", "postal_code")}
        for field in place.fields if place else ():
            if field.required and field.key != "city" and not values[field.key]:
                self._lack(field.key, f"{field.label}: needed where the country is {place.name if place else ''}.")
            if field.choices and values[field.key]:
                values[field.key] = self._chosen(field, values[field.key])
        if place and values["postal_code"]:
            values["postal_code"] = self._postal_code(place, values["postal_code"])
        return values

    def _chosen(self, field: places.AddressField, text: str) -> str:
        for choice in field.choices:
            if text.casefold() in (choice.value.casefold(), choice.label.casefold()):
                return choice.value
        self.refuse(field.key, f"Choose one of the list: {field.label.lower()}.")
        return text

    def _postal_code(self, place: places.Place, code: str) -> str:
        code = code.upper()
        matchers = places.rules(place.code).postal_code_matchers
        if matchers and not all(matcher.match(code) for matcher in matchers):
            example = next((f", for example {field.example}" for field in place.fields if field.example), "")
            self.refuse("postal_code", f"This is not how postal codes are written in {place.name}{example}.")
        return code

    def _hours(self) -> dict[Weekday, DayHours]:
        days = {day: self._day(day, typed) for day, typed in self._typed.hours.items() if typed.open}
        return {day: hours for day in Weekday if (hours := days.get(day)) is not None}

    def _day(self, day: Weekday, typed: TypedDay) -> DayHours | None:
        field = f"hours-{day}"
        opens, closes = _clock(typed.opens), _clock(typed.closes)
        if opens is None or closes is None:
            self.refuse(field, f"{day.title()}: enter when it opens and when it closes, for example 09:00 and 17:30.")
            return None
        if opens == closes:
            self.refuse(field, f"{day.title()}: opens and closes at {opens}. Round the clock is 00:00 to 23:59.")
            return None
        if closes < opens:
            self.note(field, f"{day.title()}: until {closes} on the next day.")
        return DayHours(opens=opens, closes=closes)

    def _description(self) -> str:
        text = self._text("description", DESCRIPTION_MOST)
        if 0 < len(text) < DESCRIPTION_BEST:
            more = DESCRIPTION_BEST - len(text)
            self.note(
                "description", f"{more} characters more, and it suits the directories that ask for {DESCRIPTION_BEST}."
            )
        return text

    def _languages(self) -> tuple[str, ...]:
        wanted = (*map(texts.line, self._typed.languages), *texts.listed(self._typed.more_languages))
        found = {name: _language(name) for name in wanted if name}
        unknown = [name for name, known in found.items() if known is None]
        if unknown:
            self.refuse("more_languages", f"Not known as a language: {', '.join(unknown)[:100]}. Use English names.")
        return tuple(dict.fromkeys(known or name for name, known in found.items()))

    def _founded(self) -> int | None:
        return self._number("founded_year", 1000, datetime.now(UTC).year)

    def _number(self, key: str, least: int, most: int) -> int | None:
        raw = texts.line(getattr(self._typed, key))
        if not raw:
            return None
        if not re.fullmatch(r"[0-9]{1,7}", raw) or not least <= int(raw) <= most:
            self.refuse(key, f"{named(key)}: enter a number from {least} to {most}.")
            return None
        return int(raw)


def named(key: str) -> str:
    """A field as its label has it, or nearly so: a problem is also read in a list of all."""
    return {"linkedin": "LinkedIn", "youtube": "YouTube", "tiktok": "TikTok", "subcategories": "More precisely"}.get(
        key, key.replace("_", " ").capitalize()
    )


def _clock(text: str) -> str | None:
    found = _TIME.fullmatch(texts.line(text))
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return f"{int(found[1]):02}:{found[2]}"


def _language(name: str) -> str | None:
    try:
        found = pycountry.languages.lookup(name)
    except LookupError:
        return None
    return str(found.name).split("(")[0].strip()
