"""Whatever is typed: it is read without a fault, what is refused is said, and what is accepted can be stored."""

import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.profile import places, texts
from api.profile.logo import LogoRefused, data_url
from api.profile.reading import check, read
from schema import ids
from schema.contracts.draft import TypedDay, TypedProfile
from schema.contracts.profile import Weekday
from tests.api.test_checkout import TYPED, picture

# The same examples each time, and as long as they take: what fails is the code.
_EVERY = settings(derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
_NASTY = (
    "\x00",
    "\u202e",
    "\u200f",
    "مرحبا",
    "🥐",
    "a\u0301",
    "\r\n",
    "' or 1=1 --",
    "{{7*7}}",
    "<b>",
    "\ufeff",
    "ß",
    "İ",
    "\x85",
)
_LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_TEXTS = st.one_of(
    st.just(""),
    _LETTERS,
    st.lists(st.sampled_from(_NASTY) | st.text(string.printable, max_size=8), max_size=6).map("".join),
    st.sampled_from(
        ("x" * 10_000, "https://" + "a." * 3_000, "1" * 400, "@" * 50, "+" + "9" * 30, "00:00", "US", "DE")
    ),
)
_FIELDS = [name for name, field in TypedProfile.model_fields.items() if field.annotation is str]
_DAYS = st.dictionaries(
    st.sampled_from(list(Weekday)),
    st.builds(TypedDay, open=st.booleans(), opens=_TEXTS.map(lambda text: text[:20]), closes=st.just("17:00")),
)


@settings(_EVERY, max_examples=300)
@given(st.dictionaries(st.sampled_from(_FIELDS), _TEXTS), _DAYS, st.lists(_TEXTS, max_size=3), st.booleans())
def test_nothing_that_is_typed_is_a_fault(
    changes: dict[str, str], hours: dict[Weekday, TypedDay], languages: list[str], complete: bool
) -> None:
    base: dict[str, Any] = dict(TYPED) if complete else {}
    typed = TypedProfile.model_validate({**base, **changes, "hours": hours, "languages": tuple(languages)})
    reading = read(typed)
    assert (reading.profile is None) == bool(reading.check.problems)
    assert 0 <= reading.check.completeness <= 100
    assert all(problem.message for problem in reading.check.problems)
    # PostgreSQL takes it, as it is typed and as it is understood.
    for document in (typed, reading.check, *([reading.profile] if reading.profile else [])):
        assert "\\u0000" not in json.dumps(document.model_dump(mode="json"))
    if reading.profile is not None:
        assert ids.business_key(reading.profile)
        assert not any(char in reading.profile.business_name for char in "\u202e\u200f\r\n")


@settings(_EVERY, max_examples=200)
@given(_TEXTS)
def test_what_is_understood_is_understood_the_same_again(text: str) -> None:
    assert texts.line(texts.line(text)) == texts.line(text)
    assert texts.paragraphs(texts.paragraphs(text)) == texts.paragraphs(text)
    address = texts.web_address(text)
    assert address is None or texts.web_address(address) == address


@settings(_EVERY, max_examples=150)
@given(st.binary(max_size=400), st.integers(0, 900), st.sampled_from(("PNG", "JPEG", "GIF", "WEBP")))
def test_no_file_is_a_fault(noise: bytes, place: int, kind: str) -> None:
    file = bytearray(picture(kind, (64, 64)))
    file[place : place + len(noise)] = noise
    for tried in (bytes(file), noise):
        try:
            url = data_url(tried)
        except LogoRefused:
            continue
        assert url.startswith("data:image/")


def test_every_country_has_an_address_and_says_what_it_lacks() -> None:
    for country in places.countries():
        place = places.place(country.value)
        assert place is not None
        assert {"street", "city", "state"} <= {field.key for field in place.fields}
        said = check(TypedProfile(country=country.value), has_logo=False)
        required = {field.key for field in place.fields if field.required}
        assert required <= set(said.missing), country.label
        if place.phone_example:
            dialled = check(TypedProfile(country=country.value, phone=place.phone_example), has_logo=False)
            assert "phone" not in {problem.field for problem in dialled.problems}, country.label


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("facebook.com/blau", "https://facebook.com/blau"),
        ("https://m.facebook.com/blau", "https://m.facebook.com/blau"),
        ("@blau", "https://www.facebook.com/blau"),
        ("blau.berlin", "https://www.facebook.com/blau.berlin"),
        ("https://instagram.com/blau", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_name_elsewhere_is_an_address(typed: str, meant: str | None) -> None:
    assert texts.social_address(typed, "https://www.facebook.com/") == meant
