"""Walking a form from its first step to its last without sending it: how a plan is made.

It plans one step at a time. Where a field or the next step only appears once others are filled, it fills them in
rehearsal, behind the shut post gate.
"""

from playwright.async_api import Page

from activities.browser.advance import Stuck, advance
from activities.browser.fill import GuardRefused, fill_step
from activities.browser.observe import observe
from brain import planner
from schema.contracts.form import ButtonKind, FieldKind, FormField, FormSnapshot
from schema.contracts.plan import Obstacle, PlanStep
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType

_MOST_STEPS = 10


async def walk(
    page: Page, profile: BusinessProfile, site_url: str, *, accept_terms: bool
) -> tuple[PlanStep, ...] | Obstacle:
    """The plan's steps, the last of which submits; or what stands in the way."""
    steps: list[PlanStep] = []
    while len(steps) < _MOST_STEPS:
        snapshot = (await observe(page)).snapshot
        step = planner.plan_step(snapshot, profile, accept_terms=accept_terms)
        if isinstance(step, PlanStep):
            step = await _rehearse(page, step, snapshot, profile, site_url, accept_terms=accept_terms)
        if isinstance(step, Obstacle):
            return step
        steps.append(step)
        if step.button_kind is not ButtonKind.ADVANCE:
            return tuple(steps)
    return Obstacle(failure=FailureType.PLAN_REJECTED, reason=f"The form has more than {_MOST_STEPS} steps.")


async def _rehearse(
    page: Page, step: PlanStep, snapshot: FormSnapshot, profile: BusinessProfile, site_url: str, *, accept_terms: bool
) -> PlanStep | Obstacle:
    """Fill the step where something hangs on it, add the fields that appear, and open the next step of a wizard."""
    if step.button_kind is not ButtonKind.ADVANCE and not any(map(_has_dependents, snapshot.fields)):
        return step
    try:
        filled = await fill_step(page, step, profile, site_url)
        again = planner.plan_step(filled.observation.snapshot, profile, accept_terms=accept_terms)
        if isinstance(again, Obstacle):
            return again
        known = {decision.handle for decision in step.decisions}
        appeared = tuple(decision for decision in again.decisions if decision.handle not in known)
        step = step.model_copy(
            update={"decisions": step.decisions + appeared, "button": again.button, "button_kind": again.button_kind}
        )
        if step.button_kind is ButtonKind.ADVANCE:
            await advance(page, filled.observation, step)
    except (GuardRefused, Stuck) as stopped:
        return Obstacle(failure=FailureType.PLAN_REJECTED, reason=str(stopped))
    return step


def _has_dependents(field: FormField) -> bool:
    return field.visible and (bool(field.depends_on) or (field.kind is FieldKind.SELECT and not field.options))
