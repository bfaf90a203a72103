"""Pressing a wizard's "next": the step changes, nothing is sent."""

import asyncio
import time

from playwright.async_api import Page, Request

from activities.boundary import ActivityFailure
from activities.browser.observe import Observation, observe
from brain.sites import same_site
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import PlanStep
from schema.failures import FailureType

_PATIENCE_S = 5.0
_PAUSE_S = 0.1
_HELD_BACK = "ERR_BLOCKED_BY_CLIENT"
_ERROR_PAGE = "chrome-error:"


class Stuck(Exception):
    """The wizard showed no further step; the text is for people."""


async def advance(page: Page, observation: Observation, step: PlanStep) -> None:
    """Press the step's button and wait until other fields are shown.

    Raises Stuck after five seconds, and ActivityFailure where it is the connection that broke.
    """
    before, site = _shown(observation.snapshot), page.url
    broken: list[Request] = []

    def note(request: Request) -> None:
        # What the gate held back was never on its way, and other sites' trackers break every day.
        if _HELD_BACK not in (request.failure or "") and same_site(request.url, site):
            broken.append(request)

    page.on("requestfailed", note)
    try:
        button = await observation.element(step.button)
        await button.click()
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            # A page that did not come is another page too.
            if _shown((await observe(page)).snapshot) != before and not page.url.startswith(_ERROR_PAGE):
                return
            await asyncio.sleep(_PAUSE_S)
    finally:
        page.remove_listener("requestfailed", note)
    if broken:
        raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, "The connection broke before the next step.")
    raise Stuck("The next step of the form did not open.")


def _shown(snapshot: FormSnapshot) -> frozenset[str]:
    return frozenset(field.handle for field in snapshot.fields if field.visible)
