"""Finds the offered option that says what the profile says: exactly, nearly, or honestly broader.

It never picks an option because something must be picked: what fits nothing stays unanswered.
"""

import functools
import re
import tomllib
from difflib import SequenceMatcher
from pathlib import Path

from brain.words import fold
from schema.contracts.form import FieldOption

_FILE = Path(__file__).with_name("categories.toml")
_NEAR = 0.62
_JOINS = frozenset(
    [
        "and",
        "und",
        "y",
        "e",
        "et",
        "en",
        "de",
        "la",
        "le",
        "les",
        "of",
        "the",
        "a",
        "der",
        "die",
        "das",
        "del",
        "i",
        "services",
        "service",
        "company",
    ]
)
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


def categories(options: tuple[FieldOption, ...], wanted: tuple[str, ...]) -> tuple[FieldOption, ...]:
    """Options for a kind of business, the best first: by name, by another name for the same, by a broader one.

    An honest "Other" stands last, only when nothing fits. Empty when even that is not offered.
    """
    paths = [(option, _segments(option)) for option in options]
    for texts in (wanted, tuple(name for text in wanted for name in _other_names(text))):
        ranked = _ranked(paths, texts)
        if ranked:
            return ranked
    for text in wanted:
        for heading in _broader(text):
            ranked = _ranked(paths, heading, _NEAR + 0.15)
            if ranked:
                return ranked[:1]
    others = [option for option in options if is_other(option)]
    return tuple(others[:1])


def is_other(option: FieldOption) -> bool:
    """True for "Other" and its like in any language."""
    return bool(_OTHER.match(fold(option.label)))


def among(options: tuple[FieldOption, ...], wanted: tuple[str, ...]) -> tuple[FieldOption, ...]:
    """The options that these texts name (payment methods, languages), in the page's order."""
    found = []
    for option in options:
        label = fold(option.label)
        if any(_likeness(label, fold(text)) >= 0.8 for text in wanted):
            found.append(option)
    return tuple(found)


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
        r"\+|more than|over|above|mehr als|über|más de|mas de|plus de|oltre|più di|mais de|meer dan|>|or more",
        plain,
        re.IGNORECASE,
    ):
        return numbers[0], 10**9
    if re.search(
        r"<|less than|under|up to|weniger als|bis zu|bis|menos de|hasta|moins de|jusqu|meno di|fino a|minder dan",
        plain,
        re.IGNORECASE,
    ):
        return 0, numbers[0]
    return numbers[0], numbers[0]


def _ranked(
    paths: list[tuple[FieldOption, tuple[str, ...]]], texts: tuple[str, ...], least: float = _NEAR
) -> tuple[FieldOption, ...]:
    """Options at least this near to any text, nearest first; an earlier text and a deeper segment win a tie."""
    scored = []
    for place, (option, segments) in enumerate(paths):
        best = 0.0
        for order, text in enumerate(texts):
            wanted = fold(text)
            for depth, segment in enumerate(reversed(segments)):
                best = max(best, _likeness(segment, wanted) - 0.06 * depth - min(0.002 * order, 0.05))
        if best >= least:
            scored.append((-best, place, option))
    return tuple(option for _, _, option in sorted(scored, key=lambda item: item[:2]))


@functools.lru_cache(maxsize=50_000)
def _likeness(offered: str, wanted: str) -> float:
    """0..1: how far two folded texts say the same."""
    if not offered or not wanted:
        return 0.0
    if offered == wanted:
        return 1.0
    ours, theirs = _stems(wanted), _stems(offered)
    if not ours or not theirs:
        return 0.0
    if ours == theirs:
        return 0.97
    if ours < theirs:
        return 0.68 + 0.24 * len(ours) / len(theirs) if len(theirs) <= 4 else 0.5
    if theirs < ours:
        return 0.6 + 0.24 * len(theirs) / len(ours)
    ratio = SequenceMatcher(None, offered, wanted).ratio() if abs(len(offered) - len(wanted)) <= 4 else 0.0
    return 0.8 if ratio >= 0.88 and min(len(offered), len(wanted)) >= 6 else 0.0


def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in text.split() if word not in _JOINS)


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shops", "shop"), ("ers", "er"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            return word[: -len(ending)] + instead
    return word


def _segments(option: FieldOption) -> tuple[str, ...]:
    """ "Food > Bakery" under the group "Eat" → eat, food, bakery."""
    pieces = re.split(r"\s*(?:>|»|›|::|→|/(?=\s)|\s[-–—]\s|^[\s.·—–|└├-]+)\s*", option.label)
    return tuple(text for text in map(fold, (option.group, *pieces)) if text)


def _other_names(text: str) -> tuple[str, ...]:
    kind = _kind_of(fold(text))
    return _kinds()[kind][0] if kind else ()


def _broader(text: str) -> tuple[tuple[str, ...], ...]:
    """The names of every broader kind, nearest first."""
    kind = _kind_of(fold(text))
    found: list[str] = []
    queue = list(_kinds()[kind][1]) if kind else []
    while queue:
        heading = queue.pop(0)
        if heading not in found:
            found.append(heading)
            queue += _kinds()[heading][1]
    return tuple(_kinds()[heading][0] for heading in found)


@functools.lru_cache(maxsize=1000)
def _kind_of(text: str) -> str:
    best, kind = 0.75, ""
    for name, (names, _) in _kinds().items():
        likeness = max(_likeness(candidate, text) for candidate in names)
        if likeness > best:
            best, kind = likeness, name
    return kind


@functools.cache
def _kinds() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: (tuple(table["names"]), tuple(table["broader"])) for name, table in tables.items()}
