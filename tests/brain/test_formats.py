"""Values as fields want them: phones, places, addresses, hours, texts, choices."""

import pytest

from brain.formats import render, renderings
from schema.contracts.form import ButtonKind, FieldKind, FieldOption, FormField
from schema.contracts.plan import FieldDecision, FillAction, PlanStep
from schema.contracts.profile import BusinessProfile
from schema.contracts.profile import ProfileKey as Key
from tests.brain.forms import LOGO, bakery, choice, field, form

_ACTIONS = {
    FieldKind.SELECT: FillAction.SELECT,
    FieldKind.MULTISELECT: FillAction.SELECT,
    FieldKind.RADIO: FillAction.SELECT,
    FieldKind.COMBOBOX: FillAction.SELECT,
    FieldKind.FILE: FillAction.UPLOAD,
    FieldKind.CHECKBOX: FillAction.CHECK,
}


def ways(key: Key, into: FormField, profile: BusinessProfile | None = None, part: str = "") -> list[str]:
    action = _ACTIONS.get(into.kind, FillAction.TYPE)
    decision = FieldDecision(handle=into.handle, label="", action=action, key=key, part=part)
    return [value.text for value in renderings(decision, into, profile or bakery())]


def first(key: Key, into: FormField, profile: BusinessProfile | None = None, part: str = "") -> str:
    return next(iter(ways(key, into, profile, part)), "")


_GERMAN = {
    "country": "DE",
    "phone": "030 901820",
    "state": "Bayern",
    "city": "Berlin",
    "postal_code": "10178",
    "street": "Unter den Linden 5",
}


@pytest.mark.parametrize(
    ("into", "expected"),
    [
        (field("Phone"), "+1 512-555-0147"),
        (field("Phone", placeholder="(555) 555-0100"), "(512) 555-0147"),
        (field("Phone", placeholder="555-555-0100"), "512-555-0147"),
        (field("Phone", placeholder="5555550100"), "5125550147"),
        (field("Phone", placeholder="+15555550100"), "+15125550147"),
        (field("Phone", pattern=r"\d{10}"), "5125550147"),
        (field("Phone", max_length=12), "5125550147"),
        (field("Phone", kind=FieldKind.NUMBER), "5125550147"),
        (field("Phone", help="Digits only, please"), "5125550147"),
    ],
)
def test_phones(into: FormField, expected: str) -> None:
    assert first(Key.PHONE, into) == expected


def test_phones_of_other_countries_and_unreadable_ones() -> None:
    assert ways(Key.PHONE, field("Telefon"), bakery(**_GERMAN))[:2] == ["+49 30 901820", "030 901820"]
    assert first(Key.PHONE, field("Phone"), bakery(phone="1234567")) != ""


@pytest.mark.parametrize(
    ("part", "expected"),
    [("country_code", "+1"), ("area_code", "512"), ("prefix", "555"), ("line", "0147"), ("local", "5550147")],
)
def test_pieces_of_a_phone(part: str, expected: str) -> None:
    assert first(Key.PHONE, field("Phone"), part=part) == expected


def test_a_country_code_among_options() -> None:
    codes = choice("Code", "+44 (UK)", "+1 (Canada)", "+1 (USA)")
    assert first(Key.PHONE, codes, part="country_code") == "+1 (USA)"


def test_every_way_is_a_different_one_and_all_fit() -> None:
    found = ways(Key.PHONE, field("Phone", max_length=14))
    assert len(found) == len(set(found)) > 2
    assert all(len(text) <= 14 for text in found)


@pytest.mark.parametrize(
    ("key", "options", "expected"),
    [
        (Key.COUNTRY, ("Canada", "United States of America"), "United States of America"),
        (Key.COUNTRY, ("CA", "US"), "US"),
        (Key.COUNTRY, ("Deutschland", "Vereinigte Staaten"), "Vereinigte Staaten"),
        (Key.COUNTRY, ("Canada", "Estados Unidos"), "Estados Unidos"),
        (Key.COUNTRY, ("Canada", "Mexico"), ""),
        (Key.STATE, ("Texas", "Tennessee"), "Texas"),
        (Key.STATE, ("TN", "TX"), "TX"),
        (Key.EMPLOYEES, ("1-10", "11-50", "51+"), "11-50"),
        (Key.EMPLOYEES, ("less than 10", "10 und mehr"), "10 und mehr"),
        (Key.FOUNDED_YEAR, ("1997", "1998"), "1998"),
        (Key.PRICE_RANGE, ("€ - günstig", "€€ - mittel"), "€€ - mittel"),
        (Key.SUBCATEGORY, ("Law", "Cafés"), "Cafés"),
        (Key.SUBCATEGORY, ("Law", "Other"), ""),
        (Key.CATEGORY, ("Law", "Other"), "Other"),
    ],
)
def test_choices(key: Key, options: tuple[str, ...], expected: str) -> None:
    assert first(key, choice("x", *options)) == expected


