"""Which offered option carries a key's value: codes, names, ranges, times, kinds of business. Never a guess."""

import re
from pathlib import Path

from brain import phrases
from brain.values import choices, hours, kinds, phones
from brain.values.places import country_codes, country_names, language_names, state_names
from brain.values.written import written
from brain.words import fold
from schema.contracts.form import FieldKind, FieldOption, FormField
from schema.contracts.profile import BusinessProfile, Weekday
from schema.contracts.profile import ProfileKey as Key

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_YES = (
    "yes",
    "i agree",
    "agree",
    "accept",
    "i accept",
    "ja",
    "si",
    "sí",
    "oui",
    "sim",
    "accepter",
    "acepto",
    "ich stimme zu",
    "akzeptieren",
)
_KINDS_PER_LISTING = 3
_STEPS = ("cheap", "moderate", "dear", "luxury")


def chosen(key: Key, part: str, field: FormField, profile: BusinessProfile) -> tuple[tuple[FieldOption, ...], ...]:
    """Acceptable choices, the best first; each is one option, or several where the field takes several."""
    options = field.options
    if key in (Key.CATEGORY, Key.SUBCATEGORY):
        return _kinds(key, part, field, profile)
    if key in (Key.PAYMENT_METHODS, Key.LANGUAGES, Key.KEYWORDS):
        return _several(key, field, profile)
    found = _one(key, part, options, profile)
    if found is None:
        found = choices.exact(options, written(key, part, field, profile))
    return ((found,),) if found else ()


def free_plan(field: FormField) -> FieldOption | None:
    """The plan that costs nothing, if exactly that can be told."""
    free = [option for option in field.options if _PHRASES["free_raw"].search(option.label) and not priced(option)]
    named = [option for option in free if _PHRASES["named_free"].search(fold(option.label))]
    return next(iter(named or free), None)


def priced(option: FieldOption) -> bool:
    """True when the option's text names a price above zero."""
    return bool(_PHRASES["priced_raw"].search(option.label))


def binding(option: FieldOption) -> bool:
    """True when the option's words speak of paying, ordering or authorising."""
    return priced(option) or bool(_PHRASES["binding"].search(fold(option.label)))


def agreement(field: FormField) -> FieldOption | None:
    """The option that says yes."""
    return choices.exact(field.options, _YES)


def _one(key: Key, part: str, options: tuple[FieldOption, ...], profile: BusinessProfile) -> FieldOption | None:
    match key:
        case Key.COUNTRY:
            found = choices.exact(options, (*country_names(profile.country), *country_codes(profile.country)))
        case Key.CITY:
            found = _city(options, profile)
        case Key.STATE:
            found = choices.exact(options, state_names(profile.state, profile.country)) if profile.state else None
        case Key.PHONE | Key.FAX if part == "country_code":
            found = _dial_code(options, profile.phone if key is Key.PHONE else profile.fax, profile.country)
        case Key.HOURS:
            found = _time(part, options, profile)
        case Key.EMPLOYEES if profile.employees is not None:
            found = choices.ranged(options, profile.employees)
        case Key.FOUNDED_YEAR if profile.founded_year:
            year = profile.founded_year
            found = choices.exact(options, (str(year),)) or choices.ranged(options, year)
        case Key.PRICE_RANGE if profile.price_range:
            found = _price(options, profile.price_range)
        case _:
            found = None
    return found


def _city(options: tuple[FieldOption, ...], profile: BusinessProfile) -> FieldOption | None:
    """The city by itself, or followed by its own state or country ("Austin, TX, USA"), as searches suggest it."""
    plain = choices.exact(options, (profile.city,))
    if plain is not None:
        return plain
    around = {fold(n) for n in (*state_names(profile.state, profile.country), *country_names(profile.country))}
    around |= {fold(code) for code in country_codes(profile.country)}
    for option in options:
        first, *rest = (fold(piece) for piece in re.split(r"[,(/–-]", option.label))
        if first == fold(profile.city) and rest and around & set(rest):
            return option
    return None


