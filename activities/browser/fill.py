"""Fills one step of a form as a person would. It never presses a button and never submits.

It looks at the page first and refuses what has changed; it asks the guard before the first key is pressed, and again
whenever an answer has brought up further fields.
"""

import asyncio
import base64
import time
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from playwright.async_api import ElementHandle, FilePayload, Page
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from activities.browser.observe import Observation, observe
from brain.formats import render, renderings
from brain.guard import check, name_of
from brain.planner import plan_step
from brain.words import slug
from schema.contracts.form import FieldKind, FormField, FormSnapshot
from schema.contracts.plan import FieldDecision, FieldValue, FillAction, GuardFinding, PlanStep
from schema.contracts.profile import BusinessProfile

_ROUNDS = 3
_ACTION_TIMEOUT_MS = 5_000
_COVERED_AFTER_MS = 1_500
_OPTIONS_PATIENCE_S = 4.0
_PAUSE_S = 0.1
_WRITTEN = (FieldKind.TEXT, FieldKind.EMAIL, FieldKind.TEL, FieldKind.URL, FieldKind.NUMBER)


class FormChanged(Exception):
    """The form is not the one the plan was made for; the text says what differs."""


class GuardRefused(Exception):
    """The plan breaks a rule; nothing was sent."""

    def __init__(self, findings: tuple[GuardFinding, ...]) -> None:
        super().__init__(" ".join(finding.reason for finding in findings))
        self.findings = findings


@dataclass(frozen=True)
class Filled:
    """What was filled, and the page as it is now: `observation.element(step.button)` is the button to press."""

    values: tuple[FieldValue, ...]
    observation: Observation


async def fill_step(page: Page, step: PlanStep, profile: BusinessProfile, site_url: str) -> Filled:
    """Fill the step's fields, and those that appear while doing so, in at most three rounds.

    Raises FormChanged, GuardRefused, PlaywrightError.
    """
    observation = await observe(page)
    if observation.snapshot.fingerprint != step.fingerprint:
        raise FormChanged(difference(step, observation.snapshot))
    known = {field.handle for field in observation.snapshot.fields if field.visible}
    done: dict[str, FieldValue] = {}
    for _ in range(_ROUNDS):
        values = _guarded(step, observation.snapshot, profile, site_url)
        pending = [value for value in values if _is_pending(value, done, observation.snapshot)]
        if not pending:
            break
        for value in pending:
            try:
                await _fill(page, observation, step, value, profile)
            except PlaywrightError:
                # The page rebuilt itself under our hands: look again, once, and take the element that is there now.
                observation = await observe(page)
                await _fill(page, observation, step, value, profile)
            done[value.handle] = value
        observation = await _settled(page, step, observation)
        step = _extended(step, observation.snapshot, profile, known)
    _guarded(step, observation.snapshot, profile, site_url)
    _complete(step, observation.snapshot)
    return Filled(tuple(done.values()), observation)


def difference(step: PlanStep, snapshot: FormSnapshot) -> str:
    """What changed between the form the step was made for and this one, in a sentence or two."""
    if not snapshot.found:
        return "The form is no longer on the page."
    planned = {decision.handle: decision.label for decision in step.decisions}
    present = {field.handle: field for field in snapshot.fields if field.visible}
    gone = [label for handle, label in planned.items() if handle not in present]
    new = [
        name_of(field) + (" (required)" if field.required else "")
        for handle, field in present.items()
        if handle not in planned
    ]
    renamed = [
        f"{label} → {name_of(present[h])}"
        for h, label in planned.items()
        if h in present and label != name_of(present[h])[:200]
    ]
    parts = [
        f"{what}: {', '.join(names[:8])}"
        for what, names in (("Gone", gone), ("New", new), ("Renamed", renamed))
        if names
    ]
    return f"The form has changed. {'. '.join(parts) or 'Options, requirements or its target are others'}."


def _guarded(step: PlanStep, snapshot: FormSnapshot, profile: BusinessProfile, site_url: str) -> tuple[FieldValue, ...]:
    values = render(step, snapshot, profile)
    findings = check(step, snapshot, values, profile, site_url)
    if findings:
        raise GuardRefused(findings)
    return values


def _is_pending(value: FieldValue, done: dict[str, FieldValue], snapshot: FormSnapshot) -> bool:
    """Not yet filled, or emptied again by the page since (a list reloaded, a field rebuilt)."""
    field = snapshot.field(value.handle)
    if field is None or not field.enabled:
        return False
    return done.get(value.handle) != value or (
        not field.filled and bool(value.text) and field.kind is not FieldKind.COMBOBOX
    )


def _complete(step: PlanStep, snapshot: FormSnapshot) -> None:
    """Nothing that is required and on the page may have stayed empty, dependent choices included."""
    planned = {decision.handle for decision in step.decisions if decision.action is not FillAction.LEAVE}
    empty = tuple(
        GuardFinding(
            rule="required_covered", handle=field.handle, reason=f'"{name_of(field)}" is required and stayed empty.'
        )
        for field in snapshot.fields
        if field.required and field.visible and not field.filled and field.kind is not FieldKind.COMBOBOX
        if field.handle not in planned or field.depends_on
    )
    if empty:
        raise GuardRefused(empty)


