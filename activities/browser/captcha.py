"""The captcha on a page: what it asks, so that somebody elsewhere can be shown it, and putting their answer in.

It never decides who answers, and it never makes up an answer.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import playwright.async_api
from playwright.async_api import ElementHandle, Page

from activities.browser.observe import Observation, observe
from activities.browser.touch import ACTION_TIMEOUT_MS, leave, shown, write, write_by_keys
from brain.reader import CAPTCHA_WIDGET
from schema.contracts.captcha import Challenge
from schema.contracts.form import CaptchaKind, FormField

_SCRIPT = Path(__file__).with_name("captcha.js").read_text(encoding="utf-8")
_DRAWN_WITHIN_MS = 5_000
_QUESTION = 500


class CaptchaUnreadable(Exception):
    """The captcha cannot be shown to anybody, or does not take an answer; the text is for people."""


@dataclass(frozen=True, slots=True)
class Posed:
    """A challenge as it stands on the page now. The `mark` of another challenge is another one."""

    challenge: Challenge
    mark: str
    observation: Observation


async def pose(page: Page) -> Posed:
    """The challenge of the page's form, with a photograph of it. Raises CaptchaUnreadable, PlaywrightError."""
    observation = await observe(page)
    snapshot = observation.snapshot
    if snapshot.captcha is CaptchaKind.NONE:
        raise CaptchaUnreadable("The captcha has gone from the form.")
    if snapshot.captcha.widget:
        site_key: str = await _call(await observation.element(CAPTCHA_WIDGET), "siteKey")
        if not site_key:
            raise CaptchaUnreadable(f"The captcha ({snapshot.captcha.value}) names no site key.")
        challenge = Challenge(kind=snapshot.captcha, page_url=page.url, site_key=site_key)
        return Posed(challenge, site_key, observation)
    field = snapshot.field(snapshot.captcha_field)
    if field is None:
        raise CaptchaUnreadable("The captcha has no field for an answer.")
    element = await observation.element(field.handle)
    question = _asked(field)
    picture, drawn = await _picture(element, needed=snapshot.captcha is CaptchaKind.IMAGE)
    challenge = Challenge(kind=snapshot.captcha, page_url=page.url, question=question, picture=picture)
    return Posed(challenge, hashlib.sha256(f"{question}\n{drawn}".encode()).hexdigest(), observation)


async def put(page: Page, posed: Posed, answer: str) -> Observation:
    """Put the answer to that very challenge in, and look at the page again. Raises CaptchaUnreadable."""
    observation, answer = posed.observation, " ".join(answer.split())
    if posed.challenge.kind.widget:
        widget = await observation.element(CAPTCHA_WIDGET)
        if not await _call(widget, "take", answer):
            raise CaptchaUnreadable("The captcha's widget takes no token.")
    else:
        element = await observation.element(observation.snapshot.captcha_field)
        await write(element, answer)
        if await shown(element) != answer:
            await write_by_keys(element, answer)
        await leave(element)
        # Some pages make capitals of it.
        if (await shown(element)).casefold() != answer.casefold():
            raise CaptchaUnreadable("The captcha's field does not take the answer.")
    return await observe(page)


async def _picture(element: ElementHandle, *, needed: bool) -> tuple[bytes, str]:
    """A PNG of what is drawn beside the field, and what tells that drawing from the next; empty where nothing is."""
    handle = await element.evaluate_handle(f"(field) => ({_SCRIPT}).drawing(field)")
    drawing = handle.as_element()
    if drawing is None and not needed:
        return b"", ""
    drawing = drawing or (await element.evaluate_handle(f"(field) => ({_SCRIPT}).around(field)")).as_element()
    if drawing is None:
        raise CaptchaUnreadable("The captcha's picture is not on the page.")
    with contextlib.suppress(playwright.async_api.TimeoutError):
        await drawing.evaluate(f"(drawing) => ({_SCRIPT}).complete(drawing, {_DRAWN_WITHIN_MS})")
    try:
        image = await drawing.screenshot(type="png", animations="disabled", timeout=ACTION_TIMEOUT_MS)
    except playwright.async_api.TimeoutError:
        raise CaptchaUnreadable("The captcha's picture cannot be photographed.") from None
    return image, str(await _call(drawing, "source"))


async def _call(element: ElementHandle, name: str, *arguments: str) -> Any:
    return await element.evaluate(f"(element, rest) => ({_SCRIPT}).{name}(element, ...rest)", list(arguments))


def _asked(field: FormField) -> str:
    """What the page says about the field, each thing once; the heading where nothing else asks anything."""
    words = dict.fromkeys((*(label.text for label in field.labels), field.help))
    if not any("?" in said or any(map(str.isdecimal, said)) for said in words):
        words[field.section] = None
    return " ".join(filter(None, words))[:_QUESTION]
