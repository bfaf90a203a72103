"""A linear model over named features: multinomial logistic regression that starts from what the words say.

Its weights are shipped as data and only correct the words: where they say nothing, the vocabulary's reading stands.
`weights.json` is fitted to labelled forms by `make train` (tests/corpus/): per feature the weight of each meaning,
times a hundred, as whole numbers. Nothing here knows a word of any language.
"""

import functools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("weights.json")
TRUST = 3.0
"""How much a word that says its meaning outright counts for, as a weight."""

SCALE = 100
"""Weights are kept as hundredths."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """`meanings` are its classes; `weights` lists, per feature, the place of a meaning and its weight in turn."""

    meanings: tuple[str, ...]
    bias: tuple[float, ...]
    weights: dict[str, tuple[int, ...]]

    def probabilities(self, features: Iterable[str], said: Mapping[str, float]) -> dict[str, float]:
        """How likely each meaning is, the likeliest first; they add up to 1. `said` is what the words say, 0..1."""
        sums = [
            (value + TRUST * said.get(meaning, 0.0)) * SCALE
            for meaning, value in zip(self.meanings, self.bias, strict=True)
        ]
        for feature in features:
            pairs = self.weights.get(feature)
            if pairs:
                for at in range(0, len(pairs), 2):
                    sums[pairs[at]] += pairs[at + 1]
        most = max(sums)
        odds = [math.exp((value - most) / SCALE) for value in sums]
        total = sum(odds)
        ranked = sorted(zip(self.meanings, odds, strict=True), key=lambda item: -item[1])
        return {meaning: value / total for meaning, value in ranked}

    def speaking_for(self, features: Iterable[str], meaning: str, most: int = 3) -> list[tuple[str, float]]:
        """The features that speak loudest for a meaning, with their weights."""
        place = self.meanings.index(meaning)
        found = []
        for feature in features:
            pairs = self.weights.get(feature, ())
            weight = next((pairs[at + 1] for at in range(0, len(pairs), 2) if pairs[at] == place), 0)
            if weight > 0:
                found.append((feature, weight / SCALE))
        return sorted(found, key=lambda item: -item[1])[:most]


@functools.cache
def load() -> LinearModel:
    """The model as shipped."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    weights = {feature: tuple(pairs) for feature, pairs in data["weights"].items()}
    return LinearModel(tuple(data["meanings"]), tuple(data["bias"]), weights)
