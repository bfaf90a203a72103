"""Finds the offered option that says what the profile says. What none says stays unanswered.

Kinds of business, of which a page may offer hundreds, are `brain/values/kinds.py`.
"""

import functools
import re
import tomllib
from pathlib import Path

from brain.words import fold
from schema.contracts.form import FieldOption

_FILE = Path(__file__).with_name("payments.toml")
_OTHER = re.compile(r"^(other|others|other services|miscellaneous|misc|uncategori[sz]ed|general|none of the above|something else|not listed|andere|anderes|sonstige|sonstiges|verschiedenes|otro|otros|otra|otras|varios|autre|autres|divers|altro|altri|altre|varie|outro|outros|outras|diversos|anders|overig|overige|inne)$")  # fmt: skip


def exact(options: tuple[FieldOption, ...], wanted: tuple[str, ...]) -> FieldOption | None:
    """The first option whose label or value is one of these texts, folded; earlier texts win."""
    by_text: dict[str, FieldOption] = {}
    for option in options:
        by_text.setdefault(fold(option.label), option)
    for option in options:
        by_text.setdefault(fold(option.value), option)
        by_text.setdefault(fold(re.sub(r"\(.*?\)|\s[-–].*$", "", option.label)), option)
    return next((by_text[fold(text)] for text in wanted if fold(text) and fold(text) in by_text), None)


def is_other_name(name: str) -> bool:
    """True for "Other" and its like in any language."""
    return bool(_OTHER.match(fold(name)))


def payments(options: tuple[FieldOption, ...], wanted: tuple[str, ...]) -> tuple[FieldOption, ...]:
    """The options for these ways to pay, in the page's order, in any of the languages of the table."""
    ways = {way for text in wanted for way in _ways(fold(text))}
    plain = {fold(text) for text in wanted}
    return tuple(option for option in options if fold(option.label) in plain or _ways(fold(option.label)) & ways)


def among(options: tuple[FieldOption, ...], wanted: tuple[str, ...]) -> tuple[FieldOption, ...]:
    """The options that these texts name, in the page's order."""
    plain = {fold(text) for text in wanted}
    return tuple(option for option in options if fold(option.label) in plain)


def ranged(options: tuple[FieldOption, ...], number: int) -> FieldOption | None:
    """The option whose range ("11-50", "500+", "less than 10", "7") holds the number."""
    for option in options:
        bounds = _bounds(option.label) or _bounds(option.value)
        if bounds and bounds[0] <= number <= bounds[1]:
            return option
    return None


def _bounds(text: str) -> tuple[int, int] | None:
    plain = re.sub(r"(?<=\d)[.,'\s](?=\d{3}\b)", "", text)
    numbers = [int(found) for found in re.findall(r"\d+", plain)]
    if not numbers:
        return (1, 1) if re.search(r"just me|only me|solo|self", text, re.IGNORECASE) else None
    if len(numbers) > 1:
        return numbers[0], numbers[1]
    if re.search(
        r"\+|>|more|over|above|at least|mehr|über|mindestens|más|mas\b|plus|oltre|più|mais|meer|al menos|au moins",
        plain,
        re.IGNORECASE,
    ):
        return numbers[0], 10**9
    if re.search(
        r"<|less|under|up to|fewer|weniger|bis|menos|hasta|moins|jusqu|meno|fino|minder",
        plain,
        re.IGNORECASE,
    ):
        return 0, numbers[0]
    return numbers[0], numbers[0]


def _ways(text: str) -> frozenset[str]:
    """The ways to pay that go by this name."""
    return frozenset(way for way, names in _payments().items() if text in names)


@functools.cache
def _payments() -> dict[str, frozenset[str]]:
    return {way: frozenset(names) for way, names in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()}
