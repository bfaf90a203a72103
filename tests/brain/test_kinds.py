"""Categories: by name, by another name, in another language, or honestly broader; never narrower than the truth."""

import pytest

from brain.values.kinds import categories
from schema.contracts.form import FieldOption


def chosen(wanted: str, *labels: str, group: str = "") -> str:
    options = tuple(FieldOption(value=str(n), label=label, group=group) for n, label in enumerate(labels))
    found = categories(options, tuple(wanted.split("|")))
    return found[0].label if found else ""


@pytest.mark.parametrize(
    ("wanted", "labels", "expected"),
    [
        ("Bakery", ("Bank", "Bakery", "Other"), "Bakery"),
        ("Bakery", ("Banks", "Bakeries & Cafés"), "Bakeries & Cafés"),
        ("Bakery", ("Food > Cafe", "Food > Bakery", "Food > Other"), "Food > Bakery"),
        ("Bakery", ("Autos", "Bäckerei", "Sonstiges"), "Bäckerei"),
        ("Bakery", ("Boucherie", "Boulangerie"), "Boulangerie"),
        ("Panadería", ("Butcher", "Bakery"), "Bakery"),
        ("Law firm", ("Insurance", "Attorneys"), "Attorneys"),
        ("Bakery", ("Automotive", "Food & Drink", "Shopping"), "Food & Drink"),
        ("Bakery", ("Automotive", "Shopping", "Alimentación y restauración"), "Alimentación y restauración"),
        ("Wedding photography", ("Weddings in Rome", "Photographers"), "Photographers"),
        ("Restaurant", ("Vegan Restaurants", "Other"), "Other"),
        ("Bicycle shop", ("Pet shops", "Bicycles"), "Bicycles"),
        ("Quantum widgets", ("Food", "Law"), ""),
        ("Quantum widgets", ("Food", "Miscellaneous"), "Miscellaneous"),
        ("Quantum widgets|Bakery", ("Food", "Bakeries", "Other"), "Bakeries"),
        ("Plumber", ("Plumbng", "Plumber's supplies", "Plumbing"), "Plumbing"),
        ("Shopping > Bakery", ("Shopping", "Bakery"), "Bakery"),
    ],
)
def test_the_best_option(wanted: str, labels: tuple[str, ...], expected: str) -> None:
    assert chosen(wanted, *labels) == expected


def test_a_group_alone_chooses_none_of_its_members() -> None:
    assert chosen("Bakery", "Wine", "Cheese", group="Food") == ""


def test_hundreds_of_options_take_no_time() -> None:
    labels = [f"Trade number {n}" for n in range(800)]
    assert chosen("Dentist", *labels, "Zahnärzte", "Dentists") == "Dentists"
