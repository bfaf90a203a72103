"""Finds, among hundreds of offered categories, the one a business belongs to.

By name first, then by another name for the same kind, in any of several languages, then by an honestly broader
heading, and by "Other" only when nothing fits. A narrower category than the business claims is never chosen.
"""

import functools
import re
from dataclasses import dataclass

from brain.values.choices import is_other_name
from brain.values.likeness import NEAR, SAME, Sense, likeness, says, sense
from brain.words import fold
from schema.categories import Called, called
from schema.contracts.form import FieldOption

_NEXT_BEST = 0.12
_SAME_KIND = 0.66
_PATH = re.compile(r"\s*(?:>|»|›|::|→|\s/\s|\s[-–—]\s)\s*")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of business: its names, narrower words that tell it, and the broader kinds it belongs to.

    `senses` are its names by their words; `headings` the same, counting every word.
    """

    names: tuple[str, ...]
    members: tuple[str, ...]
    broader: tuple[str, ...]
    senses: frozenset[Sense]
    headings: frozenset[Sense]


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
        over = frozenset(name for broader in _all_broader(kind) for name in broader.headings) if kind else frozenset()
        by_text = [(likeness(offer.name, text) + _in_place(offer, over), offer) for offer in offers]
        by_kind = [(says(offer.name, kind.senses) + _in_place(offer, over), offer) for offer in offers] if kind else []
        found = _best(by_text, SAME) or _best(by_kind, SAME) or _best(by_text, NEAR)
        if found:
            return found
    for text in texts:
        found = _under_broader(offers, _kind_of(fold(text)) or _hinted(text))
        if found:
            return found
    return tuple(offer.option for offer in offers if is_other_name(offer.name))[:1]


def _offer(option: FieldOption, place: int) -> _Offer:
    pieces = [piece for piece in _PATH.split(option.label.strip(" .·—–|└├-\u00a0")) if piece.strip()] or [option.label]
    return _Offer(option, pieces[-1], tuple(filter(None, (option.group, *pieces[:-1]))), place)


def _best(scored: list[tuple[float, _Offer]], least: float) -> tuple[FieldOption, ...]:
    """Those that are near enough, and not much farther than the nearest, in order."""
    best = max((score for score, _ in scored), default=0.0)
    near = [(score, offer) for score, offer in scored if score >= max(least, best - _NEXT_BEST)]
    return tuple(offer.option for _, offer in sorted(near, key=lambda item: (-item[0], item[1].place)))


def _in_place(offer: _Offer, over: frozenset[Sense]) -> float:
    """A little more for an option that stands under the right heading: "Cleaning" at home, not of cars."""
    return 0.03 if over and any(says(heading, over, strict=True) for heading in offer.headings) else 0.0


def _under_broader(offers: list[_Offer], kind: Kind | None) -> tuple[FieldOption, ...]:
    """A broader category, or the "Other" under its heading."""
    for broader in _all_broader(kind) if kind else ():
        found = _best([(_as_heading(offer, broader), offer) for offer in offers], SAME)
        if found:
            return found[:1]
    return ()


def _as_heading(offer: _Offer, broader: Kind) -> float:
    names = (offer.name, *offer.headings) if is_other_name(offer.name) else (offer.name,)
    return max(says(name, broader.headings, strict=True) for name in names)


@functools.lru_cache(maxsize=1000)
def _kind_of(text: str) -> Kind | None:
    """The kind that goes by this name; else the one whose name is what the text ends with ("wedding photography")."""
    best: tuple[float, Kind] | None = None
    for kind in _kinds().values():
        score = max(likeness(name, text) for name in (*kind.names, *kind.members))
        if score >= _SAME_KIND and (best is None or score >= best[0]):
            best = (score, kind)
    return best[1] if best else None


@functools.lru_cache(maxsize=1000)
def _hinted(text: str) -> Kind | None:
    """A stand-in for an unknown kind that names a known one: "horse hotel supplies" is at home under hotels."""
    for name, kind in _kinds().items():
        if any(words and words <= sense(text) for words in kind.senses):
            return Kind((), (), (name,), frozenset(), frozenset())
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


@functools.cache
def _kinds() -> dict[str, Kind]:
    return {key: _kind(words) for key, words in called().items()}


def _kind(words: Called) -> Kind:
    loose, strict = (frozenset(sense(name, strict=whole) for name in words.names) for whole in (False, True))
    return Kind(words.names, words.members, words.broader, loose, strict)
