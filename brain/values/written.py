"""The acceptable ways to write a key of the profile as text for one field, the best first."""

import re
from collections.abc import Callable
from pathlib import Path

from brain import phrases
from brain.values import hours, phones, texts, urls
from brain.values.places import country_codes, country_names, state_code, state_names
from schema.contracts.form import FieldKind, FormField
from schema.contracts.profile import BusinessProfile, Weekday
from schema.contracts.profile import ProfileKey as Key

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_LONG = (FieldKind.TEXTAREA, FieldKind.RICH_TEXT)
_SOCIAL = (Key.FACEBOOK, Key.INSTAGRAM, Key.LINKEDIN, Key.X, Key.YOUTUBE, Key.TIKTOK, Key.PINTEREST)
_CODE_LAST = ("US", "CA", "AU", "GB", "IE", "IN", "NZ")


def written(key: Key, part: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    """Ways to write the key's value; empty where the profile has none. Limits are the caller's to apply."""
    ways = _WAYS.get(key)
    found = ways(part, field, profile) if ways else (str(getattr(profile, key.value)),)
    return tuple(dict.fromkeys(text for text in found if text))


def _phone(part: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return _number(profile.phone, part, field, profile)


def _fax(part: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return _number(profile.fax, part, field, profile) if profile.fax else ()


def _number(raw: str, part: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    if part and part != "national":
        return phones.part(raw, profile.country, part)
    return phones.spellings(raw, profile.country, field, national_first=part == "national")


def _website(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return urls.spellings(profile.website, field) if profile.website else ()


def _video(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return urls.spellings(profile.video, field) if profile.video else ()


def _social(key: Key) -> Callable[[str, FormField, BusinessProfile], tuple[str, ...]]:
    def ways(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
        address = str(getattr(profile, key.value))
        return urls.social(address, field) if address else ()

    return ways


def _street(part: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    if not part:
        return (profile.street,)
    number, name = split_street(profile.street)
    return (number,) if part == "number" else (name,)


def split_street(street: str) -> tuple[str, str]:
    """House number and street name, whichever order they stand in; ("", street) when there is no number."""
    leading = re.match(r"^(\d+[\w/-]*),?\s+(.+)$", street)
    if leading:
        return leading.group(1), leading.group(2)
    trailing = re.match(r"^(.*?\D),?\s+(\d+\s?[A-Za-z]?(?:[/-]\d+\w?)?)$", street)
    return (trailing.group(2), trailing.group(1).rstrip(" ,")) if trailing else ("", street)


def _locality(profile: BusinessProfile) -> str:
    if profile.country in _CODE_LAST:
        region = state_code(profile.state, profile.country) or profile.state
        return ", ".join(filter(None, (profile.city, " ".join(filter(None, (region, profile.postal_code))))))
    return " ".join(filter(None, (profile.postal_code, profile.city)))


def _address(part: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    if part == "locality":
        return (_locality(profile),)
    country = (country_names(profile.country) or (profile.country,))[0]
    lines = [line for line in (profile.street, profile.street2, _locality(profile), country) if line]
    separator = "\n" if field.kind in _LONG else ", "
    return (separator.join(lines), separator.join(lines[:-1]), ", ".join(filter(None, (profile.street, profile.city))))


def _city(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return (profile.city,)


def _state(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    names = tuple(n for n in state_names(profile.state, profile.country) if not n.startswith(f"{profile.country}-"))
    if field.max_length is not None and field.max_length <= 3:
        return tuple(sorted(names, key=len))
    return names


def _country(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    names, codes = country_names(profile.country), country_codes(profile.country)[:2]
    if field.max_length is not None and field.max_length <= 3:
        return tuple(code for code in codes if len(code) <= field.max_length)
    return (*names[:1], *codes, *names[1:3])


def _postal_code(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    code = profile.postal_code
    return (code, code.replace(" ", ""), code.split("-")[0])


def _tagline(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return (profile.tagline, *(() if not field.required else (texts.cut(_short(profile), field.max_length or 100),)))


def _short(profile: BusinessProfile) -> str:
    return profile.short_description or texts.cut(profile.description, 200)


def _short_description(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return _described((_short(profile), profile.description, profile.tagline), field)


def _description(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return _described((profile.description, profile.short_description, profile.tagline), field)


def _described(versions: tuple[str, ...], field: FormField) -> tuple[str, ...]:
    """Whole versions that fit, then cut ones, then shorter ones; longer ones where there is a least length."""
    versions = tuple(filter(None, versions))
    limit, least = field.max_length, field.min_length or 0
    whole = [text for text in versions[:2] if (limit is None or len(text) <= limit) and len(text) >= least]
    shortened = [
        texts.cut(versions[0], size) for size in (limit, 1000, 500, 250, 160) if size and (not limit or size <= limit)
    ]
    longest = " ".join(dict.fromkeys(versions)) if least > max(map(len, versions), default=0) else ""
    return tuple(text for text in (*whole, *shortened, *versions, longest) if text and len(text) >= least)


def _keywords(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    items = profile.keywords or (profile.category, *profile.subcategories)
    shown = f"{field.help} {field.placeholder} {' '.join(label.text for label in field.labels)}".lower()
    separator = "\n" if field.kind in _LONG and "per line" in shown else " " if "separated by space" in shown else ", "
    most = _PHRASES["most_words_raw"].search(shown)
    items = items[: int(most.group(1))] if most else items
    return tuple(texts.joined(items[:count], field.max_length, separator) for count in (len(items), 10, 5, 3))


def _category(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return (profile.category, *profile.subcategories)


def _subcategory(part: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return profile.subcategories[int(part or 0) :]


def _hours(part: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    if not part:
        separators = ("\n", "; ") if field.kind in _LONG else ("; ", ", ")
        language = hours.language_of(field)
        return tuple(hours.week_text(profile.hours, separator, language) for separator in separators)
    day, _, side = part.partition(".")
    times = profile.hours.get(Weekday(day))
    if not side:
        return (hours.day_text(times, hours.language_of(field)),) if profile.hours else ()
    if times is None:
        return ()
    time = times.opens if side == "opens" else times.closes
    twelve = hours.twelve_hours(time)
    shown = f"{field.placeholder} {field.help}".lower()
    if field.kind is FieldKind.TIME or not re.search(r"\d\s*[ap]\.?m|\bam\b|\bpm\b", shown):
        return (time, twelve)
    return (twelve, time)


def _year(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return (str(profile.founded_year),) if profile.founded_year and field.kind is not FieldKind.DATE else ()


def _employees(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return () if profile.employees is None else (str(profile.employees),)


def _coordinate(key: Key) -> Callable[[str, FormField, BusinessProfile], tuple[str, ...]]:
    def ways(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
        value = profile.latitude if key is Key.LATITUDE else profile.longitude
        return () if value is None else (f"{value:.6f}".rstrip("0").rstrip("."),)

    return ways


def _picture(key: Key) -> Callable[[str, FormField, BusinessProfile], tuple[str, ...]]:
    def ways(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
        found = tuple(
            filter(None, (profile.logo, *profile.images) if key is Key.LOGO else (*profile.images, profile.logo))
        )
        if field.kind is FieldKind.FILE:
            return found
        return tuple(picture for picture in found if picture.startswith("http"))

    return ways


def _listed(key: Key) -> Callable[[str, FormField, BusinessProfile], tuple[str, ...]]:
    def ways(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
        items = profile.payment_methods if key is Key.PAYMENT_METHODS else profile.languages
        return (texts.joined(items, field.max_length),)

    return ways


def _contact_name(_: str, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    return (profile.contact_name, " ".join(filter(None, (profile.contact_first_name, profile.contact_last_name))))


_WAYS: dict[Key, Callable[[str, FormField, BusinessProfile], tuple[str, ...]]] = {
    Key.CONTACT_NAME: _contact_name,
    Key.PHONE: _phone,
    Key.FAX: _fax,
    Key.WEBSITE: _website,
    Key.VIDEO: _video,
    Key.STREET: _street,
    Key.CITY: _city,
    Key.STATE: _state,
    Key.COUNTRY: _country,
    Key.POSTAL_CODE: _postal_code,
    Key.ADDRESS: _address,
    Key.LATITUDE: _coordinate(Key.LATITUDE),
    Key.LONGITUDE: _coordinate(Key.LONGITUDE),
    Key.TAGLINE: _tagline,
    Key.SHORT_DESCRIPTION: _short_description,
    Key.DESCRIPTION: _description,
    Key.KEYWORDS: _keywords,
    Key.CATEGORY: _category,
    Key.SUBCATEGORY: _subcategory,
    Key.HOURS: _hours,
    Key.FOUNDED_YEAR: _year,
    Key.EMPLOYEES: _employees,
    Key.PAYMENT_METHODS: _listed(Key.PAYMENT_METHODS),
    Key.LANGUAGES: _listed(Key.LANGUAGES),
    Key.LOGO: _picture(Key.LOGO),
    Key.IMAGES: _picture(Key.IMAGES),
    **{key: _social(key) for key in _SOCIAL},
}
