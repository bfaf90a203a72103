"""Pressing a wizard's "next": the step changes, nothing is sent."""

import asyncio
import time

from playwright.async_api import Page

from activities.browser.observe import Observation, observe
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import PlanStep

_PATIENCE_S = 5.0
_PAUSE_S = 0.1


class Stuck(Exception):
    """The wizard showed no further step; the text is for people."""


async def advance(page: Page, observation: Observation, step: PlanStep) -> None:
    """Press the step's button and wait until other fields are shown. Raises Stuck after five seconds."""
    before = _shown(observation.snapshot)
    button = await observation.element(step.button)
    await button.click()
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if _shown((await observe(page)).snapshot) != before:
            return
        await asyncio.sleep(_PAUSE_S)
    raise Stuck("The next step of the form did not open.")


def _shown(snapshot: FormSnapshot) -> frozenset[str]:
    return frozenset(field.handle for field in snapshot.fields if field.visible)
