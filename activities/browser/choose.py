"""Choosing in a drop-down that a script built: it is opened, searched where it has a search box, and clicked.

Its options are looked through only once they are there; none that does not fit is ever clicked.
"""

import asyncio
import time

from playwright.async_api import ElementHandle, Page

from activities.browser.observe import Observation, observe
from activities.browser.touch import ACTION_TIMEOUT_MS, leave, press, writable
from brain.formats import renderings
from schema.contracts.form import FieldOption, FormField
from schema.contracts.plan import FieldDecision
from schema.contracts.profile import BusinessProfile, ProfileKey

_PAUSE_S = 0.1
_AT_ONCE_S = 0.4
_PATIENCE_S = 2.5
_LISTED = (ProfileKey.PAYMENT_METHODS, ProfileKey.LANGUAGES, ProfileKey.KEYWORDS, ProfileKey.CATEGORY)
_FOCUSED = """() => {
  let e = document.activeElement;
  while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
  return e && e.matches('input:not([type]),input[type=text],input[type=search],textarea') ? e : null;
}"""
# What stands in the drop-down's box now: its own text and its inputs'.
_FACE = """(e) => {
  const many = 'input:not([type=hidden]),select,textarea,[role=combobox]';
  let up = e;
  for (let i = 0; i < 4 && up.parentElement && !/^(FORM|BODY|FIELDSET)$/.test(up.parentElement.tagName); i++) {
    if ([...up.parentElement.querySelectorAll(many)].some((n) => n !== e && !e.contains(n))) break;
    up = up.parentElement;
  }
  return [up.innerText, ...[...up.querySelectorAll('input')].map((n) => n.value)].join(' ');
}"""


async def choose(
    page: Page, field: FormField, decision: FieldDecision, text: str, profile: BusinessProfile
) -> tuple[str, ...]:
    """Choose what fits the decision; of a list that takes several, all that fit. Returns the labels chosen.

    `text` is what a search box in it is asked for, one entry per line. Raises PlaywrightError.
    """
    asked = text.split("\n")
    first = await _pick(page, field, decision, asked[0], profile, ())
    if first is None:
        return ()
    chosen = [first]
    for further in asked[1:] if decision.key in _LISTED else ():
        if not await _still_shows(page, field, chosen[0].label):
            break
        found = await _pick(page, field, decision, further, profile, tuple(chosen))
        if found is None:
            continue
        if not await _still_shows(page, field, chosen[0].label):
            # It takes one after all, and the first is the better one.
            await _pick(page, field, decision, asked[0], profile, ())
            break
        chosen.append(found)
    await leave(await (await observe(page, patience_s=0)).element(field.handle))
    return tuple(option.label for option in chosen)


async def _pick(
    page: Page,
    field: FormField,
    decision: FieldDecision,
    asked: str,
    profile: BusinessProfile,
    taken: tuple[FieldOption, ...],
) -> FieldOption | None:
    """Open the list and click its best option that is not taken yet; the option, or None where none fits."""
    before = await observe(page, patience_s=0)
    now = before.snapshot.field(field.handle)
    element = await before.element(field.handle)
    if now is not None and now.tag != "select" and not _is_open(await _expanded(element)):
        await press(element)
    observation, found = await _offered(page, field, decision, profile, taken, _AT_ONCE_S)
    search = await _search_box(element)
    if search is not None and (found is None or not field.options):
        observation, found = await _asked(page, search, field, decision, asked, profile, taken)
    elif found is None:
        observation, found = await _offered(page, field, decision, profile, taken, _PATIENCE_S)
    if found is None:
        return None
    now = observation.snapshot.field(field.handle)
    if now is not None and now.tag == "select":
        chosen = await observation.element(field.handle)
        await chosen.select_option(value=found.value, force=True, timeout=ACTION_TIMEOUT_MS)
    else:
        await press(await observation.element(field.handle, found.value))
    return found


async def _asked(
    page: Page,
    search: ElementHandle,
    field: FormField,
    decision: FieldDecision,
    asked: str,
    profile: BusinessProfile,
    taken: tuple[FieldOption, ...],
) -> tuple[Observation, FieldOption | None]:
    """Search for the profile's own word, then look through everything that is offered without one."""
    await search.fill(asked, timeout=ACTION_TIMEOUT_MS)
    observation, found = await _offered(page, field, decision, profile, taken, _PATIENCE_S)
    if found is None:
        await search.fill("", timeout=ACTION_TIMEOUT_MS)
        observation, found = await _offered(page, field, decision, profile, taken, _PATIENCE_S)
    return observation, found


async def _offered(
    page: Page,
    field: FormField,
    decision: FieldDecision,
    profile: BusinessProfile,
    taken: tuple[FieldOption, ...],
    patience_s: float,
) -> tuple[Observation, FieldOption | None]:
    """The page with the list open, and the best option that fits as soon as there is one."""
    deadline = time.monotonic() + patience_s
    while True:
        observation = await observe(page, patience_s=0)
        now = observation.snapshot.field(field.handle)
        found = _best(now, decision, profile, taken) if now is not None and now.options else None
        if found is not None or time.monotonic() >= deadline:
            return observation, found
        await asyncio.sleep(_PAUSE_S)


def _best(
    now: FormField, decision: FieldDecision, profile: BusinessProfile, taken: tuple[FieldOption, ...]
) -> FieldOption | None:
    ways = [value for way in renderings(decision, now, profile) for value in way.text.split("\n")]
    fitting = [option for value in ways for option in now.options if option.value == value]
    labels = {option.label for option in taken}
    left = [option for option in fitting if option.label not in labels]
    return left[min(decision.variant, len(left) - 1)] if left and not taken else next(iter(left), None)


async def _search_box(element: ElementHandle) -> ElementHandle | None:
    """Where one types to search: the face itself, or the box that opening it put the cursor into."""
    if await writable(element):
        return element
    frame = await element.owner_frame()
    focused = await frame.evaluate_handle(_FOCUSED) if frame else None
    found = focused.as_element() if focused else None
    return found if found is not None and await writable(found) else None


async def _expanded(element: ElementHandle) -> str | None:
    return await element.get_attribute("aria-expanded")


def _is_open(expanded: str | None) -> bool:
    return expanded == "true"


async def _still_shows(page: Page, field: FormField, label: str) -> bool:
    """True while the drop-down shows this choice and would take another."""
    observation = await observe(page, patience_s=0)
    element = await observation.element(field.handle)
    face: str = await element.evaluate(_FACE)
    return label in face
