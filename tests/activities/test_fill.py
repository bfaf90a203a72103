"""The hand, on pages in a real browser: what is filled and how, what is refused, and that nothing is ever sent."""

import pytest
from playwright.async_api import Page

from activities.browser.fill import Filled, FormChanged, GuardRefused, fill_step
from activities.browser.observe import observe
from brain.planner import plan_step
from schema.contracts.plan import PlanStep
from tests.brain.forms import SITE, bakery

_PAGE = (
    "<h1>Add your business</h1><form method=post action=/save onsubmit='window.sent = "
    "(window.sent || 0) + 1; return false'>"
    "<label>Business name <input name=bn></label>{}<button>Submit listing</button></form>"
)
_BAKERY = bakery()


async def planned(page: Page, fields: str) -> PlanStep:
    await page.set_content(_PAGE.format(fields))
    step = plan_step((await observe(page)).snapshot, _BAKERY)
    assert isinstance(step, PlanStep), step
    return step


async def filled(page: Page, fields: str) -> Filled:
    """Plan and fill this form; nothing may have been sent by that."""
    done = await fill_step(page, await planned(page, fields), _BAKERY, SITE)
    assert await page.evaluate("window.sent") is None
    return done


async def value(page: Page, name: str) -> str:
    text: str = await page.evaluate("(name) => new FormData(document.forms[0]).getAll(name).join('|')", name)
    return text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<label>Email <input name=x type=email></label>", "rosa@rosasbakery.example"),
        ("<label>City <input name=x></label>", "Austin"),
        ("<label>Year founded <input name=x type=number></label>", "1998"),
        (
            "<label>Description <textarea name=x maxlength=60></textarea></label>",
            "Family bakery in Austin with sourdough and pastries.",
        ),
        ("<label>Country <select name=x><option>Canada<option value=1>United States</select></label>", "1"),
        ("<label>Category <select name=x size=4 multiple><option>Bakeries<option>Law</select></label>", "Bakeries"),
        (
            (
                "<fieldset><legend>Price range</legend><label><input type=radio name=x value=1>$</label>"
                "<label><input type=radio name=x value=2>$$</label></fieldset>"
            ),
            "2",
        ),
        (
            (
                "<fieldset><legend>Payment methods</legend><label><input type=checkbox name=x value=1>"
                "Cash</label><label><input type=checkbox name=x value=2>Visa</label><label><input "
                "type=checkbox name=x value=3>Credit cards</label></fieldset>"
            ),
            "1|3",
        ),
        ("<label><input type=checkbox name=x value=y> I agree to the terms</label>", "y"),
        ("<label><input type=checkbox name=x value=y> Send me the newsletter</label>", ""),
        ("<p style='display:none'><label>Website <input name=x></label></p>", ""),
        ("<label>Keywords <input name=x maxlength=18></label>", "bakery, sourdough"),
        ("<label>City <input name=x value=Dallas></label>", "Austin"),
    ],
)
async def test_fields(page: Page, html: str, expected: str) -> None:
    await filled(page, html)
    assert await value(page, "x") == expected


async def test_a_box_that_a_style_hides_is_ticked_without_following_the_link_in_its_label(page: Page) -> None:
    await filled(
        page,
        (
            "<style>#t{display:none}</style><input type=checkbox id=t name=x value=y><label for=t>"
            "I accept the <a href='/terms'>terms of service</a></label>"
        ),
    )
    assert await value(page, "x") == "y"
    assert page.url == SITE


async def test_a_select_behind_a_widget(page: Page) -> None:
    await filled(
        page,
        (
            "<label for=c>Category</label>"
            "<select id=c name=x style='position:absolute;width:1px;height:1px;clip:rect(0 0 0 0)'>"
            "<option>Law<option>Bakery</select><span class='select2 select2-container'>"
            "Law</span>"
        ),
    )
    assert await value(page, "x") == "Bakery"


async def test_the_logo_is_uploaded_under_a_decent_name(page: Page) -> None:
    await filled(page, "<label>Logo <input type=file name=logo accept='.png,.jpg'></label>")
    assert await page.evaluate("document.forms[0].logo.files[0].name") == "rosa-s-bakery-logo.png"
    assert await page.evaluate("document.forms[0].logo.files[0].type") == "image/png"
    await filled(page, "<label>Logo <input type=file name=logo accept=.svg></label>")
    assert await page.evaluate("document.forms[0].logo.files.length") == 0


async def test_rich_text_in_the_page_and_in_a_frame(page: Page) -> None:
    await filled(page, "<p>Description</p><div id=ed contenteditable style='height:50px'></div>")
    assert "sourdough" in await page.inner_text("#ed")
    await page.set_content(
        _PAGE.format(
            "<label for=ed>Description</label><iframe id=ed name=ed srcdoc='<body contenteditable></body>'></iframe>"
        )
    )
    await page.frames[-1].wait_for_load_state()
    step = plan_step((await observe(page)).snapshot, _BAKERY)
    assert isinstance(step, PlanStep)
    await fill_step(page, step, _BAKERY, SITE)
    assert "sourdough" in await page.frames[-1].inner_text("body")


