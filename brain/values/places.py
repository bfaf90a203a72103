"""Countries and their states, by code or by name, in English and the languages directories are written in."""

import functools
import gettext
from typing import Any

import pycountry

from brain.words import fold
from schema.contracts.form import FieldOption

_LANGUAGES = ("de", "es", "fr", "it", "pt", "nl", "pl", "sv")
_FURTHER = ("da", "fi", "nb", "cs", "hu", "ro", "el", "tr", "ru", "uk", "ja", "zh_CN", "ko", "ar", "vi", "id")
"""Countries and languages are named in these as well; states are not, which takes long to load and rarely matters."""

_EVERYDAY = {
    "US": ("USA", "U.S.A.", "United States of America", "U.S.", "America", "EE. UU.", "EEUU", "États-Unis"),
    "GB": ("UK", "U.K.", "Great Britain", "England", "Großbritannien", "Royaume-Uni", "Reino Unido", "Regno Unito"),
    "AE": ("UAE",),
    "CZ": ("Czech Republic",),
    "KR": ("South Korea", "Korea"),
    "RU": ("Russia",),
    "NL": ("Holland", "The Netherlands"),
}


@functools.cache
def country_names(code: str) -> tuple[str, ...]:
    """All names of a country (ISO 3166-1 alpha-2), the usual English one first; empty for an unknown code."""
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return ()
    usual = getattr(country, "common_name", country.name)
    names = [usual, country.name, getattr(country, "official_name", country.name), *_EVERYDAY.get(code, ())]
    for translate in _translations("iso3166-1"):
        names += [translate.gettext(country.name), translate.gettext(usual)]
    return tuple(dict.fromkeys(names))


@functools.cache
def country_codes(code: str) -> tuple[str, ...]:
    """alpha-2, alpha-3 and numeric code."""
    country = pycountry.countries.get(alpha_2=code)
    return (country.alpha_2, country.alpha_3, country.numeric) if country else ()


@functools.cache
def state_names(state: str, country: str) -> tuple[str, ...]:
    """The state as given, its name and its local code ("Texas", "TX"); only as given when it is not a known one."""
    wanted = fold(state)
    for division in _divisions(country):
        code = division.code.split("-", 1)[1]
        names = (division.name, *(translate.gettext(division.name) for translate in _translations("iso3166-2")))
        plain = tuple(name.split("[")[0].split(",")[0].strip() for name in names)
        if wanted in {fold(code), fold(division.code), *map(fold, names), *map(fold, plain)}:
            return tuple(dict.fromkeys((state, plain[0], code, division.code, *plain)))
    return (state,) if state else ()


def state_code(state: str, country: str) -> str:
    """The local code of a state ("TX"), or "" when it is not a known one."""
    names = state_names(state, country)
    return next((name.split("-", 1)[1] for name in names if name.startswith(f"{country}-")), "")


@functools.cache
def language_names(name: str) -> tuple[str, ...]:
    """What a language is called in the languages directories are written in, and its codes; as given when unknown."""
    language = _language(name)
    if language is None:
        return (name,)
    names = [language.name, *(translate.gettext(language.name) for translate in _translations("iso639-3"))]
    pieces = (piece.strip() for text in names for piece in text.split("(")[0].split(";"))
    return tuple(dict.fromkeys((name, *pieces, *_codes(language))))


def _language(name: str) -> Any:
    """By its English name, a code, or its own name ("Deutsch"); None for an unknown one."""
    for attribute in ("name", "alpha_2", "alpha_3"):
        found = pycountry.languages.get(**{attribute: name if attribute == "name" else name.lower()})
        if found is not None:
            return found
    spoken = (language for language in pycountry.languages if hasattr(language, "alpha_2"))
    wanted = fold(name)
    return next((known for known in spoken if wanted in _names_of(known)), None)


def _names_of(language: Any) -> frozenset[str]:
    return frozenset(fold(translate.gettext(language.name)) for translate in _translations("iso639-3"))


def _codes(language: Any) -> tuple[str, ...]:
    return tuple(filter(None, (getattr(language, "alpha_2", ""), language.alpha_3)))


def looks_like_countries(options: tuple[FieldOption, ...]) -> bool:
    """True when most of at least three options are countries."""
    known = _known_countries()
    return len(options) >= 3 and sum(fold(option.label) in known for option in options[:40]) >= 0.6 * min(
        len(options), 40
    )


def looks_like_states(options: tuple[FieldOption, ...]) -> bool:
    """True when most of at least five options are states of one country."""
    if len(options) < 5:
        return False
    known = _known_states()
    return sum(fold(option.label) in known for option in options[:40]) >= 0.7 * min(len(options), 40)


def _divisions(country: str) -> list[Any]:
    return pycountry.subdivisions.get(country_code=country) or []  # type: ignore[no-untyped-call]


@functools.cache
def _known_countries() -> frozenset[str]:
    return frozenset(fold(name) for country in pycountry.countries for name in country_names(country.alpha_2))


@functools.cache
def _known_states() -> frozenset[str]:
    wanted = ("US", "CA", "AU", "DE", "ES", "MX", "BR", "AT", "CH")
    return frozenset(
        fold(text)
        for country in wanted
        for division in _divisions(country)
        for text in (division.name, division.code.split("-", 1)[1])
        if len(text) > 1
    )


@functools.cache
def _translations(domain: str) -> tuple[gettext.NullTranslations, ...]:
    wanted = _LANGUAGES if domain == "iso3166-2" else (*_LANGUAGES, *_FURTHER)
    return tuple(
        gettext.translation(domain, pycountry.LOCALES_DIR, languages=[language], fallback=True) for language in wanted
    )
