"""What must hold whatever the profile and whatever the form: nothing raises, no limit or format is broken, and the same
page always gets the same plan.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from email_validator import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import HttpUrl, TypeAdapter

import brain.guard
import brain.planner
from brain.formats import render
from brain.guard import check
from brain.mapper import Meaning, map_form
from brain.planner import plan_step
from schema.contracts.form import (
    ButtonKind,
    CaptchaKind,
    FieldKind,
    FieldOption,
    FormButton,
    FormField,
    FormSnapshot,
    Label,
    LabelSource,
)
from schema.contracts.plan import FieldValue, FillAction, Obstacle, PlanStep
from schema.contracts.profile import BusinessProfile, DayHours, ProfileKey, Weekday
from tests.brain.forms import LOGO, bakery
from tests.brain.recorded import Street
from tests.examples import EVERY

_PROFILES = 1_000
_URL = TypeAdapter(HttpUrl)
_LINKS = (ProfileKey.WEBSITE, ProfileKey.FACEBOOK, ProfileKey.INSTAGRAM, ProfileKey.LINKEDIN, ProfileKey.X)
_SINGLE = frozenset(FieldKind) - {FieldKind.TEXTAREA, FieldKind.RICH_TEXT, FieldKind.MULTISELECT, FieldKind.FILE}

# Profiles -------------------------------------------------------------------------------------------------------------

_PLACES = (
    ("US", "TX", "+1 512 555 0147"), ("DE", "Bayern", "030 901820"), ("FR", "", "01 44 55 66 77"),
    ("GB", "", "020 7946 0958"), ("BR", "SP", "+55 11 91234-5678"), ("JP", "", "03-1234-5678"),
    ("ES", "Madrid", "+34 912 345 678"), ("IN", "Kerala", "+91 98765 43210"), ("ZZ", "", "1234567"),
)  # fmt: skip
_letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"))
_line = st.text(_letters, min_size=1, max_size=80).filter(str.strip)
_WORDS = [
    "Rosa",
    "Bäckerei",
    "株式会社",
    "O'Neil",
    "&",
    "Søns",
    "<b>Ltd</b>",
    "café",
    "#1",
    "–",
    "Straße",
    "привет",
    "5th",
    "Ave;",
    "100%",
]
_words = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=40).map(" ".join)
_text = st.one_of(_line, _words)
_short = _text.map(lambda text: text[:250]).filter(str.strip)
_links = st.sampled_from(
    ("", "https://rosa.example", "http://www.rosa.example/a?b=c#d", "https://bücher.example/ü", "https://x.com/rosa")
)
_hours = st.dictionaries(
    st.sampled_from(list(Weekday)),
    st.builds(DayHours, opens=st.sampled_from(("00:00", "07:30", "12:00")), closes=st.sampled_from(("18:00", "23:59"))),
)


@st.composite
def profiles(draw: st.DrawFn) -> BusinessProfile:
    """Any business that the contract lets through."""
    country, state, phone = draw(st.sampled_from(_PLACES))
    return BusinessProfile(
        business_name=draw(_short),
        legal_name=draw(st.one_of(st.just(""), _short)),
        contact_first_name=draw(st.one_of(st.just(""), _short)),
        contact_last_name=draw(st.one_of(st.just(""), _short)),
        email=draw(st.sampled_from(("a@b.example", "first.last+tag@sub.domain.example", "x_y-z@ünï.example"))),
        phone=draw(st.one_of(st.just(phone), st.from_regex(r"[0-9 ()+-]{3}[0-9]{7,9}", fullmatch=True))),
        website=draw(_links),
        street=draw(st.one_of(st.just(""), st.just("412 Cedar Street"), _short)),
        city=draw(_short),
        state=state,
        postal_code=draw(st.sampled_from(("", "78701", "SW1A 1AA", "80331"))),
        country=country,
        tagline=draw(st.one_of(st.just(""), _short)),
        short_description=draw(st.one_of(st.just(""), _text)),
        description=draw(_text),
        keywords=tuple(draw(st.lists(_short, max_size=5))),
        category=draw(st.sampled_from(("Bakery", "Law firm", "Zoo", "Café", "レストラン"))),
        subcategories=tuple(draw(st.lists(st.sampled_from(("Cakes", "Cafe", "Other")), max_size=2))),
        hours=draw(_hours),
        founded_year=draw(st.one_of(st.none(), st.integers(1000, 2200))),
        employees=draw(st.one_of(st.none(), st.integers(0, 2_000_000))),
        price_range=draw(st.sampled_from(("", "$", "$$$", "cheap"))),
        payment_methods=tuple(draw(st.lists(st.sampled_from(("Cash", "Visa", "PayPal")), max_size=3))),
        languages=tuple(draw(st.lists(st.sampled_from(("English", "de", "日本語")), max_size=2))),
        logo=draw(st.sampled_from(("", LOGO, "https://rosa.example/logo.png"))),
        facebook=draw(_links),
        linkedin=draw(_links),
    )


# Forms ----------------------------------------------------------------------------------------------------------------

_said = st.one_of(
    st.sampled_from(
        (
            "Business name", "Email", "Phone", "Website", "City", "State", "Country", "Description", "Category",
            "Password", "Opening hours", "Monday", "Area code", "Street", "Postal code", "Logo", "I agree",
            "Newsletter", "Plan", "Year founded", "Facebook", "Keywords", "Straße", "Télefono", "会社名", "",
            "Card number", "Number of employees",
        )
    ),
    st.text(max_size=60),
)  # fmt: skip
_options = st.lists(
    st.builds(FieldOption, value=st.one_of(st.text(max_size=8), st.sampled_from(("1", "b", "US"))), label=_said),
    max_size=8,
).map(tuple)
_limit = st.one_of(st.none(), st.integers(0, 300))


@st.composite
def fields(draw: st.DrawFn) -> FormField:
    """Any field that the contract lets through, sensible or not."""
    labels = st.lists(st.builds(Label, text=_said, source=st.sampled_from(list(LabelSource))), max_size=3).map(tuple)
    kind = draw(st.sampled_from(list(FieldKind)))
    return FormField(
        handle=f"main:{draw(st.integers(0, 30))}",
        tag=draw(st.sampled_from(("input", "select", "textarea", "div"))),
        kind=kind,
        name=draw(st.one_of(_said, st.text(max_size=20))),
        labels=draw(labels),
        section=draw(_said),
        help=draw(_said),
        placeholder=draw(_said),
        autocomplete=draw(
            st.sampled_from(("", "off", "email", "cc-number", "new-password", "section-a tel", "x" * 30))
        ),
        required=draw(st.booleans()),
        visible=draw(st.booleans()),
        enabled=draw(st.booleans()),
        min_length=draw(_limit),
        max_length=draw(_limit),
        pattern=draw(st.sampled_from(("", r"\d+", "[", r"[A-Za-z ]{2,9}", "(?<x>a)", "(a+)+b"))),
        minimum=draw(st.sampled_from(("", "0", "x", "1e9"))),
        maximum=draw(st.sampled_from(("", "5", "2030-01-01"))),
        accept=draw(st.sampled_from(("", "image/*", ".pdf"))),
        options=draw(_options) if kind in (FieldKind.SELECT, FieldKind.RADIO, FieldKind.MULTISELECT) else (),
        depends_on=draw(st.sampled_from(("", "", "main:1"))),
        filled=draw(st.booleans()),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> FormSnapshot:
    buttons = st.builds(
        FormButton, handle=st.just("main:b"), text=_said, kind=st.sampled_from(list(ButtonKind)), action=st.just("")
    )
    return FormSnapshot(
        url="https://directory.example/add",
        action=draw(
            st.sampled_from(
                ("", "https://directory.example/x", "https://evil.example/", "nonsense", "http://[", "//a:b")
            )
        ),
        fields=tuple(draw(st.lists(fields(), max_size=12))),
        buttons=tuple(draw(st.lists(buttons, min_size=1, max_size=2))),
        captcha=draw(st.sampled_from((CaptchaKind.NONE, CaptchaKind.NONE, CaptchaKind.IMAGE))),
        fingerprint="f",
    )


# What holds -----------------------------------------------------------------------------------------------------------


def _broken(value: FieldValue, field: FormField, key: ProfileKey | None, profile: BusinessProfile) -> list[str]:
    """How a value breaks the field it is for, or is no longer what it was."""
    text, wrong = value.text, []
    if value.action is FillAction.SELECT and field.options:
        chosen = text.split("\n") if field.kind is FieldKind.MULTISELECT else [text]
        wrong += [] if set(chosen) <= {option.value for option in field.options} else ["an option that is not offered"]
    if value.action is not FillAction.TYPE:
        return wrong
    if not (field.min_length or 0) <= len(text) <= (field.max_length if field.max_length is not None else 10**9):
        wrong.append("its length")
    if field.kind in _SINGLE and "\n" in text:
        wrong.append("several lines")
    if field.kind is FieldKind.NUMBER and not re.fullmatch(r"-?\d+(\.\d+)?", text):
        wrong.append("no number")
    if key is ProfileKey.EMAIL and text != profile.email:
        wrong.append("another e-mail address")
    if key is ProfileKey.EMAIL:
        validate_email(text, check_deliverability=False, test_environment=True)
    if key in _LINKS and field.kind is FieldKind.URL:
        _URL.validate_python(text)
    if key is ProfileKey.PHONE and not _same_digits(text, profile.phone):
        wrong.append("another phone number")
    return wrong


def _same_digits(text: str, phone: str) -> bool:
    """Whole, in a piece, or with its country's code: the digits are the profile's, in their order."""
    said, known = re.sub(r"\D", "", text), re.sub(r"\D", "", phone)
    return bool(said) and (said in known or known.lstrip("0") in said or said.lstrip("0")[-6:] in known)


def _hold(made: PlanStep, snapshot: FormSnapshot, profile: BusinessProfile) -> None:
    keys = {decision.handle: decision.key for decision in made.decisions}
    for value in render(made, snapshot, profile):
        field = snapshot.field(value.handle)
        assert field is not None
        assert _broken(value, field, keys[value.handle], profile) == [], (value, field)


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a form means does not depend on the profile: it is mapped once, or a thousand profiles take minutes."""
    known: dict[int, tuple[FormSnapshot, dict[str, Meaning]]] = {}

    def remembered(snapshot: FormSnapshot) -> dict[str, Meaning]:
        # With the form itself, or another could come to bear its number.
        if id(snapshot) not in known:
            known[id(snapshot)] = snapshot, map_form(snapshot)
        return known[id(snapshot)][1]

    for module in (brain.planner, brain.guard):
        monkeypatch.setattr(module, "map_form", remembered)


