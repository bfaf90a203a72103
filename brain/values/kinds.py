"""Finds, among hundreds of offered categories, the one a business belongs to.

By name first, then by another name for the same kind, in any of several languages, then by an honestly broader
heading, and by "Other" only when nothing fits. A narrower category than the business claims is never chosen.
"""

import functools
import re
import tomllib
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from brain import phrases
from brain.values.choices import is_other_name
from brain.words import fold
from schema.contracts.form import FieldOption

_FILE = Path(__file__).with_name("categories.toml")
_NEAR = 0.62
_SAME = 0.84
_NEXT_BEST = 0.12
_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_PATH = re.compile(r"\s*(?:>|»|›|::|→|\s/\s|\s[-–—]\s)\s*")
_AND = re.compile(r"\s*(?:&|,|/|\+|\band\b|\bund\b|\by\b|\bet\b|\be\b|\ben\b)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of business: its names, narrower words that tell it, and the broader kinds it belongs to."""

    names: tuple[str, ...]
    members: tuple[str, ...]
    broader: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Offer:
    """An option taken apart: its own name, the headings over it, and its place in the list."""

    option: FieldOption
    name: str
    headings: tuple[str, ...]
    place: int


def categories(options: tuple[FieldOption, ...], wanted: tuple[str, ...]) -> tuple[FieldOption, ...]:
    """Options for these kinds of business, the best first; earlier texts win. Empty when nothing fits at all."""
    offers = [_offer(option, place) for place, option in enumerate(options)]
    texts = tuple(dict.fromkeys(text for raw in wanted for text in (raw, _PATH.split(raw)[-1])))
    for text in texts:
        kind = _kind_of(fold(text))
        same = _nearest(offers, (text,), _SAME, kind) or (_nearest(offers, kind.names, _SAME, kind) if kind else ())
        found = same or _nearest(offers, (text,), _NEAR, kind)
        if found:
            return found
    for text in texts:
        found = _under_broader(offers, _kind_of(fold(text)) or _hinted(fold(text)))
        if found:
            return found
    return tuple(offer.option for offer in offers if is_other_name(offer.name))[:1]


def _offer(option: FieldOption, place: int) -> _Offer:
    pieces = [piece for piece in _PATH.split(option.label.strip(" .·—–|└├-\u00a0")) if piece.strip()] or [option.label]
    return _Offer(option, pieces[-1], tuple(map(fold, (option.group, *pieces[:-1]))), place)


def _nearest(offers: list[_Offer], texts: tuple[str, ...], least: float, kind: Kind | None) -> tuple[FieldOption, ...]:
    scored = [(max(likeness(offer.name, text) for text in texts) + _in_place(offer, kind), offer) for offer in offers]
    best = max((score for score, _ in scored), default=0.0)
    near = [(score, offer) for score, offer in scored if score >= max(least, best - _NEXT_BEST)]
    return tuple(offer.option for _, offer in sorted(near, key=lambda item: (-item[0], item[1].place)))


def _in_place(offer: _Offer, kind: Kind | None) -> float:
    """A little more for an option that stands under the right heading: "Cleaning" at home, not of cars."""
    if kind is None or not any(offer.headings):
        return 0.0
    over = [name for broader in _all_broader(kind) for name in broader.names]
    return (
        0.03 if any(likeness(heading, name) >= _SAME for heading in offer.headings if heading for name in over) else 0.0
    )


def _under_broader(offers: list[_Offer], kind: Kind | None) -> tuple[FieldOption, ...]:
    """A broader category, or the "Other" under its heading."""
    for broader in _all_broader(kind) if kind else ():
        scored = [(_as_heading(offer, broader), -offer.place, offer.option) for offer in offers]
        best = max(scored, key=lambda item: item[:2], default=(0.0, 0, None))
        if best[2] is not None and best[0] >= _SAME:
            return (best[2],)
    return ()


def _as_heading(offer: _Offer, broader: Kind) -> float:
    own = max(likeness(offer.name, name, strict=True) for name in broader.names)
    if not is_other_name(offer.name):
        return own
    over = [likeness(heading, name, strict=True) for heading in offer.headings if heading for name in broader.names]
    return max((own, *over))


@functools.lru_cache(maxsize=100_000)
def likeness(offered: str, wanted: str, *, strict: bool = False) -> float:
    """0..1: how far an offered name says what is wanted. Something broader says it in part; narrower hardly.

    With `strict`, "Computer stores" is not "computers".
    """
    if fold(offered) == fold(wanted):
        return 1.0
    theirs, ours = _stems(fold(offered), strict=strict), _stems(fold(wanted), strict=strict)
    if not theirs or not ours:
        return 0.0
    if set(theirs) == set(ours):
        return 0.96
    joined = max(
        (_part_likeness(part, wanted, strict) for part in _AND.split(offered)[:5] if part.strip()), default=0.0
    )
    broader = _broader_likeness(theirs, ours)
    leading = 0.64 if len(theirs) == len(ours) + 1 and theirs[: len(ours)] == ours else 0.0
    return max(joined, broader, leading, _spelt_alike(fold(offered), fold(wanted)))


def _part_likeness(part: str, wanted: str, strict: bool) -> float:
    """ "Bakeries & Cafes" says bakery; "Café & Bakery" wants either."""
    theirs = set(_stems(fold(part), strict=strict))
    if not theirs:
        return 0.0
    if theirs == set(_stems(fold(wanted), strict=strict)):
        return 0.9
    wants = [set(_stems(fold(want), strict=strict)) for want in _AND.split(wanted)[:5]]
    return 0.86 if theirs in wants else 0.0


def _broader_likeness(theirs: tuple[str, ...], ours: tuple[str, ...]) -> float:
    """ "Lawyers" for "family lawyers" is true; "family" for it is not: the last word, or the first, is what it is."""
    if not set(theirs) < set(ours):
        return 0.0
    return 0.74 if ours[-1] in theirs else 0.66 if ours[0] in theirs and len(theirs) > 1 else 0.0


def _spelt_alike(offered: str, wanted: str) -> float:
    if abs(len(offered) - len(wanted)) > 3 or min(len(offered), len(wanted)) < 7:
        return 0.0
    return 0.8 if SequenceMatcher(None, offered, wanted).ratio() >= 0.9 else 0.0


def _stems(text: str, *, strict: bool = False) -> tuple[str, ...]:
    """The words that count, in their singular; all of them where only generic ones are left."""
    stems = tuple(_stem(word) for word in text.split() if not _PHRASES["joins"].fullmatch(word))
    if strict:
        return stems
    return tuple(stem for stem in stems if not _PHRASES["generic"].fullmatch(stem)) or stems


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            return word[: -len(ending)] + instead
    return word


@functools.lru_cache(maxsize=1000)
def _kind_of(text: str) -> Kind | None:
    """The kind that goes by this name; else the one whose name is what the text ends with ("wedding photography")."""
    best: tuple[float, Kind] | None = None
    for kind in _kinds().values():
        score = max(likeness(name, text) for name in (*kind.names, *kind.members))
        if score >= 0.66 and (best is None or score >= best[0]):
            best = (score, kind)
    return best[1] if best else None


@functools.lru_cache(maxsize=1000)
def _hinted(text: str) -> Kind | None:
    """A stand-in for an unknown kind that names a known one: "horse dentistry supplies" is at home under horses."""
    stems = set(_stems(text))
    for kind in _kinds().values():
        if any(set(_stems(name)) <= stems for name in kind.names if _stems(name)):
            return Kind((), (), (_name_of(kind),))
    return None


def _all_broader(kind: Kind) -> tuple[Kind, ...]:
    """Every broader kind, nearest first."""
    found: list[str] = []
    queue = list(kind.broader)
    while queue:
        heading = queue.pop(0)
        if heading not in found:
            found.append(heading)
            queue += _kinds()[heading].broader
    return tuple(_kinds()[heading] for heading in found)


def _name_of(kind: Kind) -> str:
    return next(name for name, known in _kinds().items() if known is kind)


@functools.cache
def _kinds() -> dict[str, Kind]:
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: Kind(tuple(table["names"]), tuple(table.get("members", ())), tuple(table["broader"]))
        for name, table in tables.items()
    }
