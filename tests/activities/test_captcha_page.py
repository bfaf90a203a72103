"""What is read from a page's captcha, and where an answer goes, with a real browser: no directory, no ledger."""

import struct

import pytest
from playwright.async_api import Page

from activities.browser.captcha import CaptchaUnreadable, pose, put
from schema.contracts.form import CaptchaKind

_SVG = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{1}'%3E%3C/svg%3E"
_FORM = """
<h1>Add your business</h1><form method=post action=/add>
<img alt="Our city" width=400 height=120 src="{0}">
<label>Business name <input name=business_name required></label> <label>Email <input name=email type=email></label>
<label>City <input name=city></label> {1} <button>Submit listing</button></form>"""


async def show(page: Page, captcha: str) -> None:
    await page.set_content(_FORM.format(_SVG.format(400, 120), captcha))


def shows(png: bytes, width: int, height: int) -> bool:
    """True for a PNG of this size; an element that begins between two pixels is one larger."""
    assert png.startswith(b"\x89PNG")
    wide, high = struct.unpack(">II", png[16:24])
    return wide in (width, width + 1) and high in (height, height + 1)


_DRAWN = f'<img class=captcha alt="" width=160 height=50 src="{_SVG.format(160, 50)}">'
_RELOAD = f'<img width=24 height=24 alt="Reload the captcha" src="{_SVG.format(24, 24)}">'
_PAINTED = f"height:50px;background:url(&quot;{_SVG.format(160, 50)}&quot;)"
_FIELD = "<label>Enter the characters of the picture <input name=captcha_code></label>"


@pytest.mark.parametrize(
    "captcha",
    [
        f"<p>{_DRAWN} {_FIELD}</p>",
        f"<div>{_FIELD}</div><div>{_DRAWN}{_RELOAD}</div>",
        f"<table><tr><td>{_DRAWN}</td></tr><tr><td>{_FIELD}</td></tr></table>",
        f"<p><canvas id=captchaCanvas width=160 height=50></canvas> {_FIELD}</p>",
        f"<p><svg width=160 height=50><rect width=160 height=50 /></svg> {_FIELD}</p>",
    ],
    ids=["image", "beside a reload button", "table", "canvas", "svg"],
)
async def test_the_captchas_own_picture_is_taken(page: Page, captcha: str) -> None:
    await show(page, captcha)
    posed = await pose(page)
    assert posed.challenge.kind is CaptchaKind.IMAGE
    assert shows(posed.challenge.picture, 160, 50)
    assert posed.challenge.page_url == page.url


async def test_a_picture_that_is_a_background_is_taken_with_its_surroundings_and_nothing_else(page: Page) -> None:
    await show(page, f'<div style="width:170px;height:90px"><div style="{_PAINTED}"></div>{_FIELD}</div>')
    assert shows((await pose(page)).challenge.picture, 170, 90)


async def test_another_picture_is_another_challenge_and_typing_elsewhere_is_not(page: Page) -> None:
    await show(page, f"<p>{_DRAWN} {_FIELD}</p>")
    first = await pose(page)
    await page.fill("[name=city]", "Austin")
    assert (await pose(page)).mark == first.mark
    await page.evaluate("document.querySelector('.captcha').src += '#2'")
    assert (await pose(page)).mark != first.mark


async def test_a_question_is_read_in_the_pages_words(page: Page) -> None:
    await show(page, "<label>Security question: what is 3 + 4? <input name=answer></label>")
    posed = await pose(page)
    assert (posed.challenge.kind, posed.challenge.picture) == (CaptchaKind.QUESTION, b"")
    assert posed.challenge.question == "Security question: what is 3 + 4?"
    await put(page, posed, "7")
    assert await page.input_value("[name=answer]") == "7"
    assert await page.input_value("[name=business_name]") == ""


async def test_a_field_that_takes_no_answer_says_so(page: Page) -> None:
    await show(page, f"<p>{_DRAWN} {_FIELD.replace('<input', '<input maxlength=3')}</p>")
    with pytest.raises(CaptchaUnreadable, match="does not take the answer"):
        await put(page, await pose(page), "K7QX4")


async def test_a_captcha_that_has_gone_is_not_asked_about(page: Page) -> None:
    await show(page, "")
    with pytest.raises(CaptchaUnreadable, match="has gone"):
        await pose(page)


@pytest.mark.parametrize(
    ("widget", "kind", "key", "names"),
    [
        (
            '<div id=box><iframe width=304 height=78 src="https://www.google.com/recaptcha/api2/anchor?k=key-1"></iframe>'
            "<textarea name=g-recaptcha-response hidden></textarea></div>",
            CaptchaKind.RECAPTCHA,
            "key-1",
            ["g-recaptcha-response"],
        ),
        (
            '<div class=h-captcha data-sitekey=key-2 style="height:78px">I am human'
            "<textarea name=g-recaptcha-response hidden></textarea>"
            "<textarea name=h-captcha-response hidden></textarea></div>",
            CaptchaKind.HCAPTCHA,
            "key-2",
            ["g-recaptcha-response", "h-captcha-response"],
        ),
        (
            '<div><iframe width=300 height=65 src="https://challenges.cloudflare.com/cdn/turnstile/if/0x4AAA-key/auto"></iframe>'
            "<input type=hidden name=cf-turnstile-response></div>",
            CaptchaKind.TURNSTILE,
            "0x4AAA-key",
            ["cf-turnstile-response"],
        ),
    ],
    ids=["recaptcha", "hcaptcha", "turnstile"],
)
async def test_a_widgets_key_is_found_and_its_token_goes_into_its_own_fields(
    page: Page, widget: str, kind: CaptchaKind, key: str, names: list[str]
) -> None:
    await show(page, widget)
    posed = await pose(page)
    assert (posed.challenge.kind, posed.challenge.site_key, posed.challenge.picture) == (kind, key, b"")
    await put(page, posed, "token-9")
    for name in names:
        assert await page.eval_on_selector(f"[name={name}]", "(field) => field.value") == "token-9"


async def test_a_widget_without_a_key_or_a_field_cannot_be_answered(page: Page) -> None:
    await show(page, '<div class=h-captcha style="height:78px">I am human</div>')
    with pytest.raises(CaptchaUnreadable, match="names no site key"):
        await pose(page)
    await show(page, '<div class=h-captcha data-sitekey=k style="height:78px">I am human</div>')
    with pytest.raises(CaptchaUnreadable, match="takes no token"):
        await put(page, await pose(page), "token")