def _dial_code(options: tuple[FieldOption, ...], raw: str, country: str) -> FieldOption | None:
    code = phones.dial_code(raw, country)
    same = [o for o in options if code and code in re.findall(r"\d+", f"{o.label} {o.value}")[:2]]
    names = {fold(name) for name in (*country_names(country), *country_codes(country))}
    named = [o for o in same if any(f" {name} " in f" {fold(f'{o.label} {o.value}')} " for name in names)]
    return next(iter(named or same), None) or choices.exact(options, (*country_codes(country), *country_names(country)))


def _time(part: str, options: tuple[FieldOption, ...], profile: BusinessProfile) -> FieldOption | None:
    day, _, side = part.partition(".")
    if not day or not profile.hours:
        return None
    times = profile.hours.get(Weekday(day))
    if times is None:
        return hours.closed_option(options)
    if side in ("open", "closed"):
        return None
    side, _, piece = side.partition(".")
    if piece:
        return hours.piece_at(options, times.closes if side == "closes" else times.opens, piece)
    return hours.option_at(options, times.closes if side == "closes" else times.opens)


def _price(options: tuple[FieldOption, ...], price: str) -> FieldOption | None:
    """ "$$" is the second step of a scale, whatever its currency or its words ("moderate"); else words are words."""
    steps = _steps(price)
    for option in options:
        symbols = re.search(r"(?<!\S)[$€£¥₹₩]+(?![\d\s]*\d)", option.label)
        if steps and symbols and len(symbols.group()) == steps:
            return option
    named = [option for option in options if steps and _steps(option.label) == steps]
    return choices.exact(options, (price,)) or (named[0] if len(named) == 1 else None)


def _steps(text: str) -> int:
    """1 cheap … 4 luxurious; 0 where a text tells no step."""
    symbols = re.fullmatch(r"\s*([$€£¥₹₩]{1,4})\s*", text)
    if symbols:
        return len(symbols.group(1))
    said = fold(text)
    return next((step for step in (4, 1, 3, 2) if _PHRASES[_STEPS[step - 1]].search(said)), 0)


def _kinds(key: Key, part: str, field: FormField, profile: BusinessProfile) -> tuple[tuple[FieldOption, ...], ...]:
    main, further = (profile.category,), profile.subcategories
    if field.kind is FieldKind.MULTISELECT:
        return _several_kinds(key, field, profile)
    if key is Key.CATEGORY:
        found = kinds.categories(field.options, main)
        if not found or _is_catch_all(found):
            found = kinds.categories(field.options, (*main, *further)) or found
    elif field.depends_on or field.required:
        # Below a broad heading, the business's own category may be the finer choice.
        found = kinds.categories(field.options, (*further, *main))
    else:
        found = kinds.categories(field.options, further[int(part or 0) :])
        if _is_catch_all(found):
            found = ()
    return tuple((option,) for option in found[:3])


def _several_kinds(key: Key, field: FormField, profile: BusinessProfile) -> tuple[tuple[FieldOption, ...], ...]:
    best = kinds.categories(field.options, (profile.category,))[:1]
    wanted = best if key is Key.CATEGORY else ()
    for text in profile.subcategories:
        near = kinds.categories(field.options, (text,))[:1]
        if near and not _is_catch_all(near) and near[0] not in wanted and len(wanted) < _KINDS_PER_LISTING:
            wanted = (*wanted, *near) if not _is_catch_all(wanted) else near
    wanted = wanted or best
    return (wanted, wanted[:1]) if len(wanted) > 1 else (wanted,) if wanted else ()


def _is_catch_all(found: tuple[FieldOption, ...]) -> bool:
    return len(found) == 1 and choices.is_other_name(found[0].label.rpartition(">")[2])


def _several(key: Key, field: FormField, profile: BusinessProfile) -> tuple[tuple[FieldOption, ...], ...]:
    if key is Key.PAYMENT_METHODS:
        found = choices.payments(field.options, profile.payment_methods)
    elif key is Key.LANGUAGES:
        found = choices.among(field.options, tuple(n for text in profile.languages for n in language_names(text)))
    else:
        found = choices.among(field.options, profile.keywords or (profile.category, *profile.subcategories))
    if field.kind is FieldKind.MULTISELECT:
        return (found,) if found else ()
    return tuple((option,) for option in found)