_LIST = "<ul id=l role=listbox hidden><li role=option data-value=7>Lawyers<li role=option data-value=9>Bakeries</ul>"
_OPEN_LIST = _LIST.replace(" hidden", "")
_PLAIN_LIST = _LIST.replace("role=listbox", "").replace("role=option", "")
_COMBOBOXES = {
    "a button with its list": (
        "<label id=c>Category</label><button type=button aria-haspopup=listbox aria-labelledby=c aria-controls=l "
        f"onclick='l.hidden = false'>Choose</button>{_LIST}"
    ),
    "an input with its list": (
        f"<label for=c>Category</label><input id=c role=combobox aria-controls=l onclick='l.hidden = false'>{_LIST}"
    ),
    "a list that is made when opened": (
        "<label for=c>Category</label><input id=c role=combobox aria-controls=l "
        "onclick='setTimeout(() => { box.innerHTML = window.list }, 200)'><div id=box></div>"
        f"<script>window.list = `{_OPEN_LIST}`</script>"
    ),
    "no ARIA at all": (
        "<p>Category</p><div class='dd-toggle' tabindex=0 onclick='l.hidden = false'>Choose</div>" + _PLAIN_LIST
    ),
}


@pytest.mark.parametrize("kind", _COMBOBOXES)
async def test_custom_drop_downs_are_opened_and_clicked(page: Page, kind: str) -> None:
    listen = (
        "<script>document.addEventListener('click', (e) => { if (e.target.dataset.value) "
        "document.forms[0].chosen.value = e.target.dataset.value })</script>"
    )
    await filled(page, "<input type=hidden name=chosen>" + _COMBOBOXES[kind] + listen)
    assert await value(page, "chosen") == "9"


async def test_options_that_load_after_another_choice(page: Page) -> None:
    await filled(
        page,
        "<label>Category <select name=cat required><option value=''>Choose<option>Food & "
        "Drink<option>Law</select></label>"
        "<label>Subcategory <select name=x required disabled><option value=''>...</select></label>"
        "<script>document.forms[0].cat.onchange = () => setTimeout(() => { const s = document.forms[0].x; "
        "s.disabled = false;"
        's.innerHTML = \'<option value="">Choose</option><option>Bars</option><option>Bakeries</option>'
        "' }, 400)</script>",
    )
    assert await value(page, "x") == "Bakeries"


async def test_fields_that_appear_meanwhile_are_filled(page: Page) -> None:
    done = await filled(
        page,
        "<label>Country <select name=country><option value=''>-<option>Canada<option>United "
        "States</select></label><div id=more></div>"
        "<script>document.forms[0].country.onchange = () => { more.innerHTML = '<label>State "
        "<input name=x required></label>' }</script>",
    )
    assert await value(page, "x") == "TX"
    assert "main:x" in {filled.handle for filled in done.values}
    assert await (await done.observation.element("main:button-submit-listing")).inner_text() == "Submit listing"


async def test_a_required_field_that_appears_and_is_not_understood_is_refused(page: Page) -> None:
    step = await planned(
        page,
        (
            "<label>City <input name=city oninput='more.hidden = false'></label><label id=more "
            "hidden>Frobnication <input name=y required></label>"
        ),
    )
    with pytest.raises(GuardRefused, match="Frobnication"):
        await fill_step(page, step, _BAKERY, SITE)


async def test_what_the_page_empties_is_filled_again(page: Page) -> None:
    await filled(
        page,
        (
            "<label>City <input name=x></label><label>Country <select name=c onchange='this.form.x.value "
            "= \"\"'><option value=''>-<option>USA</select></label>"
        ),
    )
    assert await value(page, "x") == "Austin"


async def test_a_mask_that_only_listens_to_keys(page: Page) -> None:
    await filled(
        page,
        "<label>Phone <input name=x placeholder='5125550100'></label><script>const x = document.forms[0].x; "
        "let real = '';"
        "x.addEventListener('input', (e) => { if (e.inputType !== 'insertText' || !e.data "
        "|| e.data.length > 1) { x.value = real } else { real = x.value } })</script>",
    )
    assert await value(page, "x") == "5125550147"


async def test_another_form_than_planned_is_refused_with_the_difference(page: Page) -> None:
    step = await planned(page, "<label>City <input name=city></label><label>Phone <input name=tel></label>")
    await page.set_content(
        _PAGE.format("<label>Town <input name=city></label><label>Fax <input name=fax required></label>")
    )
    with pytest.raises(FormChanged, match=r"Gone: Phone\. New: Fax \(required\)\. Renamed: City → Town"):
        await fill_step(page, step, _BAKERY, SITE)
    assert await value(page, "bn") == ""


async def test_a_form_that_posts_elsewhere_is_refused_before_a_key_is_pressed(page: Page) -> None:
    step = await planned(page, "<label>City <input name=city></label>")
    with pytest.raises(GuardRefused, match="another site"):
        await fill_step(page, step, _BAKERY, "https://other.example/")
    assert await value(page, "bn") == ""


async def test_boxes_under_a_banner_and_fields_that_are_rebuilt(page: Page) -> None:
    await filled(
        page,
        "<div id=box><label>City <input name=x></label></div><label>Country <input name=c></label>"
        "<label><input type=checkbox name=t value=y> I agree to the terms</label>"
        "<div style='position:fixed;inset:0;z-index:9'>We use cookies</div>"
        "<script>document.forms[0].bn.onblur = () => { box.innerHTML = box.innerHTML }</script>",
    )
    assert await value(page, "x") == "Austin"
    assert await value(page, "t") == "y"


async def test_a_page_that_thinks_long_about_a_click_is_clicked_once(page: Page) -> None:
    busy = "const until = Date.now() + 2500; while (Date.now() < until);"
    await filled(page, f'<label><input type=checkbox name=x value=y onclick="{busy}"> I agree to the terms</label>')
    assert await value(page, "x") == "y"