def test_a_required_subcategory_may_be_the_category_itself() -> None:
    assert (
        first(Key.SUBCATEGORY, choice("x", "Bars", "Bakeries", required=True), bakery(subcategories=())) == "Bakeries"
    )


def test_choices_of_several() -> None:
    pay = choice("Payment", "Barzahlung", "Scheck", "Kreditkarte", kind=FieldKind.MULTISELECT)
    assert first(Key.PAYMENT_METHODS, pay) == "Barzahlung\nKreditkarte"
    talk = choice("Sprachen", "Deutsch", "Englisch", "Spanisch", kind=FieldKind.MULTISELECT)
    assert first(Key.LANGUAGES, talk) == "Englisch\nSpanisch"
    kinds = choice("Categories", "Cafes", "Bakeries", "Law", kind=FieldKind.MULTISELECT)
    assert first(Key.CATEGORY, kinds) == "Bakeries\nCafes"


def test_places_as_text() -> None:
    assert first(Key.STATE, field("State")) == "TX"
    assert "Texas" in ways(Key.STATE, field("State"))
    assert first(Key.STATE, field("State", max_length=2), bakery(state="Texas")) == "TX"
    assert first(Key.COUNTRY, field("Country")) == "United States"
    assert first(Key.COUNTRY, field("Country", max_length=2)) == "US"
    assert first(Key.ADDRESS, field("Ort"), bakery(**_GERMAN), "locality") == "10178 Berlin"
    assert first(Key.ADDRESS, field("City, ZIP"), part="locality") == "Austin, TX 78701"
    assert first(Key.ADDRESS, field("Address")) == "412 Cedar Street, Suite 3, Austin, TX 78701, United States"
    assert "\n" in first(Key.ADDRESS, field("Address", kind=FieldKind.TEXTAREA))


@pytest.mark.parametrize(
    ("street", "number", "name"),
    [
        ("412 Cedar Street", "412", "Cedar Street"),
        ("Unter den Linden 5a", "5a", "Unter den Linden"),
        ("Broadway", "", "Broadway"),
    ],
)
def test_a_street_and_its_number(street: str, number: str, name: str) -> None:
    profile = bakery(street=street)
    assert first(Key.STREET, field("Nr."), profile, "number") == number
    assert first(Key.STREET, field("Street"), profile, "name") == name


def test_addresses_of_websites() -> None:
    assert first(Key.WEBSITE, field("Website")) == "https://www.rosasbakery.example"
    assert first(Key.WEBSITE, field("Website", placeholder="www.example.com")) == "www.rosasbakery.example"
    assert first(Key.WEBSITE, field("Website http://")) == "www.rosasbakery.example"
    assert "rosasbakery.example" in ways(Key.WEBSITE, field("Website"))
    assert all(text.startswith("https://") for text in ways(Key.WEBSITE, field("Website", kind=FieldKind.URL)))
    assert first(Key.INSTAGRAM, field("Instagram", placeholder="@yourname")) == "@rosasbakery"
    assert first(Key.INSTAGRAM, field("Instagram username")) == "rosasbakery"
    assert first(Key.INSTAGRAM, field("Instagram")) == "https://www.instagram.com/rosasbakery"


@pytest.mark.parametrize(
    ("into", "part", "expected"),
    [
        (field("x", kind=FieldKind.TIME), "monday.opens", "07:00"),
        (field("x", placeholder="9:00 AM"), "monday.closes", "3:30 PM"),
        (choice("x", "6:30 AM", "7:00 AM"), "monday.opens", "7:00 AM"),
        (choice("x", "0630", "0700"), "monday.opens", "0700"),
        (choice("x", "7:30 AM", "8:00 AM"), "monday.opens", ""),
        (choice("x", "7:00 AM", "Closed"), "sunday.opens", "Closed"),
        (field("x"), "sunday.opens", ""),
        (field("x"), "sunday", "Closed"),
        (field("x"), "monday", "07:00 - 15:30"),
    ],
)
def test_hours_of_a_day(into: FormField, part: str, expected: str) -> None:
    assert first(Key.HOURS, into, part=part) == expected


def test_hours_of_a_week_and_days_off() -> None:
    assert first(Key.HOURS, field("Hours", kind=FieldKind.TEXTAREA)) == "Mon-Sat 07:00-15:30\nSun closed"
    box = field("Closed", kind=FieldKind.CHECKBOX)
    assert (ways(Key.HOURS, box, part="sunday.closed"), ways(Key.HOURS, box, part="monday.closed")) == ([""], [])
    assert ways(Key.HOURS, box, bakery(hours={}), "sunday.closed") == []


