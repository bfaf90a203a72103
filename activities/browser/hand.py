"""Puts one value into one field, whatever it is built of, and looks whether the page took it. It never sends."""

import base64
from urllib.parse import unquote_to_bytes

from playwright.async_api import ElementHandle, FilePayload, Page

from activities.browser.choose import choose
from activities.browser.observe import Observation
from activities.browser.tags import enter
from activities.browser.touch import ACTION_TIMEOUT_MS, leave, press, shown, tick, write, write_by_keys
from brain.formats import says
from brain.words import slug
from schema.contracts.form import FieldKind, FormField
from schema.contracts.plan import FieldDecision, FieldValue, FillAction
from schema.contracts.profile import BusinessProfile, ProfileKey

_WRITTEN = (FieldKind.TEXT, FieldKind.EMAIL, FieldKind.TEL, FieldKind.URL, FieldKind.NUMBER)


async def put(
    page: Page, observation: Observation, decision: FieldDecision, value: FieldValue, profile: BusinessProfile
) -> bool:
    """Fill one field. False where the page did not take the value, or made something else of it.

    Raises PlaywrightError, KeyError where the field is gone.
    """
    field = observation.snapshot.field(value.handle)
    if field is None:
        return True
    if field.kind in (FieldKind.RADIO, FieldKind.MULTISELECT) and field.tag != "select":
        for option in value.text.split("\n"):
            await tick(await observation.element(value.handle, option))
        return True
    element = await observation.element(value.handle)
    if value.action is FillAction.CHECK:
        await tick(element)
    elif value.action is FillAction.UPLOAD:
        await _upload(page, field, element, _payload(value.text, profile))
    elif value.action is FillAction.SELECT and field.tag == "select":
        await element.select_option(value=value.text.split("\n"), force=True, timeout=ACTION_TIMEOUT_MS)
    elif value.action is FillAction.SELECT:
        return await _choose(page, field, element, decision, value.text, profile)
    elif field.multiple:
        return bool(await enter(element, value.text.split(", "), comma=True))
    else:
        return await _type(element, field, decision, value.text, profile)
    return True


async def empty(observation: Observation, handle: str) -> None:
    """Take out what the page made of a value."""
    element = await observation.element(handle)
    await write(element, "")
    await leave(element)


async def _choose(
    page: Page, field: FormField, element: ElementHandle, decision: FieldDecision, text: str, profile: BusinessProfile
) -> bool:
    free = decision.key is ProfileKey.KEYWORDS and not field.options
    if free and await enter(element, text.split("\n"), comma=False):
        return True
    return bool(await choose(page, field, decision, text, profile))


async def _type(
    element: ElementHandle, field: FormField, decision: FieldDecision, text: str, profile: BusinessProfile
) -> bool:
    await write(element, text)
    await leave(element)
    if field.kind not in _WRITTEN:
        return True
    if not await shown(element):
        await write_by_keys(element, text)
        await leave(element)
    return says(await shown(element), text, decision, profile)


async def _upload(page: Page, field: FormField, element: ElementHandle, payload: FilePayload) -> None:
    """Into the file input, or through the dialog that pressing a drop area opens."""
    if field.tag == "input":
        await element.set_input_files(payload)
        return
    async with page.expect_file_chooser(timeout=ACTION_TIMEOUT_MS) as chooser:
        await press(element)
    await (await chooser.value).set_files(payload)


def _payload(data_url: str, profile: BusinessProfile) -> FilePayload:
    head, _, body = data_url.partition(",")
    media = head.removeprefix("data:").split(";")[0] or "image/png"
    ending = {"image/jpeg": "jpg", "image/svg+xml": "svg"}.get(media, media.rpartition("/")[2])
    data = base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
    return {"name": f"{slug(profile.business_name) or 'logo'}-logo.{ending}", "mimeType": media, "buffer": data}
