"""Finds the vocabulary's phrases in a text: longest first, German compounds by their last part."""

import functools
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from brain.mapper.meaning import Concept, concept_named
from brain.words import is_character, words

_FILE = Path(__file__).with_name("vocabulary.toml")
_WEAK = 0.55
_COMPOUND = 0.85


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found at `start`, `length` words long; `weight` is how outright it says its concept."""

    concept: Concept
    weight: float
    start: int
    length: int
    phrase: str

    @property
    def weak(self) -> bool:
        return self.weight <= _WEAK


Phrases = dict[tuple[str, ...], tuple[tuple[Concept, float], ...]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All phrases by their words; `longest` is the word count of the longest; `heads` may end a compound."""

    phrases: Phrases
    heads: dict[str, tuple[tuple[Concept, float], ...]]
    longest: int

    def find(self, text: tuple[str, ...]) -> tuple[Hit, ...]:
        """The phrases in these words, none inside a longer one, in reading order."""
        return tuple(_find(self, text))


@functools.cache
def load() -> tuple[Vocabulary, Vocabulary]:
    """The vocabularies for sentences and for names and ids of controls."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return _build(tables, ("words", "weak")), _build(tables, ("words", "weak", "ids"))


def _build(tables: dict[str, dict[str, list[str]]], lists: tuple[str, ...]) -> Vocabulary:
    found: dict[tuple[str, ...], dict[Concept, float]] = defaultdict(dict)
    heads: dict[str, dict[Concept, float]] = defaultdict(dict)
    for heading, table in tables.items():
        concept = concept_named(heading)
        for name in lists:
            weight = _WEAK if name == "weak" else 1.0
            for phrase in table.get(name, ()):
                key = words(phrase)
                found[key].setdefault(concept, weight)
                if name == "words" and len(key) == 1 and len(key[0]) >= 5:
                    heads[key[0]].setdefault(concept, _COMPOUND)
    return Vocabulary(
        {key: tuple(value.items()) for key, value in found.items()},
        {key: tuple(value.items()) for key, value in heads.items()},
        max(map(len, found)),
    )


def _find(vocabulary: Vocabulary, text: tuple[str, ...]) -> list[Hit]:
    hits: list[Hit] = []
    at = 0
    while at < len(text):
        for length in range(min(vocabulary.longest, len(text) - at), 0, -1):
            meanings = vocabulary.phrases.get(text[at : at + length])
            if meanings and (length > 1 or len(text) == 1 or not is_character(text[at])):
                phrase = " ".join(text[at : at + length])
                hits += [Hit(concept, weight, at, length, phrase) for concept, weight in meanings]
                at += length
                break
        else:
            hits += _compound(vocabulary, text[at], at)
            at += 1
    return hits


def _compound(vocabulary: Vocabulary, word: str, at: int) -> list[Hit]:
    if len(word) < 9:
        return []
    for cut in range(2, len(word) - 4):
        meanings = vocabulary.heads.get(word[cut:])
        if meanings:
            return [Hit(concept, weight, at, 1, word) for concept, weight in meanings]
    return []
