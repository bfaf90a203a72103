"""Fields that hold a part of one value: pieces of a phone number, a street's number, a day's opening hours."""

import re
from dataclasses import replace
from pathlib import Path

from brain import phrases
from brain.mapper.meaning import Avoid, Meaning
from brain.values.hours import piece_of
from brain.words import identifier_words, words
from schema.contracts.form import FieldKind, FormField
from schema.contracts.profile import ProfileKey as Key
from schema.contracts.profile import Weekday

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_PIECES = ("country_code", "area_code", "prefix", "line")
_AUTOCOMPLETE_PARTS = {
    "tel-country-code": "country_code",
    "tel-area-code": "area_code",
    "tel-local-prefix": "prefix",
    "tel-local-suffix": "line",
    "tel-local": "local",
    "tel-national": "national",
}
_SILENT = (None, Avoid.SALUTATION, Avoid.OTHER)
"""What a later piece may seem to be when it is read alone: nothing, or a "prefix"."""

_PLAIN_TEXT = (FieldKind.TEXT, FieldKind.TEL, FieldKind.NUMBER)


def text_of(field: FormField) -> str:
    """Every word the field has about itself, folded."""
    return " ".join([*(" ".join(words(label.text)) for label in field.labels), *_identifiers(field)])


def _identifiers(field: FormField) -> list[str]:
    return [" ".join(identifier_words(field.name)), " ".join(identifier_words(field.id))]


def settle_phones(fields: tuple[FormField, ...], meanings: dict[str, Meaning]) -> None:
    """Names the pieces where one phone number is spread over several controls."""
    for run in _phone_runs(fields, meanings):
        named = {field.handle: _phone_part(field) for field in run}
        if len(run) == 1:
            part = named[run[0].handle] if run[0].options or _is_short(run[0]) else ""
            _give(meanings, run[0], Key.PHONE, part)
            continue
        guessed = _by_lengths(run)
        short = any(_is_short(field) or field.options for field in run) or sum(map(bool, named.values())) > 1
        for field, guess in zip(run, guessed, strict=True):
            explicit = named[field.handle]
            if short:
                _give(meanings, field, Key.PHONE, explicit if field.options or not guess else guess or explicit)


def _phone_runs(fields: tuple[FormField, ...], meanings: dict[str, Meaning]) -> list[list[FormField]]:
    """Neighbouring fields that share one number: a short or coded field, and what follows it."""
    runs: list[list[FormField]] = []
    open_run = False
    for field in fields:
        concept = meanings[field.handle].concept
        is_phone = concept is Key.PHONE or (bool(field.options) and _looks_like_dial_codes(field))
        if open_run and (is_phone or concept in _SILENT) and _continues(runs[-1], field, named=is_phone):
            runs[-1].append(field)
        elif is_phone:
            runs.append([field])
            open_run = True
        else:
            open_run = False
    return runs


def _continues(run: list[FormField], field: FormField, *, named: bool) -> bool:
    """True if the field goes on with the run's number: after a piece, and itself a piece or called a phone."""
    piece = _is_short(run[-1]) or bool(run[-1].options) or bool(_phone_part(run[-1]))
    fitting = named or (field.kind in _PLAIN_TEXT and (_is_short(field) or bool(_phone_part(field))))
    return piece and fitting and len(run) < 4


def _is_short(field: FormField) -> bool:
    return field.max_length is not None and field.max_length <= 5


def _looks_like_dial_codes(field: FormField) -> bool:
    coded = sum(bool(re.search(r"\+\s?\d{1,4}\b", f"{option.label} {option.value}")) for option in field.options)
    return coded >= max(1, len(field.options) * 0.6)


def _phone_part(field: FormField) -> str:
    for token in field.autocomplete.lower().split():
        if token in _AUTOCOMPLETE_PARTS:
            return _AUTOCOMPLETE_PARTS[token]
    if field.options:
        return "country_code"
    text = text_of(field)
    return next((piece for piece in _PIECES if _PHRASES[piece].search(text)), "")


def _by_lengths(run: list[FormField]) -> list[str]:
    """The usual splits, told by how many controls there are and how long they may be."""
    lead = ["country_code"] if run[0].options or _phone_part(run[0]) == "country_code" else []
    rest = run[len(lead) :]
    tails = {0: [], 1: ["national"], 2: ["area_code", "local"], 3: ["area_code", "prefix", "line"]}
    return [*lead, *tails.get(len(rest), [""] * len(rest))]


