"""The progress page in a real browser: filled live, by keyboard alone, on a phone, and while the database is away."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from api.dependencies import Services
from api.gateway import WorkflowAway, WorkflowGateway
from api.routes.job_page import Show
from deploy.local.parts import Piece
from schema import wording
from schema.contracts.access import Scope
from schema.contracts.payment import StopReason
from schema.contracts.progress import StateGroup
from schema.contracts.submission import ActionResolution, Evidence, SubmissionStatus
from schema.failures import FailureType
from schema.store import links, tokens
from schema.store.database import Pool, Seat, open_pool
from tests.api.browsing import live, overflow, violations
from tests.api.customer_job import CustomerJob
from tests.factories import row
from tests.stacks import running

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class NobodyThere(WorkflowGateway):
    """Temporal after the directories' workflows have ended: what a person decides is decided in the ledger."""

    def __init__(self) -> None:
        pass

    async def resolve(self, workflow_id: str, decision: ActionResolution) -> None:
        raise WorkflowAway


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[str]:
    """In the API's own roles."""
    async with (
        await open_pool(database_url, 5, Seat.STAFF) as pool,
        await open_pool(database_url, 5, Seat.CUSTOMERS) as customers,
        live(Services(pool=pool, customers=customers, gateway=NobodyThere())) as address,
    ):
        yield address


async def opened(browser: Browser, site: str, job: CustomerJob, **options: Any) -> Page:
    """A browser of its own that has followed the link. What its scripts fail at fails the test."""
    context = await browser.new_context(**{"viewport": DESK, **options})
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{site}/l/{job.secret}")
    return page


def light(page: Page, state: str) -> Any:
    return page.locator(f"#light[data-state={state}]")


async def half_way(job: CustomerJob) -> None:
    """Something of everything."""
    await job.begin()
    for slug in job.slugs[:4]:
        await job.send(slug)
    await job.send(job.slugs[4], evidence=Evidence.LISTING, final_url="https://listing.example/1")
    await job.fail(job.slugs[5], FailureType.DIRECTORY_UNREACHABLE)
    await job.ask(job.slugs[6], FailureType.CAPTCHA)
    await job.ask_customer(job.slugs[7])
    await job.working(job.slugs[8:9])


async def test_a_page_that_is_open_is_filled_as_it_happens(browser: Browser, site: str, pool: Pool) -> None:
    job = await CustomerJob.paid(pool, 10)
    page = await opened(browser, site, job)
    assert page.url == f"{site}/jobs/{job.id}"
    await expect(light(page, "live")).to_have_text("Live")
    await expect(page.locator("#words")).to_have_text("Paid. We begin in a moment.")
    await expect(page.get_by_role("heading", name="What happens now")).to_be_visible()
    await job.begin()
    await expect(page.locator("#listings > li")).to_have_count(10)
    await job.working(["d001"])
    await expect(page.locator("[data-slug=d001]")).to_have_attribute("data-group", "working")
    await expect(page.locator("#now")).to_contain_text("Harbor Pages")
    await job.send("d001", evidence=Evidence.LISTING, final_url="https://listing.example/1")
    await job.send("d002", evidence=Evidence.LISTING, final_url="javascript:alert(1)")
    listed = page.locator("[data-slug=d001]")
    await expect(listed).to_contain_text("Listed: we have seen it in the directory")
    await expect(page.locator("#percent")).to_have_text("20")
    await expect(page.get_by_role("progressbar")).to_have_attribute("value", "20")
    await expect(page).to_have_title("20 % · Bluebird Bakery · DirectoryBolt")
    await expect(listed.get_by_role("link", name="See the listing")).to_have_attribute(
        "href", "https://listing.example/1"
    )
    await expect(listed.get_by_role("link", name="See the listing")).to_have_attribute(
        "rel", "noopener noreferrer nofollow"
    )
    await expect(page.locator("[data-slug=d002] .see")).to_be_hidden()
    for slug in job.slugs[2:]:
        await job.send(slug)
    await job.finish()
    await expect(page.locator("#words")).to_have_text("Done: 10 of 10 directories have your listing.")
    await expect(page.locator("#news")).to_contain_text("100 %. Done")
    await expect(page.locator("#job")).to_have_attribute("data-end", "completed")