@pytest.mark.usefixtures("read_once")
@settings(EVERY, max_examples=_PROFILES)
@given(data=st.data())
def test_any_profile_on_the_streets_forms(data: st.DataObject, street: Street) -> None:
    """Every drawn profile is tried on a drawn form: a thousand pairs, and all forms many times."""
    profile = data.draw(profiles())
    snapshot = street.readings[data.draw(st.sampled_from(sorted(street.readings)))].snapshot
    made = plan_step(snapshot, profile)
    if isinstance(made, PlanStep):
        _hold(made, snapshot, profile)
        assert check(made, snapshot, render(made, snapshot, profile), profile, snapshot.url) == ()
    else:
        assert made.reason


@settings(EVERY, max_examples=300)
@given(snapshot=snapshots(), accept_terms=st.booleans())
def test_any_form_is_planned_or_refused_in_a_sentence(snapshot: FormSnapshot, accept_terms: bool) -> None:
    made = plan_step(snapshot, bakery(), accept_terms=accept_terms)
    if isinstance(made, Obstacle):
        assert made.reason.endswith(".")
    else:
        _hold(made, snapshot, bakery())


@settings(EVERY, max_examples=100)
@given(snapshot=snapshots(), texts=st.lists(st.text(max_size=40), max_size=4), action=st.sampled_from(list(FillAction)))
def test_the_guard_judges_anything(snapshot: FormSnapshot, texts: list[str], action: FillAction) -> None:
    handles = [f"main:{number}" for number in range(len(texts))]
    values = tuple(
        FieldValue(handle=handle, action=action, text=text) for handle, text in zip(handles, texts, strict=True)
    )
    step = PlanStep(fingerprint="f", decisions=(), button="main:b", button_kind=ButtonKind.SUBMIT)
    for finding in check(step, snapshot, values, bakery(), snapshot.url):
        assert finding.reason.endswith(".")


# The same page, the same plan -----------------------------------------------------------------------------------------

_PLANS = """
import sys
from brain.page import PageObservation
from brain.mapper import Meaning, map_form
from brain.planner import plan_step
from brain.reader import read
from tests.brain.forms import bakery
for line in sys.stdin:
    snapshot = read(PageObservation.model_validate_json(line)).snapshot
    print(snapshot.fingerprint, plan_step(snapshot, bakery()).model_dump_json())
"""


def test_the_same_page_gets_the_same_plan_in_every_process(street: Street) -> None:
    pages = "\n".join(page.model_dump_json() for page in street.pages.values())
    said = [_in_another_process(pages, seed) for seed in ("1", "4242")]
    assert said[0] == said[1]
    assert said[0].count("decisions") >= len(street.pages) // 2


def _in_another_process(pages: str, seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": seed}
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", _PLANS],
        input=pages,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=root,
    ).stdout