def test_texts_are_cut_at_sentences_then_words() -> None:
    assert first(Key.DESCRIPTION, field("x", max_length=130)) == "Family bakery in Austin with sourdough and pastries."
    plain = bakery(short_description="", tagline="")
    assert first(Key.DESCRIPTION, field("x", max_length=115), plain).endswith(
        "Austin. Rosa's Bakery bakes sourdough and pastries in Austin."
    )
    assert first(Key.DESCRIPTION, field("x", max_length=30), plain) == "Rosa's Bakery bakes sourdough"
    assert len(first(Key.DESCRIPTION, field("x", kind=FieldKind.TEXTAREA, min_length=200))) >= 200
    assert ways(Key.DESCRIPTION, field("x", min_length=5000)) == []
    shorter = ways(Key.DESCRIPTION, field("x", kind=FieldKind.TEXTAREA))
    assert len(shorter[-1]) < len(shorter[0])
    assert first(Key.KEYWORDS, field("x", max_length=20)) == "bakery, sourdough"
    assert first(Key.KEYWORDS, field("Keywords (max. 2 keywords)")) == "bakery, sourdough"
    assert ways(Key.BUSINESS_NAME, field("x", max_length=5)) == [], "a name is never cut"


def test_numbers_hold_their_range() -> None:
    year = field("Year", kind=FieldKind.NUMBER, minimum="1900", maximum="2030")
    assert first(Key.FOUNDED_YEAR, year) == "1998"
    assert first(Key.FOUNDED_YEAR, year.model_copy(update={"minimum": "2000"})) == ""
    assert first(Key.FOUNDED_YEAR, field("x", kind=FieldKind.DATE)) == "", "a day is not known"
    assert first(Key.LATITUDE, field("x")) == "30.2672"


def test_pictures() -> None:
    file = field("Logo", kind=FieldKind.FILE)
    assert first(Key.LOGO, file) == LOGO
    assert first(Key.LOGO, file.model_copy(update={"accept": "image/*"})) == LOGO
    assert first(Key.LOGO, file.model_copy(update={"accept": ".pdf"})) == ""
    assert first(Key.LOGO, file, bakery(logo="https://x.example/l.png")) == "https://x.example/l.png"
    jpeg = file.model_copy(update={"accept": ".jpg"})
    assert first(Key.LOGO, jpeg, bakery(logo="https://x.example/l.png")) == ""
    assert first(Key.LOGO, jpeg, bakery(logo="https://x.example/logo?id=3")) != "", "only fetching it will tell"
    assert first(Key.LOGO, file.model_copy(update={"help": "PNG or JPG, max. 2 MB"})) == LOGO
    assert first(Key.LOGO, file.model_copy(update={"help": "max 0.05 KB"})) == ""
    photos = ("https://x.example/1.jpg", "https://x.example/2.jpg")
    several = file.model_copy(update={"multiple": True})
    assert first(Key.IMAGES, several, bakery(images=photos)).split("\n") == [*photos, LOGO]
    assert first(Key.IMAGES, file, bakery(images=photos)) == photos[0]
    assert first(Key.LOGO, field("Logo URL"), bakery(logo="https://x.example/l.png")) == "https://x.example/l.png"


def test_the_step_is_rendered_without_what_has_no_value() -> None:
    name, video = field("Name"), field("Video")
    decisions = tuple(
        FieldDecision(handle=f.handle, label="", action=FillAction.TYPE, key=key)
        for f, key in ((name, Key.BUSINESS_NAME), (video, Key.VIDEO), (field("gone"), Key.CITY))
    )
    step = PlanStep(fingerprint="f", decisions=decisions, button="b", button_kind=ButtonKind.SUBMIT)
    assert [value.text for value in render(step, form(name, video), bakery())] == ["Rosa's Bakery"]


def test_a_variant_beyond_the_last_stays_at_the_last() -> None:
    decision = FieldDecision(handle="main:City", label="", action=FillAction.TYPE, key=Key.CITY, variant=9)
    step = PlanStep(fingerprint="f", decisions=(decision,), button="b", button_kind=ButtonKind.SUBMIT)
    assert render(step, form(field("City")), bakery())[0].text == "Austin"


def test_free_plans_and_agreements_are_chosen_by_policy() -> None:
    def policy(part: str, *labels: str) -> list[str]:
        into = field("x", kind=FieldKind.RADIO, options=tuple(FieldOption(value=text, label=text) for text in labels))
        decision = FieldDecision(handle=into.handle, label="", action=FillAction.SELECT, part=part)
        return [value.text for value in renderings(decision, into, bakery())]

    assert policy("free_plan", "Premium ($99)", "Free listing") == ["Free listing"]
    assert policy("free_plan", "Kostenloser Eintrag", "Premium (89 € / Jahr)") == ["Kostenloser Eintrag"]
    assert policy("free_plan", "Basic ($9)", "Premium ($99)") == []
    assert policy("terms", "No", "Yes") == ["Yes"]
