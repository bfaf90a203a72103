"""The sandbox's sites are asked by the means they describe: what is theirs is found, what was lost is sent again."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from activities.browser.pool import BrowserPool
from activities.submission import ATTEMPT_IS_OVER
from deploy.local.sandbox.app import create_app
from deploy.local.sandbox.books import BookRow
from deploy.local.sandbox.street import directory_entry, find_site
from schema.contracts.submission import Evidence, SubmissionRef, SubmissionStatus
from schema.store import directories
from schema.store.database import Pool
from tests.activities.counter import Counter
from tests.activities.site import Site
from tests.factories import add_begun_job
from tests.serving import LOOPBACK


@pytest.fixture(scope="module")
async def chromium(browser_path: Path) -> AsyncIterator[BrowserPool]:
    async with BrowserPool(browser_path, 1, "https://directorybolt.example/bot", LOOPBACK) as opened:
        yield opened


@pytest.fixture(scope="module")
async def street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The street's address, with its slash."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = create_app(tmp_path_factory.mktemp("street"))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        await serving


async def open_desk(pool: Pool, chromium: BrowserPool, street: str, slug: str) -> Counter:
    """At one site of the street, with a business that it does not know."""
    site = find_site(slug)
    assert site is not None
    job_id = await add_begun_job(pool, [slug])
    await directories.import_entries(pool, [directory_entry(site, street)])
    return Counter(pool, chromium, Site(street), SubmissionRef(job_id=job_id, slug=slug))


async def posts(desk: Counter) -> list[str]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{desk.site.url}_books", params={"site": desk.ref.slug})
    return [BookRow.model_validate_json(line).outcome for line in answer.text.splitlines()]


async def forget(desk: Counter) -> None:
    """As if whoever submitted it had died before anything was recorded, and long ago."""
    await desk.pool.execute("update job_results set status = 'uncertain', evidence = 'none', final_url = ''")
    await desk.age_intent(ATTEMPT_IS_OVER.total_seconds() + 1)


@pytest.mark.parametrize("slug", ["firmen-atlas", "cityblox", "dial-direct"])
async def test_what_a_site_has_published_is_found(pool: Pool, chromium: BrowserPool, street: str, slug: str) -> None:
    desk = await open_desk(pool, chromium, street, slug)
    assert (await desk.plan_and_submit()).status is SubmissionStatus.SUBMITTED
    await forget(desk)
    assert (await desk.look_up()).standing.evidence is Evidence.LISTING
    assert await posts(desk) == ["accepted"]


async def test_a_post_that_was_lost_on_the_way_is_sent_again(pool: Pool, chromium: BrowserPool, street: str) -> None:
    desk = await open_desk(pool, chromium, street, "patchy-line-pages")
    assert (await desk.plan_and_submit()).status is SubmissionStatus.UNCERTAIN
    early = await desk.look_up()
    assert (early.standing.status, early.again_in_s > 0) == (SubmissionStatus.UNCERTAIN, True)
    await desk.age_intent(ATTEMPT_IS_OVER.total_seconds())
    assert (await desk.look_up()).standing.status is SubmissionStatus.PLANNED
    assert (await desk.plan_and_submit()).status is SubmissionStatus.SUBMITTED
    assert await posts(desk) == ["accepted"]


async def test_before_its_editors_have_looked_a_site_tells_nothing(
    pool: Pool, chromium: BrowserPool, street: str
) -> None:
    desk = await open_desk(pool, chromium, street, "annuaire-horizon")
    assert (await desk.plan_and_submit()).status is SubmissionStatus.SUBMITTED
    await forget(desk)
    assert (await desk.look_up()).standing.status is SubmissionStatus.UNCERTAIN


@pytest.mark.usefixtures("short_patience")
async def test_what_a_site_cannot_tell_stays_uncertain(pool: Pool, chromium: BrowserPool, street: str) -> None:
    desk = await open_desk(pool, chromium, street, "thanks-a-million")
    assert (await desk.plan_and_submit()).status is SubmissionStatus.UNCERTAIN
    await desk.age_intent(ATTEMPT_IS_OVER.total_seconds() + 1)
    assert (await desk.look_up()).standing.status is SubmissionStatus.UNCERTAIN
