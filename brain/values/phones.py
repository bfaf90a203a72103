"""One phone number in the ways that forms want it: whole, or in the pieces a form asks for."""

import re
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from brain import phrases
from schema.contracts.form import FieldKind, FormField

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_EXAMPLE = re.compile(r"\+?[(\d][\d\s().xX#/-]{6,}")


def parse(raw: str, country: str) -> PhoneNumber | None:
    """The number as read in its country, or None where nobody could dial it."""
    try:
        return phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        return None


def spellings(raw: str, country: str, field: FormField, *, national_first: bool = False) -> tuple[str, ...]:
    """Ways to write it, the one the field asks for first; as given when it cannot be read.

    The international way leads where nothing is asked for: it is the only one that is right in every country.
    """
    number = parse(raw, country)
    if number is None:
        return (raw,)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    digits = re.sub(r"\D", "", national)
    significant = phonenumbers.national_significant_number(number)
    dashed = re.sub(r"\D+", "-", national).strip("-")
    usual = [international, national, digits, e164, dashed, e164.lstrip("+"), significant]
    if national_first:
        usual = [national, digits, significant, dashed]
    if field.prefix.startswith("+") and not national_first:
        # The page has written a country code: its own is left off, any other must be said.
        same = field.prefix == f"+{number.country_code}"
        return (significant, digits, national) if same else (international, e164)
    example = " ".join((field.placeholder, field.help, *(label.text for label in field.labels)))
    asked = _asked_for(example, usual, field)
    return tuple(dict.fromkeys([*asked, *usual]))


def _asked_for(example: str, usual: list[str], field: FormField) -> list[str]:
    """The spelling whose shape is that of the field's example, if it shows one."""
    shown = _EXAMPLE.search(example)
    if shown:
        shape = _shape(shown.group().strip())
        same = [text for text in usual if _shape(text) == shape]
        if same:
            return same
        if shape.startswith("+"):
            return [text for text in usual if text.startswith("+")]
        if not re.search(r"\D", shown.group().strip()):
            return [text for text in usual if text.isdigit()]
        return [text for text in usual if not text.startswith("+") and not text.isdigit()]
    if field.kind is FieldKind.NUMBER or _PHRASES["digits_only_raw"].search(example):
        return [text for text in usual if text.isdigit()]
    return []


def _shape(text: str) -> str:
    """Groups of digits as "d", separators kept: "(512) 555-0147" → "(d) d-d"."""
    return re.sub(r"[\dxX#]+", "d", re.sub(r"\s+", " ", text))


def part(raw: str, country: str, wanted: str) -> tuple[str, ...]:
    """One piece: country_code (two spellings), area_code, prefix, line, local or national; empty if unreadable."""
    number = parse(raw, country)
    if number is None:
        return ()
    significant = phonenumbers.national_significant_number(number)
    area_length = phonenumbers.length_of_geographical_area_code(
        number
    ) or phonenumbers.length_of_national_destination_code(number)
    if number.country_code == 1:
        area_length = 3
    area, local = significant[:area_length], significant[area_length:]
    trunk = phonenumbers.ndd_prefix_for_region(country, True) or ""
    pieces: dict[str, tuple[str, ...]] = {
        "country_code": (f"+{number.country_code}", str(number.country_code), f"00{number.country_code}"),
        "area_code": (area if number.country_code == 1 else f"{trunk}{area}", area),
        "prefix": (local[:-4] if len(local) > 4 else local,),
        "line": (local[-4:],),
        "local": (local,),
        "national": tuple(
            dict.fromkeys(
                (re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)), significant)
            )
        ),
    }
    return tuple(piece for piece in pieces.get(wanted, ()) if piece)


def international(raw: str, country: str) -> str:
    """With its country code (E.164); as given when it cannot be read."""
    number = parse(raw, country)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else raw


def same(shown: str, text: str, raw: str, country: str) -> bool:
    """True if a box that was given `text` shows that piece of the number, or the whole number, and no other digits."""
    digits = re.sub(r"\D", "", shown)
    number = parse(raw, country)
    if not digits or number is None or digits == re.sub(r"\D", "", text):
        return bool(digits)
    significant = phonenumbers.national_significant_number(number)
    trunk = phonenumbers.ndd_prefix_for_region(country, True) or ""
    whole = {
        significant,
        f"{trunk}{significant}",
        f"{number.country_code}{significant}",
        f"00{number.country_code}{significant}",
    }
    return digits in whole


def dial_code(raw: str, country: str) -> str:
    """The country calling code without a plus, "" if the number cannot be read."""
    number = parse(raw, country)
    return str(number.country_code) if number else ""