async def test_who_uses_the_keyboard_alone_gets_everywhere(browser: Browser, site: str, pool: Pool) -> None:
    job = await CustomerJob.paid(pool, 10)
    await half_way(job)
    page = await opened(browser, site, job)
    await expect(light(page, "live")).to_be_visible()

    async def tab_to(selector: str) -> None:
        for _ in range(60):
            if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            await page.keyboard.press("Tab")
        pytest.fail(f"{selector} is not reached by Tab")

    await tab_to("button[value=confirmed]")
    await page.keyboard.press("Enter")
    await expect(page.locator("#todo")).to_be_hidden()
    await expect(page.locator("#news")).to_contain_text("Thank you")
    done = await row(pool, job.id, "d008")
    assert (done.status, done.outcome.evidence) == (SubmissionStatus.SUBMITTED, Evidence.PERSON)
    assert await pool.fetchval("select resolved_by from actions where kind = 'confirmation_needed'") == "customer"

    await tab_to("#filters a[data-show=not_possible]")
    await page.keyboard.press("Enter")
    await expect(page.locator("#listings > li:visible")).to_have_count(1)
    await expect(page).to_have_url(re.compile(r"\?show=not_possible$"))
    await page.reload()
    await expect(page.locator("#listings > li:visible")).to_have_count(1)
    await tab_to("#filters a[data-show=all]")
    await page.keyboard.press("Enter")

    await tab_to("[data-slug=d002] a.proof")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Maple Local")
    await expect(dialog).to_be_visible()
    picture = dialog.get_by_role("img", name="What Maple Local showed at the end of our visit")
    await expect(picture).to_have_js_property("naturalWidth", 1280)
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.locator("[data-slug=d002] a.proof")).to_be_focused()


async def test_what_the_customer_does_not_want_is_asked_once_more_and_left_out(
    browser: Browser, site: str, pool: Pool
) -> None:
    job = await CustomerJob.paid(pool, 2)
    await job.begin()
    page = await opened(browser, site, job)
    await expect(light(page, "live")).to_be_visible()
    await job.ask_customer("d001")
    await expect(page.get_by_role("heading", name="Confirm your listing with Harbor Pages")).to_be_visible()
    await expect(page.locator("#news")).to_contain_text("waiting for you")
    await expect(page.get_by_text("Yes, leave it out")).to_be_hidden()
    await page.get_by_text("Do not list me there").click()
    await page.get_by_text("Yes, leave it out").click()
    await expect(page.locator("#todo")).to_be_hidden()
    ended = await row(pool, job.id, "d001")
    assert (ended.status, ended.outcome.failure) == (SubmissionStatus.FAILED, FailureType.GIVEN_UP)


async def test_without_a_script_everything_can_be_read_and_done(browser: Browser, site: str, pool: Pool) -> None:
    job = await CustomerJob.paid(pool, 10)
    await half_way(job)
    page = await opened(browser, site, job, java_script_enabled=False)
    await expect(page.locator("#listings > li:visible")).to_have_count(10)
    await page.locator("#filters a[data-show=in_progress]").click()
    await expect(page.locator("#listings > li:visible")).to_have_count(3)
    await page.get_by_label("Search by name").fill("juniper")
    await page.keyboard.press("Enter")
    await expect(page.locator("#listings > li:visible")).to_have_count(1)
    await page.get_by_role("button", name="I have confirmed it").click()
    await expect(page.get_by_text("Thank you.")).to_be_visible()
    await expect(page.locator("#todo")).to_be_hidden()
    assert (await row(pool, job.id, "d008")).status is SubmissionStatus.SUBMITTED


@pytest.mark.parametrize("state", ["paid", "half way", "cancelled"])
async def test_a_page_is_open_to_everybody_on_desk_and_phone(
    browser: Browser, site: str, pool: Pool, state: str
) -> None:
    job = await CustomerJob.paid(pool, 10)
    if state != "paid":
        await half_way(job)
    if state == "cancelled":
        await pool.execute("update job_results set status = 'skipped', failure = 'cancelled' where status = 'pending'")
        await pool.execute("update jobs set stop_requested_at = now(), stop_reason = $1", StopReason.REFUNDED)
        await job.finish(cancelled=True)
    for size in (DESK, PHONE):
        page = await opened(browser, site, job, viewport=size)
        await expect(light(page, "live")).to_be_visible()
        assert await overflow(page) == 0
        assert await violations(page) == []
        if state == "cancelled":
            await expect(page.get_by_text(wording.stopped(StopReason.REFUNDED))).to_be_visible()
        await page.context.close()


@pytest.mark.parametrize("size", [DESK, PHONE])
async def test_the_pages_around_it_are_open_to_everybody(browser: Browser, site: str, size: dict[str, int]) -> None:
    context = await browser.new_context(viewport=size)  # type: ignore[arg-type]
    page = await context.new_page()
    for path in ("/links", "/l/dbl_nothing"):
        await page.goto(f"{site}{path}")
        assert await overflow(page) == 0
        assert await violations(page) == []
    await page.get_by_role("link", name="Mail me a new link").click()
    await page.get_by_label("E-mail address").fill("ana@example.com")
    await page.get_by_role("button", name="Mail me my link").click()
    await expect(page.get_by_role("status")).to_contain_text("If we know ana@example.com, a mail with your links")
    assert await violations(page) == []
    await context.close()


