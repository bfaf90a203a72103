"""Walking a form from its first step to its last without sending it: how a plan is made.

It plans one step at a time. Where a field or the next step only appears once others are filled, it fills them in
rehearsal, behind the shut post gate.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from playwright.async_api import Page

from activities.browser.advance import Stuck, advance
from activities.browser.clearing import clear_the_way
from activities.browser.fill import Filled, GuardRefused, fill_step
from activities.browser.observe import observe
from brain import planner
from brain.models.advisor import Consultation
from schema.contracts.form import ButtonKind, CaptchaKind, FieldKind, FormField, FormSnapshot
from schema.contracts.plan import FieldDecision, Obstacle, PlanStep
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType

_MOST_STEPS = 10


@dataclass(frozen=True)
class Walked:
    """Where a walk came to. `met` is every step's form as it was found, before anything in it was filled."""

    made: tuple[PlanStep, ...] | Obstacle
    met: tuple[FormSnapshot, ...]


Watch = Callable[[PlanStep, Filled], Awaitable[None]]


async def walk(
    page: Page,
    profile: BusinessProfile,
    site_url: str,
    *,
    accept_terms: bool,
    watch: Watch | None = None,
    consultation: Consultation | None = None,
    answerable: Collection[CaptchaKind] = (),
) -> Walked:
    """The plan's steps, the last of which submits; or what stands in the way.

    Who watches has every step filled, the last one too, and sees each before the walk goes on. Where the mapper is
    unsure, models are consulted. A captcha that is `answerable` stands in nobody's way.
    """
    way = _Way(page, profile, site_url, accept_terms, watch, consultation, answerable)
    steps: list[PlanStep] = []
    met: list[FormSnapshot] = []
    while len(steps) < _MOST_STEPS:
        await clear_the_way(page)
        snapshot = (await observe(page)).snapshot
        met.append(snapshot)
        step = await way.plan(snapshot)
        if isinstance(step, PlanStep):
            step = await way.rehearse(step, snapshot)
        if isinstance(step, Obstacle):
            return Walked(step, tuple(met))
        steps.append(step)
        if step.button_kind is not ButtonKind.ADVANCE:
            return Walked(tuple(steps), tuple(met))
    too_long = Obstacle(failure=FailureType.PLAN_REJECTED, reason=f"The form has more than {_MOST_STEPS} steps.")
    return Walked(too_long, tuple(met))


@dataclass(frozen=True)
class _Way:
    """What stays the same from step to step."""

    page: Page
    profile: BusinessProfile
    site_url: str
    accept_terms: bool
    watch: Watch | None
    consultation: Consultation | None
    answerable: Collection[CaptchaKind]

    async def plan(self, snapshot: FormSnapshot, decided: tuple[FieldDecision, ...] = ()) -> PlanStep | Obstacle:
        if self.consultation is None:
            return planner.plan_step(
                snapshot,
                self.profile,
                accept_terms=self.accept_terms,
                decided=decided,
                answerable=self.answerable,
            )
        return await self.consultation.plan_step(
            snapshot, accept_terms=self.accept_terms, decided=decided, answerable=self.answerable
        )

    async def rehearse(self, step: PlanStep, snapshot: FormSnapshot) -> PlanStep | Obstacle:
        """Fill the step where something hangs on it, add the fields that appear, and open the next step of a wizard."""
        hangs_on_it = step.button_kind is ButtonKind.ADVANCE or any(map(_has_dependents, snapshot.fields))
        if not (self.watch or hangs_on_it):
            return step
        try:
            filled = await fill_step(self.page, step, self.profile, self.site_url)
            again = await self.plan(filled.observation.snapshot, step.decisions)
            if isinstance(again, Obstacle):
                return again
            known = {decision.handle for decision in step.decisions}
            appeared = tuple(decision for decision in again.decisions if decision.handle not in known)
            step = step.model_copy(
                update={
                    "decisions": step.decisions + appeared,
                    "button": again.button,
                    "button_kind": again.button_kind,
                    "captcha": again.captcha,
                }
            )
            if self.watch is not None:
                await self.watch(step, filled)
            if step.button_kind is ButtonKind.ADVANCE:
                await advance(self.page, filled.observation, step)
        except (GuardRefused, Stuck) as stopped:
            return Obstacle(failure=FailureType.PLAN_REJECTED, reason=str(stopped))
        return step


def _has_dependents(field: FormField) -> bool:
    return field.visible and (bool(field.depends_on) or (field.kind is FieldKind.SELECT and not field.options))
