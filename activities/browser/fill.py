"""Fills one step of a form as a person would. It never presses a button and never submits.

It looks at the page first and refuses what has changed; it asks the guard before the first key is pressed, and again
whenever an answer has brought up further fields.
"""

import asyncio
import time
from dataclasses import dataclass

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from activities.browser.clearing import clear_the_way
from activities.browser.hand import empty, put
from activities.browser.observe import Observation, observe
from activities.browser.patience import within
from activities.browser.touch import shown
from brain.controls import name_of
from brain.formats import render, renderings, says
from brain.guard import check
from brain.mapper import map_form
from brain.planner import plan_step
from schema.contracts.form import FieldKind, FormSnapshot
from schema.contracts.plan import FieldDecision, FieldValue, FillAction, GuardFinding, PlanStep
from schema.contracts.profile import BusinessProfile, ProfileKey

_ROUNDS = 3
_FIELD_WITHIN_S = 20.0
_READ_BACK = (FieldKind.TEXT, FieldKind.EMAIL)
_MUST_STAND = (ProfileKey.EMAIL, ProfileKey.BUSINESS_NAME)
_SPELLINGS = 6
_OPTIONS_PATIENCE_S = 4.0
_COVERED_S = 0.8
_PAUSE_S = 0.1


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
    await clear_the_way(page)
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
            observation = await _as_planned(page, observation, step, value.handle, profile, site_url)
            observation, step, taken = await _fill(page, observation, step, value, profile, site_url)
            if taken is not None:
                done[value.handle] = taken
        observation = await _settled(page, step, observation)
        step = _extended(step, observation.snapshot, profile, known)
    _guarded(step, observation.snapshot, profile, site_url)
    _complete(step, observation.snapshot)
    await _stands(step, observation, done, profile)
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
        if handle not in planned and handle != snapshot.captcha_field
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
        if field.handle != snapshot.captcha_field
    )
    if empty:
        raise GuardRefused(empty)


async def _stands(
    step: PlanStep, observation: Observation, done: dict[str, FieldValue], profile: BusinessProfile
) -> None:
    """Where a page moves the focus, one field's keys end in another: name and e-mail address are read back."""
    for decision in step.decisions:
        value = done.get(decision.handle)
        known = observation.snapshot.field(decision.handle)
        if value is None or known is None or known.kind not in _READ_BACK or decision.key not in _MUST_STAND:
            continue
        now = await shown(await observation.element(value.handle))
        if not says(now, value.text, decision, profile):
            reason = f'"{name_of(known)}" holds something else than was typed.'
            raise GuardRefused((GuardFinding(rule="values_stand", handle=known.handle, reason=reason),))


def _extended(step: PlanStep, snapshot: FormSnapshot, profile: BusinessProfile, known: set[str]) -> PlanStep:
    """The step with decisions for fields that appeared meanwhile. Agreements are as the plan had them."""
    fresh = [field.handle for field in snapshot.fields if field.visible and field.handle not in known]
    if not fresh:
        return step
    agreed = any(decision.action is FillAction.CHECK and decision.key is None for decision in step.decisions)
    replanned = plan_step(snapshot, profile, accept_terms=agreed, decided=step.decisions, answerable=(step.captcha,))
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
    seen = {f.handle for f in before.snapshot.fields if f.visible}
    started = time.monotonic()
    while True:
        observation = await observe(page)
        still = [
            f
            for f in observation.snapshot.fields
            if (f.handle in waiting and f.visible and (not f.options or not f.enabled))
            # A list of suggestions may lie over it, for a moment.
            or (f.handle in planned and f.handle in seen and not f.visible)
        ]
        patience_s = _OPTIONS_PATIENCE_S if any(f.visible for f in still) else _COVERED_S
        if not still or time.monotonic() >= started + patience_s:
            return observation
        await asyncio.sleep(_PAUSE_S)


async def _as_planned(
    page: Page, observation: Observation, step: PlanStep, handle: str, profile: BusinessProfile, site_url: str
) -> Observation:
    """The page before this field is filled: looked at and checked again where the field is not what it was."""
    if await observation.still(handle):
        return observation
    observation = await observe(page)
    _guarded(step, observation.snapshot, profile, site_url)
    field = observation.snapshot.field(handle)
    decision = next(decision for decision in step.decisions if decision.handle == handle)
    if field is not None and name_of(field)[:200] != decision.label:
        # "State" may become "Province"; it may not become something else.
        meant = map_form(observation.snapshot)[handle].concept
        if decision.key is None or meant is not decision.key:
            raise FormChanged(difference(step, observation.snapshot))
    return observation


async def _fill(
    page: Page, observation: Observation, step: PlanStep, value: FieldValue, profile: BusinessProfile, site_url: str
) -> tuple[Observation, PlanStep, FieldValue | None]:
    """Fill one field; where the page makes something else of a text, write it the next way.

    Returns the step with the way that was taken, and its value. A field that takes none is left empty, and None.
    """
    decision = next(decision for decision in step.decisions if decision.handle == value.handle)
    ways = _ways(observation.snapshot, decision, value, profile)
    for way in ways:
        tried = _with(step, decision.model_copy(update={"variant": ways[way]}))
        if way != value:
            _guarded(tried, observation.snapshot, profile, site_url)
        try:
            async with within(_FIELD_WITHIN_S):
                taken = await put(page, observation, decision, way, profile)
        except PlaywrightError:
            # The page rebuilt itself under our hands: look again, once, and take the element that is there now.
            observation = await observe(page)
            _guarded(tried, observation.snapshot, profile, site_url)
            async with within(_FIELD_WITHIN_S):
                taken = await put(page, observation, decision, way, profile)
        if taken:
            return observation, tried, way
    if value.action is FillAction.TYPE:
        await empty(observation, value.handle)
    left = decision.model_copy(update={"action": FillAction.LEAVE, "why": "the page does not take the value"})
    return observation, _with(step, left), None


def _ways(
    snapshot: FormSnapshot, decision: FieldDecision, value: FieldValue, profile: BusinessProfile
) -> dict[FieldValue, int]:
    """The value to fill and, for a text, the other ways to write it, each with its variant."""
    field = snapshot.field(value.handle)
    if field is None or value.action is not FillAction.TYPE:
        return {value: decision.variant}
    others = {way: variant for variant, way in enumerate(renderings(decision, field, profile))}
    first = {value: others.pop(value, decision.variant)}
    return dict(list((first | others).items())[:_SPELLINGS])


def _with(step: PlanStep, changed: FieldDecision) -> PlanStep:
    decisions = tuple(changed if known.handle == changed.handle else known for known in step.decisions)
    return step.model_copy(update={"decisions": decisions})