async def test_staff_look_and_are_not_offered_the_customers_word(browser: Browser, site: str, pool: Pool) -> None:
    job = await CustomerJob.paid(pool, 10)
    await job.begin()
    await job.ask_customer("d001")
    token = await tokens.create(pool, "ana", [Scope.READ], "test")
    context = await browser.new_context(extra_http_headers={"Authorization": f"Bearer {token.secret}"})
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{site}/jobs/{job.id}")
    await expect(page.get_by_text("You see this as staff.")).to_be_visible()
    await expect(light(page, "live")).to_be_visible()
    await job.ask_customer("d002")
    await expect(page.locator("#tasks > li")).to_have_count(2)
    await expect(page.get_by_role("button", name="I have confirmed it")).to_have_count(0)
    await expect(page.get_by_text("I shared this link by mistake")).to_have_count(0)
    await context.close()


async def test_who_had_a_link_that_was_replaced_is_told_so_on_the_open_page(
    browser: Browser, site: str, pool: Pool
) -> None:
    job = await CustomerJob.paid(pool, 2)
    await job.begin()
    stranger = await opened(browser, site, job)
    await expect(light(stranger, "live")).to_be_visible()
    page = await opened(browser, site, job)
    await page.get_by_text("I shared this link by mistake").click()
    await page.get_by_role("button", name="Replace this link").click()
    await expect(page.get_by_text("All earlier links have stopped working.")).to_be_visible()
    await expect(light(page, "live")).to_be_visible()
    await expect(stranger.locator("#light")).to_contain_text("This link has stopped working")
    await job.send("d001")
    await expect(page.locator("#percent")).to_have_text("50")
    await expect(stranger.locator("#percent")).to_have_text("0")


async def test_only_what_is_theirs_to_decide_is_decided_by_a_customer(site: str, pool: Pool) -> None:
    job = await CustomerJob.paid(pool, 10)
    await half_way(job)
    ours = await pool.fetchval("select id from actions where kind = 'captcha'")
    theirs = await pool.fetchval("select id from actions where kind = 'confirmation_needed'")
    other = await CustomerJob.paid(pool, 10)
    async with httpx.AsyncClient(base_url=site, timeout=60) as client:
        for job_id, secret, action, decision, status in (
            (job.id, job.secret, theirs, "retry", 422),
            (job.id, job.secret, ours, "confirmed", 404),
            (other.id, other.secret, theirs, "confirmed", 404),
            (job.id, other.secret, theirs, "confirmed", 404),
            (job.id, "dbl_wrong", theirs, "confirmed", 401),
            (job.id, job.secret, theirs, "confirmed", 200),
            (job.id, job.secret, theirs, "give_up", 409),
        ):
            answer = await client.post(
                f"/api/jobs/{job_id}/actions/{action}",
                json={"decision": decision},
                headers={"Authorization": f"Bearer {secret}"},
            )
            assert answer.status_code == status, (decision, answer.text)
    assert (await row(pool, job.id, "d008")).status is SubmissionStatus.SUBMITTED


async def test_a_database_that_goes_away_is_said_and_caught_up_with(browser: Browser, test_folder: Path) -> None:
    folder = test_folder / "page"
    async with running(folder, Piece.POSTGRES, Piece.MIGRATIONS) as stack:  # noqa: SIM117
        async with await open_pool(stack.environment.values["DATABASE_URL"], 5) as pool:
            job = await CustomerJob.paid(pool, 4)
            await job.begin()
            async with live(Services(pool=pool, gateway=NobodyThere())) as site:
                page = await opened(browser, site, job)
                await expect(light(page, "live")).to_be_visible()
                await stack.kill("postgresql")
                await expect(light(page, "reconnecting")).to_contain_text("Reconnecting: this is how it stood at")
                visitor = await page.context.new_page()
                answer = await visitor.goto(f"{site}/jobs/{job.id}")
                assert answer
                assert answer.status == 503
                await stack.restart("postgresql")
                await job.send("d002")
                await expect(light(page, "live")).to_be_visible()
                await expect(page.locator("[data-slug=d002]")).to_have_attribute("data-group", "listed")
                await expect(page.locator("#percent")).to_have_text("25")


async def test_a_browser_without_a_network_says_so_and_comes_back(browser: Browser, site: str, pool: Pool) -> None:
    job = await CustomerJob.paid(pool, 2)
    await job.begin()
    page = await opened(browser, site, job)
    await expect(light(page, "live")).to_be_visible()
    await page.context.set_offline(True)
    await expect(light(page, "offline")).to_contain_text("Offline: this is how it stood at")
    await job.send("d001")
    await page.context.set_offline(False)
    await expect(light(page, "live")).to_be_visible()
    await expect(page.locator("#percent")).to_have_text("50")


async def test_who_can_open_a_link_no_more_is_not_shown_what_was_there(pool: Pool, browser: Browser, site: str) -> None:
    job = await CustomerJob.paid(pool, 1)
    page = await opened(browser, site, job)
    await links.revoke_all(pool, job.id)
    await page.reload()
    await expect(page.get_by_role("heading", name="This link does not open anything")).to_be_visible()


def test_every_group_is_in_one_filter() -> None:
    for group in StateGroup:
        assert [show for show in Show if show is not Show.ALL and group in show.groups] != []
