"""How far the name of a category says what another text says: by its words, not by its letters."""

import functools
import re
from difflib import SequenceMatcher
from pathlib import Path

from brain import phrases
from brain.words import fold

SAME = 0.84
"""From here on two texts name one thing."""

NEAR = 0.62
"""From here on the offered one is true of what is wanted, if broader."""

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_AND = re.compile(r"\s*(?:&|,|/|\+|・|、|＆|\band\b|\bund\b|\by\b|\bet\b|\be\b|\ben\b)\s*", re.IGNORECASE)

Sense = frozenset[str]
"""The words of a text that count, in their singular."""


def likeness(offered: str, wanted: str) -> float:
    """0..1: how far an offered name says what is wanted. Something broader says it in part; narrower hardly."""
    if fold(offered) == fold(wanted):
        return 1.0
    theirs, ours = stems(offered), stems(wanted)
    if not theirs or not ours:
        return 0.0
    named = says(offered, frozenset({sense(wanted)}))
    either = 0.86 if parts(offered) & parts(wanted) else 0.0
    leading = NEAR + 0.02 if len(theirs) == len(ours) + 1 and theirs[: len(ours)] == ours else 0.0
    return max(named, either, _broader(theirs, ours), leading, _spelt_alike(fold(offered), fold(wanted)))


def says(offered: str, senses: frozenset[Sense], *, strict: bool = False) -> float:
    """0.96 if the name is one of these, 0.9 if one of its parts is ("Bakeries & Cafes"), else 0.

    With `strict`, "Computer stores" is not "computers".
    """
    if sense(offered, strict=strict) in senses:
        return 0.96
    return 0.9 if parts(offered, strict=strict) & senses else 0.0


@functools.lru_cache(maxsize=20_000)
def sense(text: str, *, strict: bool = False) -> Sense:
    """The words of the whole text."""
    return frozenset(stems(text, strict=strict))


@functools.lru_cache(maxsize=20_000)
def parts(text: str, *, strict: bool = False) -> frozenset[Sense]:
    """The words of each of the first five things that a text joins; a text that joins nothing is its own part."""
    pieces = (frozenset(stems(piece, strict=strict)) for piece in _AND.split(text)[:5])
    return frozenset(piece for piece in pieces if piece)


@functools.lru_cache(maxsize=20_000)
def stems(text: str, *, strict: bool = False) -> tuple[str, ...]:
    """The words that count, in their singular; all of them with `strict` or where only generic ones are left."""
    found = tuple(_stem(word) for word in fold(text).split() if not _PHRASES["joins"].fullmatch(word))
    telling = tuple(stem for stem in found if not _PHRASES["generic"].fullmatch(stem))
    return found if strict else telling or found


def _broader(theirs: tuple[str, ...], ours: tuple[str, ...]) -> float:
    """ "Lawyers" for "family lawyers" is true; "family" for it is not: the last word, or the first, is what it is."""
    if not set(theirs) < set(ours):
        return 0.0
    return 0.74 if ours[-1] in theirs else 0.66 if ours[0] in theirs and len(theirs) > 1 else 0.0


def _spelt_alike(offered: str, wanted: str) -> float:
    if abs(len(offered) - len(wanted)) > 3 or min(len(offered), len(wanted)) < 7:
        return 0.0
    return 0.8 if SequenceMatcher(None, offered, wanted).ratio() >= 0.9 else 0.0


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            return word[: -len(ending)] + instead
    return word
