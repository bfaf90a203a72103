"""Values in the languages of the page, in buckets, and always within what the field allows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.formats import fits, renderings, says
from brain.values.kinds import categories
from brain.values.texts import cut, length
from schema.contracts.form import FieldKind, FieldOption, FormField
from schema.contracts.plan import FieldDecision, FillAction
from schema.contracts.profile import ProfileKey as Key
from tests.brain.forms import bakery, choice, field
from tests.brain.test_formats import first, ways
from tests.examples import EVERY


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Business hours", "Mon-Sat 07:00-15:30; Sun closed"),
        ("Öffnungszeiten", "Mo-Sa 07:00-15:30; So geschlossen"),
        ("Horaires d'ouverture", "lun-sam 07:00-15:30; dim fermé"),
        ("Horario", "lun-sáb 07:00-15:30; dom cerrado"),
        ("Orari di apertura", "lun-sab 07:00-15:30; dom chiuso"),
        ("Horário de funcionamento", "seg-sáb 07:00-15:30; dom fechado"),
        ("Openingstijden", "ma-za 07:00-15:30; zo gesloten"),
        ("Godziny otwarcia", "pn-sb 07:00-15:30; nd nieczynne"),
        ("営業時間", "月-土 07:00-15:30; 日 定休日"),
    ],
)
def test_a_week_in_the_language_of_the_field(label: str, expected: str) -> None:
    assert first(Key.HOURS, field(label)) == expected


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (("€ - günstig", "€€ - mittel", "€€€ - gehoben"), "€€ - mittel"),
        (("Inexpensive", "Moderate", "Expensive", "Very expensive"), "Moderate"),
        (("Barato", "Moderado", "Caro", "Muy caro"), "Moderado"),
        (("$1 - $10", "$11 - $50"), ""),
    ],
)
def test_price_ranges_by_symbol_and_by_word(offered: tuple[str, ...], expected: str) -> None:
    assert first(Key.PRICE_RANGE, choice("Price", *offered)) == expected


def test_the_dearest_words_are_told_apart() -> None:
    offered = choice("Price", "Inexpensive", "Moderate", "Expensive", "Very expensive")
    steps = [first(Key.PRICE_RANGE, offered, bakery(price_range="$" * count)) for count in (1, 2, 3, 4)]
    assert steps == ["Inexpensive", "Moderate", "Expensive", "Very expensive"]


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (("Austin, TX, USA", "Austin, MN, USA"), "Austin, TX, USA"),
        (("Austin (Texas)",), "Austin (Texas)"),
        (("Austin, MN, USA", "Dallas"), ""),
        (("Austin-Bergstrom", "Austin"), "Austin"),
    ],
)
def test_cities_as_a_search_suggests_them(offered: tuple[str, ...], expected: str) -> None:
    profile = bakery(country="US") if expected else bakery(state="TX", country="CA")
    assert first(Key.CITY, choice("City", *offered), profile) == expected


@pytest.mark.parametrize(
    ("prefix", "key", "expected"),
    [
        ("https://", Key.WEBSITE, "www.rosasbakery.example"),
        ("https://www.", Key.WEBSITE, "rosasbakery.example"),
        ("www.", Key.WEBSITE, "rosasbakery.example"),
        ("facebook.com/", Key.FACEBOOK, "rosasbakery"),
        ("https://www.facebook.com/", Key.FACEBOOK, "rosasbakery"),
        ("@", Key.INSTAGRAM, "rosasbakery"),
        ("twitter.com/", Key.FACEBOOK, "https://www.facebook.com/rosasbakery"),
        ("+1", Key.PHONE, "5125550147"),
        ("+49", Key.PHONE, "+1 512-555-0147"),
    ],
)
def test_what_the_page_has_written_before_the_box_is_left_off(prefix: str, key: Key, expected: str) -> None:
    assert first(key, field("x", prefix=prefix)) == expected


def test_an_address_without_its_scheme_where_that_is_asked() -> None:
    assert first(Key.WEBSITE, field("Website (without http://)")) == "www.rosasbakery.example"
    assert first(Key.WEBSITE, field("Webseite", help="bitte ohne https")) == "www.rosasbakery.example"


def test_languages_by_their_own_names_and_codes() -> None:
    profile = bakery(languages=("Deutsch", "Spanish"))
    boxes = choice("Languages", "English", "German", "スペイン語", kind=FieldKind.MULTISELECT)
    assert ways(Key.LANGUAGES, boxes, profile) == ["German\nスペイン語"]
    codes = boxes.model_copy(update={"options": tuple(FieldOption(value=c, label=c) for c in ("en", "de", "es"))})
    assert ways(Key.LANGUAGES, codes, profile) == ["de\nes"]


def test_times_are_read_from_labels_before_row_numbers() -> None:
    rows = tuple(FieldOption(value=str(n), label=f"{n // 2}:{n % 2 * 3}0") for n in range(48))
    at = field("Monday", kind=FieldKind.SELECT, options=rows)
    assert first(Key.HOURS, at, part="monday.opens") == "14"


@pytest.mark.parametrize(
    ("part", "offered", "expected"),
    [
        ("opens.hour", [str(hour) for hour in range(1, 13)], "7"),
        ("closes.hour", [str(hour) for hour in range(1, 13)], "3"),
        ("closes.hour", [f"{hour:02d}" for hour in range(24)], "15"),
        ("closes.minute", ["00", "15", "30", "45"], "30"),
        ("opens.half", ["AM", "PM"], "AM"),
        ("closes.half", ["a.m.", "p.m."], "p.m."),
        ("closes.minute", ["00", "20", "40"], ""),
    ],
)
def test_a_time_in_pieces(part: str, offered: list[str], expected: str) -> None:
    assert first(Key.HOURS, choice("Monday", *offered), part=f"monday.{part}") == expected


@pytest.mark.parametrize(
    ("offered", "wanted", "expected"),
    [
        (("Restauracje", "Piekarnie"), "Bakery", "Piekarnie"),
        (("レストラン", "パン屋"), "Bakery", "パン屋"),
        (("グルメ・飲食", "住まい"), "Bakery", "グルメ・飲食"),
        (("餐饮", "医疗"), "Bakery", "餐饮"),
        (("Рестораны", "Стоматология"), "Dentist", "Стоматология"),
        (("Frisör", "Tandläkare"), "Dentist", "Tandläkare"),
        (("Avukat", "Diş hekimi"), "Lawyer", "Avukat"),
    ],
)
def test_kinds_of_business_in_more_languages(offered: tuple[str, ...], wanted: str, expected: str) -> None:
    found = categories(tuple(FieldOption(value=text, label=text) for text in offered), (wanted,))
    assert [option.label for option in found[:1]] == [expected]


@pytest.mark.parametrize(
    ("shown", "typed", "says_it"),
    [
        ("(512) 555-0147", "+1 512-555-0147", True),
        ("+1 512 555 0147", "5125550147", True),
        ("(151) 255-5014", "+1 512-555-0147", False),
        ("", "5125550147", False),
    ],
)
def test_what_a_mask_made_of_a_number(shown: str, typed: str, says_it: bool) -> None:
    decision = FieldDecision(handle="x", label="", action=FillAction.TYPE, key=Key.PHONE)
    assert says(shown, typed, decision, bakery()) is says_it


_TYPED = (FieldKind.TEXT, FieldKind.TEXTAREA, FieldKind.TEL, FieldKind.URL, FieldKind.NUMBER, FieldKind.RICH_TEXT)
_LIMITS = st.none() | st.integers(1, 400)


@settings(EVERY, max_examples=300)
@given(
    key=st.sampled_from([key for key in Key if key not in (Key.LOGO, Key.IMAGES)]),
    kind=st.sampled_from(_TYPED),
    most=_LIMITS,
    least=_LIMITS,
    pattern=st.sampled_from(["", r"\d{10}", r"https?://.+", r"[A-Z]{2}", r"\+?[0-9 ]+"]),
    description=st.text(min_size=1, max_size=500).filter(lambda text: bool(text.strip()) and "\x00" not in text),
)
def test_no_value_ever_breaks_a_limit(
    key: Key, kind: FieldKind, most: int | None, least: int | None, pattern: str, description: str
) -> None:
    into: FormField = field("Field", kind=kind, max_length=most, min_length=least, pattern=pattern)
    decision = FieldDecision(handle=into.handle, label="", action=FillAction.TYPE, key=key)
    for value in renderings(decision, into, bakery(description=description)):
        assert value.text
        assert fits(into, value.text)


@EVERY
@given(st.text(max_size=300), st.integers(1, 120))
def test_a_cut_text_is_never_too_long(text: str, limit: int) -> None:
    assert length(cut(text, limit)) <= limit
