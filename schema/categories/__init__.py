"""The kinds of business that we know, and what they are called in which language: one list for everybody.

The brain finds by it what a directory calls a kind; customers search it when they say what theirs is. It does not
decide which category of a directory is chosen: `brain/values/kinds.py` does.
"""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from schema.contracts.draft import CategoryHit
from schema.ids import normalised

_FOLDER = Path(__file__).parent
_ENOUGH = 8
_ACRONYMS = {"hvac": "HVAC", "it": "IT", "seo": "SEO"}


@dataclass(frozen=True, slots=True)
class Called:
    """One kind: its names, the English one first; narrower words that tell it; the broader kinds it belongs to."""

    names: tuple[str, ...]
    members: tuple[str, ...]
    broader: tuple[str, ...]


@functools.cache
def called() -> dict[str, Called]:
    """Every kind by its key, as the list has them."""
    tables, abroad = (
        tomllib.loads((_FOLDER / name).read_text(encoding="utf-8")) for name in ("categories.toml", "abroad.toml")
    )
    return {
        key: Called(
            names=tuple(dict.fromkeys((*table["names"], *abroad.get(key, [])))),
            members=tuple(table.get("members", ())),
            broader=tuple(table["broader"]),
        )
        for key, table in tables.items()
    }


def label(key: str) -> str:
    """A kind as people read it: "hvac" is HVAC, "it services" IT services."""
    first, _, rest = key.partition(" ")
    return f"{_ACRONYMS.get(first, first.capitalize())}{' ' if rest else ''}{rest}"


def labels() -> tuple[str, ...]:
    """Every kind as people read it, by the alphabet."""
    return tuple(sorted(map(label, called())))


def search(text: str) -> tuple[CategoryHit, ...]:
    """The kinds that a few typed letters may mean, the nearest first, in any of the languages of the list."""
    typed = normalised(text)
    if not typed:
        return ()
    found: list[tuple[int, str, CategoryHit]] = []
    for key, words in _folded().items():
        ranked = [(_rank(typed, folded), shown) for folded, shown in words]
        best = min((hit for hit in ranked if hit[0] is not None), default=None, key=lambda hit: (hit[0], len(hit[1])))
        if best is not None and best[0] is not None:
            hint = "" if normalised(best[1]) == normalised(key) else best[1]
            found.append((best[0], key, CategoryHit(label=label(key), hint=hint)))
    return tuple(hit for *_, hit in sorted(found, key=lambda item: item[:2])[:_ENOUGH])


def known_as(text: str) -> str | None:
    """The kind that exactly this text names, as people read it; None where the list has no such name."""
    typed = normalised(text)
    exact = (key for key, words in _folded().items() if any(folded == typed for folded, _ in words))
    return next(map(label, exact), None)


def _rank(typed: str, folded: str) -> int | None:
    """0 for the name itself, 1 for its beginning, 2 for the beginning of a word of it; None for none of that."""
    if folded == typed:
        return 0
    if folded.startswith(typed):
        return 1
    return 2 if f" {typed}" in folded else None


@functools.cache
def _folded() -> dict[str, tuple[tuple[str, str], ...]]:
    """Every name of every kind, folded and as it stands."""
    return {
        key: tuple((normalised(name), name) for name in dict.fromkeys((key, *kind.names, *kind.members)))
        for key, kind in called().items()
    }
