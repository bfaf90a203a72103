"""What the brain needs for a form: reader, mapper, planner and guard, one after the other, on saved listing forms."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from activities.browser.specimens import read_specimens
from brain.formats import render
from brain.guard import check
from brain.mapper import map_form
from brain.page import PageObservation
from brain.planner import plan_step
from brain.reader import read
from deploy.cli.example import example_profile
from deploy.runtime.browser_path import find_browser
from schema.contracts.form import CaptchaKind
from schema.contracts.plan import PlanStep
from tests.bench.figures import Figure

_FORMS = Path(__file__).parents[1] / "brain" / "listings" / "html"

_NO_WALLS = {
    "url": "https://directory.example/add",
    "action": "",
    "captcha": CaptchaKind.NONE,
    "login_required": False,
    "payment_required": False,
}
"""What would end a plan before it is made."""

T = TypeVar("T")


async def measure() -> list[list[Figure]]:
    """Milliseconds per form, and how many times the reading of its page each step takes."""
    took: dict[str, list[float]] = defaultdict(list)
    async for specimen in read_specimens(find_browser(None), sorted(_FORMS.glob("*.html")), "id"):
        assert specimen.page is not None, specimen.failure
        _plan(specimen.page, took)
    reading = statistics.median(next(iter(took.values())))
    return [
        [
            Figure(
                f"{name}, median of {len(times)}", statistics.median(times), "ms", statistics.median(times) / reading
            )
            for name, times in took.items()
        ]
    ]


def _plan(page: PageObservation, took: dict[str, list[float]]) -> None:
    profile = example_profile()

    def timed(name: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        made = work()
        took[name].append((time.perf_counter() - started) * 1000)
        return made

    snapshot = timed("read all forms of the page, choose one", lambda: read(page).snapshot)
    timed("map its fields", lambda: map_form(snapshot))
    open_form = snapshot.model_copy(update=_NO_WALLS)
    step = timed("map, plan and guard it", lambda: plan_step(open_form, profile))
    if isinstance(step, PlanStep):
        values = timed("write its values", lambda: render(step, open_form, profile))
        timed("guard them", lambda: check(step, open_form, values, profile, open_form.url))
