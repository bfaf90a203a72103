"""Where the bars of the staff page's charts are: plain geometry, drawn by a template.

Lengths are in the units of the drawing's view box.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from schema.contracts.status import FailureShare, Hour, Rate

_WIDTH, _HEIGHT = 720, 190
_LEFT, _TOP, _FOOT = 40, 12, 26
_GAP = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """One piece of a bar."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One hour: its pieces from the ground up, and what is said of it."""

    blocks: tuple[Block, ...]
    starts_at: datetime
    middle: float
    named: bool
    said: str


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """A line across the drawing, and the number beside it."""

    y: float
    value: int


@dataclasses.dataclass(frozen=True, slots=True)
class HourChart:
    """What ended in each hour of the last day."""

    width: int
    height: int
    left: int
    ground: float
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    most: int


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """One failure type, or what was listed: how many, of which share, and how long its bar is in percent."""

    name: str
    ended: int
    share: float
    length: float
    good: bool = False


def by_hour(hours: Sequence[Hour]) -> HourChart:
    """The hours as stacked columns, the first at the left."""
    most = max((hour.succeeded + hour.failed + hour.skipped for hour in hours), default=0)
    top = _round_up(most)
    ground = _HEIGHT - _FOOT
    step = (_WIDTH - _LEFT) / max(1, len(hours))
    scale = (ground - _TOP) / top
    columns = []
    for number, hour in enumerate(hours):
        x, y = _LEFT + number * step + _GAP / 2, float(ground)
        blocks = []
        for kind, count in (("succeeded", hour.succeeded), ("failed", hour.failed), ("skipped", hour.skipped)):
            if count:
                tall = count * scale
                y -= tall
                blocks.append(Block(kind, round(x, 1), round(y, 1), round(step - _GAP, 1), round(tall, 1)))
        columns.append(
            Column(
                blocks=tuple(blocks),
                starts_at=hour.starts_at,
                middle=round(x + (step - _GAP) / 2, 1),
                named=hour.starts_at.hour % 3 == 0,
                said=f"{hour.starts_at:%H:%M}: {hour.succeeded} listed, {hour.failed} failed, {hour.skipped} skipped",
            )
        )
    values = sorted({0, top // 2, top})
    lines = tuple(Line(round(ground - value * scale, 1), value) for value in values)
    return HourChart(_WIDTH, _HEIGHT, _LEFT, ground, tuple(columns), lines, most)


def by_failure(rate: Rate, most: int = 10) -> tuple[Bar, ...]:
    """What became of all that was tried: listed first, then each failure type, the most frequent first."""
    tried = rate.succeeded + rate.failed
    if not tried:
        return ()
    named = rate.failures[:most]
    unnamed = rate.failed - sum(one.ended for one in named)
    longest = max(rate.succeeded, unnamed, *(one.ended for one in named), 1)
    bars = [_bar("listed", rate.succeeded, tried, longest, good=True)]
    bars += [_bar(_name(one), one.ended, tried, longest) for one in named]
    if unnamed > 0:
        bars.append(_bar("declined, or other", unnamed, tried, longest))
    return tuple(bars)


def _bar(name: str, ended: int, tried: int, longest: int, *, good: bool = False) -> Bar:
    return Bar(name, ended, ended / tried, round(100 * ended / longest, 1), good)


def _name(failure: FailureShare) -> str:
    return failure.failure.value.replace("_", " ")


def _round_up(number: int) -> int:
    """The next even figure that is easily read: 2, 4, 10, 20, 40, 100, 200, 400 …"""
    ten = 1
    while True:
        for step in (2, 4, 10):
            if step * ten >= number:
                return step * ten
        ten *= 10
