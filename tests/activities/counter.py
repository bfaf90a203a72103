"""The counter where submissions are handed in: both browser activities, a real browser and ledger, one directory."""

import hashlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psutil
import pytest
from temporalio.testing import ActivityEnvironment

import activities.browser.send
from activities.artifacts import ArtifactStore
from activities.browser.pool import BrowserPool
from activities.planning import Planning
from activities.reconciling import Reconciling
from activities.robots import Robots, robots_client
from activities.solving import Solver
from activities.submission import Submitting
from brain.models.advisor import Advisor
from schema.contracts.submission import Outcome, Sighting, Standing, SubmissionRef, SubmissionStatus
from schema.store import submissions, turns
from schema.store.database import Pool
from schema.store.submissions import Submission
from tests.activities.site import Site
from tests.factories import add_begun_job
from tests.processes import descendants, is_of_a_browser, kill
from tests.serving import LOOPBACK


class Drawer(ArtifactStore):
    """Keeps screenshots in memory; `trouble` is raised or awaited instead."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.trouble: Callable[[], Awaitable[None]] | None = None

    async def put_screenshot(self, ref: SubmissionRef, image: bytes) -> str:
        if self.trouble:
            await self.trouble()
        key = f"{ref.slug}/{hashlib.sha256(image).hexdigest()}.png"
        self.kept[key] = image
        return key


@dataclass(slots=True)
class Counter:
    """One business at one directory, unless a test asks for more."""

    pool: Pool
    browser: BrowserPool
    site: Site
    ref: SubmissionRef
    drawer: Drawer = field(default_factory=Drawer)
    advisor: Advisor | None = None
    solver: Solver | None = None

    async def plan(self) -> Standing:
        await self.take_turn()
        planning = Planning(self.pool, self.browser, self.drawer, self.robots, self.advisor, self.solver)
        return await ActivityEnvironment().run(planning.plan_submission, self.ref)

    async def submit(self, environment: ActivityEnvironment | None = None) -> Outcome:
        """One attempt, as a worker makes it, and what the ledger says of it; the two must not differ."""
        await self.take_turn()
        submitting = Submitting(self.pool, self.browser, self.drawer, self.advisor, self.solver)
        standing = await (environment or ActivityEnvironment()).run(submitting.submit, self.ref)
        outcome = (await self.row()).outcome
        assert standing == outcome.standing
        assert type(standing) is Standing, "what the page said has no place in a history"
        return outcome

    async def plan_and_submit(self) -> Outcome:
        planned = await self.plan()
        assert planned.status is SubmissionStatus.PLANNED, planned
        return await self.submit()

    async def look_up(self) -> Sighting:
        await self.take_turn()
        reconciling = Reconciling(self.pool, self.browser, self.drawer, self.robots)
        return await ActivityEnvironment().run(reconciling.look_up, self.ref)

    @property
    def robots(self) -> Robots:
        return Robots(self.pool, robots_client("https://directorybolt.example/bot", LOOPBACK))

    async def take_turn(self) -> None:
        """As the workflow does, except that it waits out what the directory asked for."""
        await self.pool.execute("update directories set resting_until = null")
        assert (await turns.take(self.pool, self.ref)).granted

    async def row(self) -> Submission:
        return await submissions.find(self.pool, self.ref)

    async def age_intent(self, seconds: float) -> None:
        await self.pool.execute("update job_results set intent_at = intent_at - make_interval(secs => $1)", seconds)


async def counter_at(site: Site, pool: Pool, chromium: BrowserPool) -> Counter:
    """The counter of a job for this one directory."""
    job_id = await add_begun_job(pool, ["alpha"])
    await pool.execute("update directories set submission_url = $1", site.url)
    return Counter(pool, chromium, site, SubmissionRef(job_id=job_id, slug="alpha"))


def expect_silence(patch: pytest.MonkeyPatch) -> None:
    """The directories are on this machine, and nothing more is to come of them: no need to wait for it as for others.

    Where something is to come, it may take as long as anywhere.
    """
    patch.setattr(activities.browser.send, "_POST_LEAVES_WITHIN_S", 2)
    patch.setattr(activities.browser.send, "_PAGE_SPEAKS_WITHIN_S", 2)


def browser_processes() -> list[psutil.Process]:
    """Every process of a Chromium that this process has started, directly or through Playwright's driver."""
    return [process for process in descendants(os.getpid()) if is_of_a_browser(process)]


def kill_browser() -> None:
    """As the kernel does when memory runs out."""
    kill(browser_processes())
