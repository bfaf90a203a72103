"""One figure of the bench: a name, a number, and how many times the figure above it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` compares with the first figure of its group; None where there is nothing to compare with."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
