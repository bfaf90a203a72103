"""Widgets as libraries build them, in small pages of our own: what the form would carry says what the profile says."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from activities.browser.clearing import clear_the_way
from activities.browser.fill import fill_step
from activities.browser.observe import observe
from brain.planner import plan_step
from schema.contracts.form import FieldKind
from schema.contracts.plan import PlanStep
from tests.brain.forms import SITE, bakery

_PAGES = Path(__file__).with_name("widgets")
_BAKERY = bakery()
_DESCRIPTION = _BAKERY.description.strip()
_TAGS = {
    "comma": {"WIDGET": "tags-input", "FACE": "<input type=text>", "ENDS": '[","]'},
    "enter": {"WIDGET": "choices", "FACE": "<input type=search name=terms>", "ENDS": '["Enter"]'},
    "edited": {
        "WIDGET": "tagify",
        "FACE": "<span contenteditable=true style='display:inline-block;width:90px'> </span>",
        "ENDS": '[","]',
    },
}


async def carried(page: Page, name: str, **parts: str) -> dict[str, str]:
    """What the form would send once this page is planned and filled; nothing may have been sent by that."""
    html = (_PAGES / f"{name}.html").read_text(encoding="utf-8")
    for word, text in parts.items():
        html = html.replace(word, text)
    await page.set_content(html)
    await page.evaluate("document.forms[0].addEventListener('submit', () => { window.sent = true; })")
    await clear_the_way(page)
    step = plan_step((await observe(page)).snapshot, _BAKERY)
    assert isinstance(step, PlanStep), step
    await fill_step(page, step, _BAKERY, SITE)
    assert await page.evaluate("window.sent") is None
    found: dict[str, str] = await page.evaluate(
        """() => Object.fromEntries([...new FormData(document.forms[0]).keys()].map((name) =>
             [name, new FormData(document.forms[0]).getAll(name).join('|')]))"""
    )
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("searched_select", {"category": "12"}),
        ("emptied_select", {"payment": "1|3"}),
        ("inert_listbox", {"category": "Bakery", "city": "Austin"}),
        ("components", {"city": "Austin", "category": "c2", "agree": "yes", "price": "2"}),
        ("buttons", {"price": "$$", "agree": "yes"}),
        ("editors", {"desc": _DESCRIPTION, "short": _BAKERY.short_description, "link": "", "size": "12"}),
        (
            "phones",
            {
                "phone": "(512) 555-0147",
                "fax": "+1 512-555-0148",
                "site": "www.rosasbakery.example",
                "fb": "rosasbakery",
            },
        ),
        ("drop_area", {"uploaded": "rosa-s-bakery-logo.png"}),
        ("home_made", {"category": "c2", "city": "Austin"}),
        ("lists", {"pay[cash]": "1", "pay[card]": "1", "on0": "1", "o0": "14", "c0": "31", "o3": ""}),
        ("clock", {"o0": "7:00 AM", "c0": "3:30 PM", "o2": "7:00 AM", "o3": ""}),
        ("in_the_way", {"phone": "+1 512-555-0147", "year": "1998", "street": "412 Cedar Street", "city": "Austin"}),
    ],
)
async def test_widgets(page: Page, name: str, expected: dict[str, str]) -> None:
    found = await carried(page, name)
    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize("kind", _TAGS)
async def test_tags_end_with_a_comma_or_enter_and_never_send_the_form(page: Page, kind: str) -> None:
    assert (await carried(page, "tags", **_TAGS[kind]))["kw"] == "bakery|sourdough|cakes"


@pytest.mark.parametrize(("many", "expected"), [("true", "English|Spanish"), ("false", "English")])
async def test_a_drop_down_takes_several_or_keeps_the_best(page: Page, many: str, expected: str) -> None:
    assert (await carried(page, "faint_combobox", MANY=many))["languages"] == expected


async def test_consent_is_refused(page: Page) -> None:
    await carried(page, "in_the_way")
    assert await page.evaluate("window.consent") == "few"


@pytest.mark.parametrize(
    ("words", "pressed"),
    [
        (("Alle akzeptieren", "Alle ablehnen"), 1),
        (("Tout accepter", "Continuer sans accepter"), 1),
        (("Aceptar todo", "Configurar", "Rechazar todo"), 2),
        (("すべて許可", "すべて拒否"), 1),
        (("Accept all", "Manage options"), None),
    ],
)
async def test_consent_is_refused_in_the_page_s_language_and_never_given(
    page: Page, words: tuple[str, ...], pressed: int | None
) -> None:
    buttons = "".join(f"<button onclick='window.pressed={at}'>{text}</button>" for at, text in enumerate(words))
    await page.set_content(f"<div id=cookie-bar style='position:fixed;bottom:0'>Cookies {buttons}</div><input><input>")
    await clear_the_way(page)
    assert await page.evaluate("window.pressed ?? null") == pressed


async def test_boxes_that_are_not_ticked_are_not_the_business_s(page: Page) -> None:
    found = await carried(page, "lists")
    assert "pay[check]" not in found
    assert "on3" not in found


async def test_what_an_editor_is_made_of_is_no_field(page: Page) -> None:
    await page.set_content((_PAGES / "editors.html").read_text(encoding="utf-8"))
    snapshot = (await observe(page)).snapshot
    assert [field.handle for field in snapshot.fields] == ["main:bn", "main:desc", "main:short"]
    assert [field.kind for field in snapshot.fields[1:]] == [FieldKind.RICH_TEXT, FieldKind.RICH_TEXT]
    assert snapshot.fields[1].required
    assert [button.text for button in snapshot.buttons] == ["Submit listing"]


async def test_a_number_that_no_spelling_gets_through_is_left_out(page: Page) -> None:
    await page.set_content(
        "<h1>Add your business</h1><form method=post action=/save><label>Business name <input name=bn></label>"
        "<label>Phone <input name=phone oninput='this.value = this.value.slice(0, 4)'></label>"
        "<button>Submit listing</button></form>"
    )
    step = plan_step((await observe(page)).snapshot, _BAKERY)
    assert isinstance(step, PlanStep)
    filled = await fill_step(page, step, _BAKERY, SITE)
    assert await page.evaluate("document.forms[0].phone.value") == ""
    assert [value.handle for value in filled.values] == ["main:bn"]
