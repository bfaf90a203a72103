"""Fields that hold a part of one value: pieces of a phone number, a street's number, a day's opening hours."""

import re
from dataclasses import replace

from brain.mapper.meaning import Avoid, Meaning
from brain.words import identifier_words, words
from schema.contracts.form import FieldKind, FormField
from schema.contracts.profile import ProfileKey as Key
from schema.contracts.profile import Weekday

_DAYS: dict[Weekday, str] = {
    Weekday.MONDAY: "monday mon mo montag lunes lun lundi lunedi segunda maandag ma",
    Weekday.TUESDAY: "tuesday tue tues tu dienstag di martes mardi mar martedi terca dinsdag",
    Weekday.WEDNESDAY: "wednesday wed we mittwoch mi miercoles mie mercredi mer mercoledi quarta woensdag wo",
    Weekday.THURSDAY: "thursday thu thur thurs th donnerstag do jueves jue jeudi jeu giovedi gio quinta donderdag",
    Weekday.FRIDAY: "friday fri fr freitag viernes vie vendredi ven venerdi sexta vrijdag vr",
    Weekday.SATURDAY: "saturday sat sa samstag sonnabend sabado sab samedi sam sabato zaterdag za",
    Weekday.SUNDAY: "sunday sun su sonntag so domingo dom dimanche dim domenica zondag zo",
}
_DAY_OF = {word: day for day, names in _DAYS.items() for word in names.split()}
_LONG_DAY_OF = {word: day for word, day in _DAY_OF.items() if len(word) >= 5}
_OPENS = frozenset(
    [
        "opens",
        "open",
        "opening",
        "from",
        "start",
        "starts",
        "begin",
        "von",
        "ab",
        "offnet",
        "geoffnet",
        "abre",
        "desde",
        "apertura",
        "apre",
        "de",
        "das",
        "ouvre",
        "ouverture",
        "dalle",
        "aperto",
        "van",
        "opent",
        "abertura",
        "start1",
        "o",
    ]
)
_CLOSES = frozenset(
    [
        "closes",
        "close",
        "closing",
        "to",
        "until",
        "till",
        "end",
        "ends",
        "bis",
        "schliesst",
        "cierra",
        "hasta",
        "cierre",
        "a",
        "ate",
        "ferme",
        "fermeture",
        "jusque",
        "alle",
        "chiude",
        "chiusura",
        "tot",
        "sluit",
        "fecha",
        "fechamento",
    ]
)
_CLOSED = frozenset(["closed", "geschlossen", "ruhetag", "cerrado", "ferme", "chiuso", "fechado", "gesloten", "dayoff"])

_PHONE_PARTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "country_code",
        re.compile(
            r"\b(country code|dial(?:ing)? code|calling code|phone country|tel country|international code|landesvorwahl|landervorwahl|landercode|codigo de pais|codigo pais|prefijo internacional|indicatif(?: pays| international)?|prefisso internazionale|landnummer|ddi|phonecode|phone code|phone cc|countrycode|dialcode)\b"
        ),
    ),
    (
        "area_code",
        re.compile(
            r"\b(area code|areacode|area|ortsvorwahl|vorwahl|prefijo|codigo de area|indicatif regional|prefisso|ddd|netnummer|phone 1|tel 1|phone a)\b"
        ),
    ),
    ("prefix", re.compile(r"\b(exchange|prefix|phone prefix|first three|first 3|phone 2|tel 2|phone b)\b")),
    ("line", re.compile(r"\b(line number|line|last four|last 4|suffix|subscriber|phone 3|tel 3|phone c)\b")),
)
_AUTOCOMPLETE_PARTS = {
    "tel-country-code": "country_code",
    "tel-area-code": "area_code",
    "tel-local-prefix": "prefix",
    "tel-local-suffix": "line",
    "tel-local": "local",
    "tel-national": "national",
}
_HOUSE_NUMBER = re.compile(
    r"^(house number|street number|number|building number|hausnummer|hausnr|nr|no|numero|numero civico|n|huisnummer|numero de (?:la )?(?:calle|rue|voie))$"
)
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
        short = any(_is_short(field) or field.options for field in run)
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
    return next((part for part, pattern in _PHONE_PARTS if pattern.search(text)), "")


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
        field for field in streets if any(_HOUSE_NUMBER.match(" ".join(words(label.text))) for label in field.labels)
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
        if side != "closed":
            seen[day] = seen.get(day, 0) + 1
        _give(meanings, field, Key.HOURS, f"{day.value}.{side}" if side else day.value, at_least=0.8)
    for handle, side in _whole_days(fields, days, seen):
        meanings[handle] = replace(meanings[handle], part=meanings[handle].part.replace(f".{side}", ""))


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
    for label in field.labels:
        for word in words(label.text)[:4]:
            if word in _LONG_DAY_OF or (word in _DAY_OF and len(words(label.text)) <= 3 and len(word) > 1):
                return _DAY_OF[word]
    for name in (field.name, field.id):
        tokens = identifier_words(name)
        for word in tokens:
            if word in _LONG_DAY_OF or (len(word) == 3 and word in _DAY_OF):
                return _DAY_OF[word]
    return None


def _side_of(field: FormField, position: int) -> str:
    tokens = {*text_of(field).split()}
    if field.kind is FieldKind.CHECKBOX:
        return "closed" if tokens & _CLOSED else "open"
    identifiers = {token for name in (field.name, field.id) for token in identifier_words(name)}
    for candidates in (identifiers, tokens):
        opens, closes = bool(candidates & _OPENS), bool(candidates & _CLOSES)
        if opens != closes:
            return "opens" if opens else "closes"
    return "opens" if position % 2 == 0 else "closes"


def _give(meanings: dict[str, Meaning], field: FormField, key: Key, part: str, at_least: float = 0.6) -> None:
    old = meanings[field.handle]
    why = old.why if old.concept is key else f"part of the {key.value.replace('_', ' ')} beside it"
    meanings[field.handle] = Meaning(field.handle, key, part, max(old.confidence, at_least), why)
