"""Forms through the browser: per second, pooled against a launch for each; and the time to look at one and plan it."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from activities.boundary import ActivityFailure
from activities.browser.fill import fill_step
from activities.browser.gate import Deadline
from activities.browser.observe import observe
from activities.browser.pool import BrowserPool
from activities.browser.send import send
from activities.browser.visit import DirectoryGone, go_to
from brain import planner
from deploy.cli.example import example_profile
from deploy.local.parts import Piece
from deploy.local.sandbox.model import Design
from deploy.local.sandbox.street import SITES
from deploy.runtime.browser_path import find_browser
from schema.contracts.answer import AnswerKind
from schema.contracts.plan import PlanStep
from tests.bench.figures import Figure
from tests.serving import LOOPBACK
from tests.stacks import running

_AT_ONCE = 4
_FORMS = 10
_SIMPLE = (Design.CLASSIC, Design.WRAPPED, Design.TABLE, Design.PLACEHOLDER, Design.FIELDSET, Design.OPTGROUPS)
_CONTACT = "https://directorybolt.example/bot"

Opened = Callable[[], contextlib.AbstractAsyncContextManager[BrowserPool]]


async def measure(folder: Path) -> list[list[Figure]]:
    path = find_browser(None)
    async with running(folder, Piece.SANDBOX) as stack:
        street = stack.environment.values["SANDBOX_URL"]
        urls = [f"{street}/{site.slug}/{site.form_path}" for site in SITES if site.design in _SIMPLE][:_FORMS]
        async with BrowserPool(path, _AT_ONCE, _CONTACT, LOOPBACK) as shared:
            pooled = await _per_second(urls, 1, lambda: _already_open(shared))
            looking = await _looking(shared, [f"{street}/{site.slug}/{site.form_path}" for site in SITES])
        launched = await _per_second(urls, 2, lambda: BrowserPool(path, 1, _CONTACT, LOOPBACK))
    speed = [
        Figure("a browser launched for each form", launched, "forms/s"),
        Figure("one browser, a fresh context for each", pooled, "forms/s", pooled / launched),
    ]
    return [speed, looking]


@contextlib.asynccontextmanager
async def _already_open(pool: BrowserPool) -> AsyncIterator[BrowserPool]:
    yield pool


async def _per_second(urls: list[str], business: int, opened: Opened) -> float:
    """Fill and submit every form, four at a time. The business is another each time: the street lists none twice."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(url: str) -> None:
        async with places, opened() as pool:
            await _submit(pool, url, business)

    return len(urls) / await _seconds(lambda: asyncio.gather(*map(one, urls)))


async def _submit(pool: BrowserPool, url: str, business: int) -> None:
    profile = example_profile(business)
    async with pool.visit() as visit:
        visit.gate.confine(url, profile)
        await go_to(visit.page, url)
        step = planner.plan_step((await observe(visit.page)).snapshot, profile)
        assert isinstance(step, PlanStep), f"{url}: {step.reason}"
        filled = await fill_step(visit.page, step, profile, url)
        visit.gate.open(Deadline.after(60))
        sent = await send(visit, filled.observation, step.button)
        assert sent.answer.kind is AnswerKind.ACCEPTED, f"{url}: {sent.answer.quote}"


async def _looking(pool: BrowserPool, urls: list[str]) -> list[Figure]:
    """Every form of the street, one at a time: what the browser needs to describe it, and the brain to plan it."""
    profile = example_profile()
    seen: list[float] = []
    planned: list[float] = []
    for url in urls:
        async with pool.visit() as visit:
            try:
                await go_to(visit.page, url)
            except (DirectoryGone, ActivityFailure):
                # Closed for good, or in a bad mood: the street has both.
                continue
            started = time.perf_counter()
            snapshot = (await observe(visit.page)).snapshot
            looked = time.perf_counter()
            planner.plan_step(snapshot, profile)
            seen.append((looked - started) * 1000)
            planned.append((time.perf_counter() - looked) * 1000)
    return [*_spread("look at the page", seen), *_spread("map, plan and guard", planned)]


def _spread(name: str, values: list[float]) -> list[Figure]:
    return [
        Figure(f"{name}, median of {len(values)}", statistics.median(values), "ms"),
        Figure(f"{name}, nine of ten within", statistics.quantiles(values, n=10)[-1], "ms"),
    ]


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started
