"""Nothing of the customer is left in what a page repeats."""

import pytest

from brain.models.redaction import Redaction
from tests.brain.forms import bakery

_PROFILE = bakery(
    description="We bake sourdough before dawn. Every loaf rests for two days! Come and taste it.",
    contact_middle_name="Q",
    subcategories=("Wedding Cakes",),
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Thank you, Rosa Q Marin!", "Thank you, [contact_name]!"),
        ("Thank you, rosa.", "Thank you, [contact_first_name]."),
        ("ROSA'S BAKERY is now listed", "[business_name] is now listed"),
        ("Mail sent to rosa@rosasbakery.example", "Mail sent to [email]"),
        ("Mail sent to someone.else@example.org", "Mail sent to [e-mail]"),
        ("Call +1 512 555 0147", "Call [phone]"),
        ("Call (512) 555-0147 now", "Call [number] now"),
        ("5125550147 is not valid", "[number] is not valid"),
        ("See https://www.rosasbakery.example/", "See [website]"),
        ("See rosasbakery.example", "See [website]"),
        ("See shop.rosasbakery.example", "See shop.[website]"),
        ("See http://other.example/?id=77", "See http://other.example/…"),
        ("e.g. https://www.youtube.com/watch?v=1", "e.g. https://www.youtube.com/…"),
        ("You entered facebook.com/rosasbakery", "You entered [facebook]"),
        ("name@example.com", "[e-mail]"),
        ("412 Cedar Street, Austin", "[street], [city]"),
        ("You wrote: Every loaf rests for two days!", "You wrote: [description]"),
        ("Bread  worth\nwaking up for", "[tagline]"),
        ("@ https://www.facebook.com/rosasbakery", "@ [facebook]"),
        ("A field called Frobnication, at most 250 characters", "A field called Frobnication, at most 250 characters"),
        ("Barosa keeps its name", "Barosa keeps its name"),
    ],
)
def test_a_value_becomes_the_name_of_its_key(text: str, left: str) -> None:
    assert Redaction(_PROFILE)(text, 300) == left


def test_a_text_is_bounded_after_it_was_cleaned() -> None:
    hide = Redaction(_PROFILE)
    assert hide("x" * 500, 120) == "x" * 119 + "…"
    assert hide(f"{'x ' * 55}rosa@rosasbakery.example", 114).endswith("x [em…")