def _extended(step: PlanStep, snapshot: FormSnapshot, profile: BusinessProfile, known: set[str]) -> PlanStep:
    """The step with decisions for fields that appeared meanwhile. Agreements are as the plan had them."""
    fresh = [field.handle for field in snapshot.fields if field.visible and field.handle not in known]
    if not fresh:
        return step
    agreed = any(decision.action is FillAction.CHECK and decision.key is None for decision in step.decisions)
    replanned = plan_step(snapshot, profile, accept_terms=agreed, decided=step.decisions)
    if not isinstance(replanned, PlanStep):
        raise GuardRefused((GuardFinding(rule=replanned.failure.value, reason=replanned.reason),))
    known.update(fresh)
    planned = {decision.handle for decision in step.decisions}
    added = tuple(d for d in replanned.decisions if d.handle in fresh and d.handle not in planned)
    return step.model_copy(update={"decisions": (*step.decisions, *added)})


async def _settled(page: Page, step: PlanStep, before: Observation) -> Observation:
    """The page once choices that waited for another have their options, within a few seconds."""
    planned = {decision.handle for decision in step.decisions if decision.action is not FillAction.LEAVE}
    waiting = {f.handle for f in before.snapshot.fields if f.handle in planned and f.depends_on and f.visible}
    deadline = time.monotonic() + _OPTIONS_PATIENCE_S
    while True:
        observation = await observe(page)
        still = [
            f
            for f in observation.snapshot.fields
            if f.handle in waiting and f.visible and (not f.options or not f.enabled)
        ]
        if not still or time.monotonic() >= deadline:
            return observation
        await asyncio.sleep(_PAUSE_S)


async def _fill(
    page: Page, observation: Observation, step: PlanStep, value: FieldValue, profile: BusinessProfile
) -> None:
    field = observation.snapshot.field(value.handle)
    if field is None:
        return
    if field.kind in (FieldKind.RADIO, FieldKind.MULTISELECT) and field.tag != "select":
        for option in value.text.split("\n"):
            await _tick(await observation.element(value.handle, option))
        return
    element = await observation.element(value.handle)
    if value.action is FillAction.CHECK:
        await _tick(element)
    elif value.action is FillAction.UPLOAD:
        await element.set_input_files(_payload(value.text, profile))
    elif value.action is FillAction.SELECT and field.tag == "select":
        await element.select_option(value=value.text.split("\n"), force=True, timeout=_ACTION_TIMEOUT_MS)
    elif value.action is FillAction.SELECT:
        decision = next(decision for decision in step.decisions if decision.handle == value.handle)
        await _choose(page, observation, field, element, decision, value, profile)
    else:
        await _type(element, field, value.text)


async def _type(element: ElementHandle, field: FormField, text: str) -> None:
    await element.scroll_into_view_if_needed(timeout=_ACTION_TIMEOUT_MS)
    await element.fill(text, timeout=_ACTION_TIMEOUT_MS)
    if field.kind in _WRITTEN and not await element.evaluate("(e) => 'value' in e ? e.value : e.innerText"):
        # A mask that only listens to keys: type them one by one. No text here holds a line break, so no Enter.
        await element.click(timeout=_ACTION_TIMEOUT_MS)
        await element.type(" ".join(text.split()), timeout=_ACTION_TIMEOUT_MS)
    await element.evaluate("(e) => e.blur()")


async def _tick(element: ElementHandle) -> None:
    """Tick a box or a radio button. One that a style hides is clicked itself, not its label, which may hold links."""
    if not await element.evaluate("(e) => e.checked === true || e.getAttribute('aria-checked') === 'true'"):
        await _press(element)


async def _press(element: ElementHandle) -> None:
    """Click as a person would; what is hidden by its style or lies under a banner is clicked by script."""
    try:
        if await element.is_visible():
            await element.scroll_into_view_if_needed(timeout=_ACTION_TIMEOUT_MS)
            await element.click(timeout=_COVERED_AFTER_MS)
            return
    except PlaywrightTimeoutError:
        pass
    await element.evaluate("(e) => e.click()")


def _payload(data_url: str, profile: BusinessProfile) -> FilePayload:
    head, _, body = data_url.partition(",")
    media = head.removeprefix("data:").split(";")[0] or "image/png"
    ending = {"image/jpeg": "jpg", "image/svg+xml": "svg"}.get(media, media.rpartition("/")[2])
    data = base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
    return {"name": f"{slug(profile.business_name) or 'logo'}-logo.{ending}", "mimeType": media, "buffer": data}


async def _choose(
    page: Page,
    observation: Observation,
    field: FormField,
    element: ElementHandle,
    decision: FieldDecision,
    value: FieldValue,
    profile: BusinessProfile,
) -> None:
    """Open a custom drop-down and click the option, looking through its options only once they are there."""
    await _press(element)
    if field.options:
        await _press(await (await observe(page)).element(value.handle, value.text))
        return
    if field.tag == "input":
        await element.fill(value.text, timeout=_ACTION_TIMEOUT_MS)
    opened, wanted = await _opened(page, field, decision, profile)
    if wanted is None and field.tag == "input":
        await element.fill("", timeout=_ACTION_TIMEOUT_MS)
        opened, wanted = await _opened(page, field, decision, profile)
    if wanted is None:
        reason = f'"{name_of(field)}" does not offer the choice.'
        raise GuardRefused((GuardFinding(rule="options_offered", handle=field.handle, reason=reason),))
    await _press(await opened.element(field.handle, wanted.text))


async def _opened(
    page: Page, field: FormField, decision: FieldDecision, profile: BusinessProfile
) -> tuple[Observation, FieldValue | None]:
    """The page with the drop-down open, and the option of it that fits, if one does within a second or two."""
    deadline = time.monotonic() + 2.0
    while True:
        observation = await observe(page)
        now = observation.snapshot.field(field.handle)
        ways = renderings(decision, now, profile) if now is not None and now.options else ()
        if ways or time.monotonic() >= deadline:
            return observation, ways[min(decision.variant, len(ways) - 1)] if ways else None
        await asyncio.sleep(_PAUSE_S)
