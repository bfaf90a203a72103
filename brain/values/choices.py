"""Finds the offered option that says what the profile says. What none says stays unanswered.

Kinds of business, of which a page may offer hundreds, are `brain/values/kinds.py`.
"""

import functools
import re
import tomllib
from pathlib import Path

from brain import phrases
from brain.words import fold
from schema.contracts.form import FieldOption

_FILE = Path(__file__).with_name("payments.toml")
_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))


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
    return bool(_PHRASES["other"].search(fold(name)))


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
        return (1, 1) if _PHRASES["only_one_raw"].search(text) else None
    if len(numbers) > 1:
        return numbers[0], numbers[1]
    if _PHRASES["more_raw"].search(plain):
        return numbers[0], 10**9
    if _PHRASES["fewer_raw"].search(plain):
        return 0, numbers[0]
    return numbers[0], numbers[0]


def _ways(text: str) -> frozenset[str]:
    """The ways to pay that go by this name."""
    return frozenset(way for way, names in _payments().items() if text in names)


@functools.cache
def _payments() -> dict[str, frozenset[str]]:
    return {way: frozenset(names) for way, names in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()}
