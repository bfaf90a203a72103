"""What models cost: data with dates (`prices.toml`), and the arithmetic on it."""

import functools
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from brain.models.question import Tokens

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, from a day on."""

    since: date
    input: float
    output: float

    def of(self, tokens: Tokens) -> float:
        """US dollars."""
        return (tokens.input * self.input + tokens.output * self.output) / _MILLION


def price(model: str, day: date | None = None) -> Price:
    """The model's price on a day, today's unless told. Raises KeyError for a model that is not listed."""
    day = day or datetime.now(UTC).date()
    listed = _load()[model]
    return max((p for p in listed if p.since <= day), key=lambda p: p.since, default=listed[0])


def listed() -> tuple[str, ...]:
    """The models that have a price."""
    return tuple(_load())


@functools.cache
def _load() -> dict[str, tuple[Price, ...]]:
    found = tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"))
    return {
        name: tuple(Price(since=row["from"], input=row["input"], output=row["output"]) for row in rows)
        for name, rows in found.items()
    }