def settle_streets(fields: tuple[FormField, ...], meanings: dict[str, Meaning]) -> None:
    """A street and its number in two controls."""
    streets = [field for field in fields if meanings[field.handle].concept is Key.STREET]
    numbers = [
        field
        for field in streets
        if any(_PHRASES["house_number"].search(" ".join(words(label.text))) for label in field.labels)
    ]
    if numbers and len(streets) > len(numbers):
        for field in streets:
            _give(meanings, field, Key.STREET, "number" if field in numbers else "name")


def settle_hours(fields: tuple[FormField, ...], meanings: dict[str, Meaning]) -> None:
    """A grid of days: each control becomes monday.opens, monday.closes, monday.closed or a whole day."""
    days = {field.handle: _day_of(field) for field in fields}
    gridded = {day for day in days.values() if day}
    if len(gridded) < 3:
        return
    seen: dict[Weekday, int] = {}
    for field in fields:
        day = days[field.handle]
        if day is None:
            continue
        side = _side_of(field, seen.get(day, 0))
        if side not in ("closed", "open"):
            seen[day] = seen.get(day, 0) + 1
        _give(meanings, field, Key.HOURS, f"{day.value}.{side}" if side else day.value, at_least=0.8)
    for day in gridded:
        for field, part in _clock_pieces([field for field in fields if days[field.handle] is day]):
            _give(meanings, field, Key.HOURS, f"{day.value}.{part}", at_least=0.8)
    for handle, side in _whole_days(fields, days, seen):
        meanings[handle] = replace(meanings[handle], part=meanings[handle].part.replace(f".{side}", ""))


def _clock_pieces(fields: list[FormField]) -> list[tuple[FormField, str]]:
    """A day whose times are chosen in pieces: "7" "30" "AM" to "3" "00" "PM"; empty where they are not."""
    chosen = [field for field in fields if field.options and field.kind is not FieldKind.CHECKBOX]
    pieces = [piece_of(field.options) for field in chosen]
    half = len(chosen) // 2
    if len(chosen) not in (4, 6) or pieces[:half] != pieces[half:] or sorted(pieces[:2]) != ["hour", "minute"]:
        return []
    sides = ["opens"] * half + ["closes"] * half
    return [(field, f"{side}.{piece}") for field, side, piece in zip(chosen, sides, pieces, strict=True)]


def _whole_days(
    fields: tuple[FormField, ...], days: dict[str, Weekday | None], seen: dict[Weekday, int]
) -> list[tuple[str, str]]:
    """Text fields that stand alone for their day take "09:00 - 17:00"."""
    alone = []
    for field in fields:
        day = days[field.handle]
        if day and seen.get(day) == 1 and field.kind in (FieldKind.TEXT, FieldKind.TEXTAREA):
            alone.append((field.handle, "opens"))
    return alone


def _day_of(field: FormField) -> Weekday | None:
    """The day a control is about, by its label, else by its name. Shortened days count only where they stand alone."""
    for label in field.labels:
        text = " ".join(words(label.text)[:4])
        for day in Weekday:
            short = len(words(label.text)) <= 3 and _PHRASES[f"{day.value}_short"].search(text)
            if _PHRASES[day.value].search(text) or short:
                return day
    for name in (field.name, field.id):
        tokens = [token for token in identifier_words(name) if len(token) >= 3]
        for day in Weekday:
            if any(_PHRASES[day.value].fullmatch(t) or _PHRASES[f"{day.value}_short"].fullmatch(t) for t in tokens):
                return day
    return None


def _side_of(field: FormField, position: int) -> str:
    text = text_of(field)
    if field.kind is FieldKind.CHECKBOX:
        return "closed" if _PHRASES["closed"].search(text) else "open"
    for candidate in (" ".join(_identifiers(field)), text):
        opens, closes = (bool(_PHRASES[side].search(candidate)) for side in ("opens", "closes"))
        if opens != closes:
            return "opens" if opens else "closes"
    return "opens" if position % 2 == 0 else "closes"


def _give(meanings: dict[str, Meaning], field: FormField, key: Key, part: str, at_least: float = 0.6) -> None:
    old = meanings[field.handle]
    why = old.why if old.concept is key else f"part of the {key.value.replace('_', ' ')} beside it"
    meanings[field.handle] = Meaning(field.handle, key, part, max(old.confidence, at_least), why)
