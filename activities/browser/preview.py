"""A form filled and photographed, step by step, behind the shut post gate: nothing of it is ever sent."""

from dataclasses import dataclass

from activities.browser.fill import Filled, FormChanged
from activities.browser.pool import Visit
from activities.browser.visit import DirectoryGone, go_to
from activities.browser.walk import walk
from brain.models.advisor import Consultation
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import FieldValue, Obstacle, PlanStep
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType


@dataclass(frozen=True)
class FilledStep:
    """One step as it stood just before its button would be pressed. `screenshot` is a PNG of the whole page."""

    step: PlanStep
    snapshot: FormSnapshot
    values: tuple[FieldValue, ...]
    screenshot: bytes


@dataclass(frozen=True)
class Preview:
    """The steps that could be filled, and the obstacle that ended it, if one did.

    `stopped_at` is a form that could not be filled to its end, with its picture; None where there is no such form.
    """

    steps: tuple[FilledStep, ...]
    obstacle: Obstacle | None = None
    stopped_at: FormSnapshot | None = None
    screenshot: bytes = b""


async def preview(
    visit: Visit, url: str, profile: BusinessProfile, consultation: Consultation | None = None
) -> Preview:
    """Fill the form as far as it goes without sending anything, agreements ticked.

    Raises ActivityFailure where the page cannot be opened or the browser fails.
    """
    steps: list[FilledStep] = []

    async def keep(step: PlanStep, filled: Filled) -> None:
        picture = await visit.screenshot()
        steps.append(FilledStep(step, filled.observation.snapshot, filled.values, picture))

    visit.gate.confine(url, profile)
    try:
        await go_to(visit.page, url)
        walked = await walk(visit.page, profile, url, accept_terms=True, watch=keep, consultation=consultation)
    except DirectoryGone as gone:
        return Preview((), Obstacle(failure=FailureType.FORM_NOT_FOUND, reason=str(gone)))
    except FormChanged as changed:
        obstacle = Obstacle(failure=FailureType.FORM_CHANGED, reason=str(changed))
        return Preview(tuple(steps), obstacle)
    if not isinstance(walked.made, Obstacle):
        return Preview(tuple(steps))
    if len(steps) == len(walked.met):
        # The last form was filled, and nothing led on from there.
        return Preview(tuple(steps), walked.made)
    return Preview(tuple(steps), walked.made, walked.met[-1], await visit.screenshot())
