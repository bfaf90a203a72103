"""Opening hours: one day's side for a grid, or the whole week as a person would write it."""

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from brain import phrases
from brain.words import fold
from schema.contracts.form import FieldOption, FormField
from schema.contracts.profile import DayHours, Weekday

_CLOCK = re.compile(
    r"^\s*(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2})?\s*(?:uhr|h|hrs)?\s*([ap])?\.?\s*(?:m\.?)?\s*$", re.IGNORECASE
)
_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_FILE = Path(__file__).with_name("weeks.toml")


@dataclass(frozen=True)
class _Week:
    """How one language writes a week: the words that show it is asked for, the short days, a day off."""

    asks: tuple[str, ...]
    days: tuple[str, ...]
    closed: str


def minutes(text: str) -> int | None:
    """Minutes since midnight of "09:00", "9:00 AM", "9h30", "0900"; None if it is no time of day."""
    plain = text.strip()
    if re.fullmatch(r"\d{4}", plain):
        plain = f"{plain[:2]}:{plain[2:]}"
    word = {"noon": "12:00", "midnight": "0:00", "mittag": "12:00"}.get(plain.lower())
    match = _CLOCK.match(word or plain)
    if not match:
        return None
    hour, minute, half = int(match.group(1)), int(match.group(2) or 0), (match.group(3) or "").lower()
    if (half and hour > 12) or hour > 24 or minute > 59:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute


def option_at(options: tuple[FieldOption, ...], time: str) -> FieldOption | None:
    """The option that is this time of day, however written. Never a neighbouring one: that would be untrue."""
    wanted = minutes(time)
    # A value may be a mere number of the row: it counts only where no label is a time of day.
    said = [minutes(option.label) for option in options]
    times = said if any(at is not None for at in said) else [minutes(option.value) for option in options]
    return next((option for option, at in zip(options, times, strict=True) if at == wanted), None)


def piece_of(options: tuple[FieldOption, ...]) -> str:
    """ "hour", "minute" or "half" where the options are one piece of a time of day, else ""."""
    numbers = [int(option.label) for option in options if option.label.strip().isdigit()]
    if len(numbers) == len(options) >= 12 and set(range(1, 12)) <= set(numbers) and max(numbers) <= 24:
        return "hour"
    if len(numbers) == len(options) > 1 and 0 in numbers and max(numbers) <= 59:
        return "minute"
    return "half" if {fold(option.label).replace(" ", "") for option in options} == {"am", "pm"} else ""


def piece_at(options: tuple[FieldOption, ...], time: str, piece: str) -> FieldOption | None:
    """The option that is this piece of the time, if there is exactly it."""
    hour, minute = map(int, time.split(":"))
    if piece == "half":
        wanted = "pm" if hour >= 12 else "am"
        return next((option for option in options if fold(option.label).replace(" ", "") == wanted), None)
    numbers = [int(option.label) for option in options if option.label.strip().isdigit()]
    twelve = numbers and max(numbers) <= 12
    number = minute if piece == "minute" else (hour % 12 or (0 if 0 in numbers else 12)) if twelve else hour
    return next((o for o in options if o.label.strip().isdigit() and int(o.label) == number), None)


def closed_option(options: tuple[FieldOption, ...]) -> FieldOption | None:
    """The option that says closed."""
    return next((option for option in options if _PHRASES["closed"].search(fold(option.label))), None)


def twelve_hours(time: str) -> str:
    """ "17:00" → "5:00 PM"."""
    hour, minute = map(int, time.split(":"))
    return f"{hour % 12 or 12}:{minute:02d} {'PM' if hour >= 12 else 'AM'}"


def day_text(day: DayHours | None, language: str = "en") -> str:
    return f"{day.opens} - {day.closes}" if day else str.capitalize(_weeks()[language].closed)


def language_of(field: FormField) -> str:
    """The language that a field for opening hours is asked in, as far as its own words tell; else English."""
    said = (
        f" {fold(' '.join((*(label.text for label in field.labels), field.placeholder, field.help, field.section)))} "
    )
    shown = ((len(ask), name) for name, week in _weeks().items() for ask in week.asks if f" {fold(ask)} " in said)
    return max(shown, default=(0, "en"))[1]


def own_words() -> frozenset[str]:
    """Every word, folded, that opening hours are written with besides the times."""
    weeks = _weeks().values()
    return frozenset(word for week in weeks for text in (*week.days, week.closed) for word in fold(text).split())


def week_text(hours: dict[Weekday, DayHours], separator: str, language: str = "en") -> str:
    """ "Mon-Fri 09:00-17:00", runs of equal days together, closed days named; "" when nothing is known."""
    if not hours:
        return ""
    runs: list[tuple[list[Weekday], DayHours | None]] = []
    for day in Weekday:
        times = hours.get(day)
        if runs and runs[-1][1] == times:
            runs[-1][0].append(day)
        else:
            runs.append(([day], times))
    week = _weeks()[language]
    return separator.join(
        f"{_span(days, week)} {f'{times.opens}-{times.closes}' if times else week.closed}" for days, times in runs
    )


def _span(days: list[Weekday], week: _Week) -> str:
    first, last = (week.days[list(Weekday).index(day)] for day in (days[0], days[-1]))
    return first if len(days) == 1 else f"{first}-{last}"


@functools.cache
def _weeks() -> dict[str, _Week]:
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        language: _Week(tuple(table["asks"]), tuple(table["days"]), table["closed"])
        for language, table in tables.items()
    }
