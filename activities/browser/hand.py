"""Puts one value into one field, whatever it is built of, and looks whether the page took it. It never sends."""

import base64
from urllib.parse import unquote_to_bytes

import structlog
from playwright.async_api import ElementHandle, FilePayload, Page

from activities.browser.choose import choose
from activities.browser.clock import set_clock
from activities.browser.observe import Observation
from activities.browser.pictures import Picture, PictureUnusable, fetch_picture
from activities.browser.tags import enter
from activities.browser.touch import ACTION_TIMEOUT_MS, leave, press, shown, tick, writable, write, write_by_keys
from brain.formats import says
from brain.values.pictures import takes
from brain.words import slug
from schema.contracts.form import FieldKind, FormField
from schema.contracts.plan import FieldDecision, FieldValue, FillAction
from schema.contracts.profile import BusinessProfile, ProfileKey

_log = structlog.get_logger()
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
    match value.action:
        case FillAction.CHECK:
            await tick(element)
            return True
        case FillAction.UPLOAD:
            return await _upload(page, field, element, value.text.split("\n"), profile)
        case FillAction.SELECT:
            return await _choose(page, field, element, decision, value.text, profile)
        case _:
            return await _type(element, field, decision, value.text, profile)


async def empty(observation: Observation, handle: str) -> None:
    """Take out what the page made of a value."""
    element = await observation.element(handle)
    if await writable(element):
        await write(element, "")
        await leave(element)


async def _choose(
    page: Page, field: FormField, element: ElementHandle, decision: FieldDecision, text: str, profile: BusinessProfile
) -> bool:
    if field.tag == "select":
        await element.select_option(value=text.split("\n"), force=True, timeout=ACTION_TIMEOUT_MS)
        return True
    free = decision.key is ProfileKey.KEYWORDS and not field.options
    if free and await enter(element, text.split("\n"), comma=False):
        return True
    return bool(await choose(page, field, decision, text, profile))


async def _type(
    element: ElementHandle, field: FormField, decision: FieldDecision, text: str, profile: BusinessProfile
) -> bool:
    if field.multiple:
        return bool(await enter(element, text.split(", "), comma=True))
    if not await writable(element):
        return await set_clock(element, text)
    await write(element, text)
    await leave(element)
    if field.kind not in _WRITTEN:
        return True
    if not await shown(element):
        await write_by_keys(element, text)
        await leave(element)
    return says(await shown(element), text, decision, profile)


async def _upload(
    page: Page, field: FormField, element: ElementHandle, pictures: list[str], profile: BusinessProfile
) -> bool:
    """Into the file input, or through the dialog that pressing a drop area opens. False where no picture is usable."""
    found = [picture for address in pictures if (picture := await _picture(field, address)) is not None]
    files = [_payload(picture, number, profile) for number, picture in enumerate(found, start=1)]
    if files and field.tag == "input":
        await element.set_input_files(files)
    elif files:
        async with page.expect_file_chooser(timeout=ACTION_TIMEOUT_MS) as chooser:
            await press(element)
        await (await chooser.value).set_files(files)
    return bool(files)


async def _picture(field: FormField, address: str) -> Picture | None:
    """The picture behind a data URL or a web address, if it can be had and the field takes it."""
    if address.startswith("data:"):
        head, _, body = address.partition(",")
        data = base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
        return Picture(head.removeprefix("data:").split(";")[0], data)
    try:
        picture = await fetch_picture(address)
    except PictureUnusable as error:
        _log.warning("picture_unusable", field=field.handle, reason=str(error))
        return None
    return picture if takes(field, picture.media, len(picture.data)) else None


def _payload(picture: Picture, number: int, profile: BusinessProfile) -> FilePayload:
    ending = {"image/jpeg": "jpg", "image/svg+xml": "svg"}.get(picture.media, picture.media.rpartition("/")[2])
    which = "" if number == 1 else f"-{number}"
    name = f"{slug(profile.business_name) or 'logo'}-logo{which}.{ending}"
    return {"name": name, "mimeType": picture.media, "buffer": picture.data}
