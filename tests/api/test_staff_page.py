"""The staff's page in a real browser: live, by keyboard alone, on a phone, and while parts of the service are down."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, Route, expect
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.access.auth import SESSION_COOKIE
from api.dependencies import Services
from api.gateway import WorkflowGateway
from api.staff.status import Queues
from deploy.local.parts import Piece
from schema.contracts.access import AuditFilter, Scope
from schema.contracts.form import CaptchaKind
from schema.contracts.job import JobStatus
from schema.contracts.submission import ActionResolution, Outcome, Resolution, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.migrate import migrate
from schema.store import audit, challenges, jobs, results, sessions
from schema.store.database import Pool, open_pool
from tests.api import scene
from tests.api.browsing import live, overflow, violations
from tests.api.test_status import Counted, hanging
from tests.factories import add_begun_job, row
from tests.stacks import running

CAPTCHA = Outcome(
    status=SubmissionStatus.AWAITING_ACTION,
    failure=FailureType.CAPTCHA,
    reason='Type the letters <b onclick="alert(1)">below</b>',
    screenshot="shot.png",
)
REFUSED = Outcome(status=SubmissionStatus.FAILED, failure=FailureType.REFUSED, reason="phone: not valid")


def serviced(pool: Pool, client: Client) -> Services:
    return Services(
        pool=pool,
        gateway=WorkflowGateway(client),
        queues=Queues(Counted("jobs", 2), Counted("jobs-dlq")),
        link=lambda _: "/static/bolt.svg",
    )


@pytest.fixture
async def site(pool: Pool, dev: WorkflowEnvironment) -> AsyncIterator[str]:
    services = serviced(pool, dev.client)
    async with live(services) as address:
        yield address


async def signed_in(browser: Browser, pool: Pool, address: str, *, scope: Scope = Scope.ACT, **options: Any) -> Page:
    """A page in a browser in which Ana is signed in; whatever breaks on it fails the test."""
    context = await browser.new_context(**options)
    secret = await sessions.begin(pool, "ana", [scope])
    await context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": address}])
    return await context.new_page()


async def waiting(pool: Pool, *slugs: str) -> UUID:
    """A job whose directories wait for a person to answer a captcha."""
    job_id = await add_begun_job(pool, slugs)
    for slug in slugs:
        await scene.ended(pool, job_id, slug, CAPTCHA)
    return job_id


async def confirmed(pool: Pool, job_id: UUID, slug: str) -> None:
    """Ben was first."""
    await results.resolve(
        pool,
        SubmissionRef(job_id=job_id, slug=slug),
        ActionResolution(resolution=Resolution.CONFIRMED, by="ben"),
    )


async def at(page: Page) -> str:
    """What has the focus: its text, or what it is called."""
    return str(
        await page.evaluate("(e => e.innerText || e.getAttribute('aria-label') || e.id)(document.activeElement)")
    )


async def tab_to(page: Page, selector: str, *, back: bool = False) -> None:
    """With the Tab key alone."""
    for _ in range(120):
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"{selector} cannot be reached with the keyboard; the focus is at {await at(page)!r}")


async def test_what_happens_appears_by_itself_and_what_one_types_stays(browser: Browser, site: str, pool: Pool) -> None:
    job_id = await waiting(pool, "alpha", "beta")
    await add_begun_job(pool, ["gamma"])
    page = await signed_in(browser, pool, site)
    await page.goto(f"{site}/staff")
    await expect(page.locator("#light")).to_have_text("Live")
    card = page.locator("article.action", has_text="Alpha").first
    await card.locator("summary").click()
    note = card.get_by_label("Note")
    await note.fill("half a thought")
    await confirmed(pool, job_id, "beta")
    await expect(page.locator("#feed")).to_contain_text("Beta: ben confirmed it.")
    await expect(page.locator("article.action")).to_have_count(1)
    await expect(note).to_have_value("half a thought")
    await expect(note).to_be_focused()
    # Somebody else was first: it is said, and nothing that was typed is lost.
    await confirmed(pool, job_id, "alpha")
    await expect(card).to_contain_text("This is not open any more")
    await expect(note).to_have_value("half a thought")


async def test_a_server_that_says_nothing_any_more_is_not_called_live(browser: Browser, site: str, pool: Pool) -> None:
    page = await signed_in(browser, pool, site)
    await page.clock.install()
    await page.goto(f"{site}/staff")
    await expect(page.locator("#light")).to_have_text("Live")

    async def silence(_: Route) -> None:
        """It takes the connection, and nothing comes."""

    await page.route("**/api/status/events", silence)
    await page.clock.fast_forward(15_000)
    await expect(page.locator("#light")).to_have_text("Connection lost, trying again")
    await page.unroute("**/api/status/events")
    await page.clock.fast_forward(15_000)
    await expect(page.locator("#light")).to_have_text("Live")


async def test_an_action_is_resolved_by_keyboard_alone(browser: Browser, site: str, pool: Pool) -> None:
    job_id = await waiting(pool, "alpha")
    page = await signed_in(browser, pool, site)
    await page.goto(f"{site}/staff")
    await tab_to(page, "article.action summary")
    await page.keyboard.press("Enter")
    await tab_to(page, "input[type=radio]")
    await page.keyboard.press("Space")
    for _ in range(5):
        if await page.evaluate("document.activeElement.value") == "give_up":
            break
        await page.keyboard.press("ArrowDown")
    await tab_to(page, "textarea")
    await page.keyboard.type("The customer does not want it.")
    await tab_to(page, ".resolve button")
    await page.keyboard.press("Enter")
    await expect(page.locator("#announced")).to_be_focused()
    await expect(page.locator("#announced")).to_have_text("Resolved. The directory goes on by what you decided.")
    await expect(page.locator("article.action")).to_have_count(0)
    [(status, failure)] = await pool.fetch("select status, failure from job_results where job_id = $1", job_id)
    assert (status, failure) == ("failed", "given_up")
    told = await audit.listed(pool, AuditFilter(what="action.resolve"))
    assert [(one.who, one.detail["resolution"]) for one in told] == [("ana", "give_up")]


async def test_it_is_resolved_without_javascript_and_what_is_wrong_is_said_in_place(
    browser: Browser, site: str, pool: Pool
) -> None:
    await waiting(pool, "alpha")
    page = await signed_in(browser, pool, site, java_script_enabled=False)
    await page.goto(f"{site}/staff")
    card = page.locator("article.action")
    # A directory's words are shown, never run.
    await card.locator("summary").click()
    await expect(card).to_contain_text('<b onclick="alert(1)">below</b>')
    await pool.execute(
        "update actions set claimed_by = 'ben', claimed_at = now(), claimed_until = now() + interval '20 minutes'"
    )
    await card.get_by_label("It is listed").check()
    await card.get_by_label("Note").fill("https://alpha.example/listing/1")
    await card.get_by_role("button", name="Resolve", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("is claimed by ben until")
    await expect(page.get_by_label("Note")).to_have_value("https://alpha.example/listing/1")
    await expect(page.get_by_label("It is listed")).to_be_checked()
    await page.get_by_label("Take it over from ben").check()
    await page.get_by_role("button", name="Resolve", exact=True).click()
    await expect(page.locator("#said")).to_have_text("Resolved. The directory goes on by what you decided.")


async def test_who_may_only_look_is_shown_everything_and_offered_nothing(
    browser: Browser, site: str, pool: Pool
) -> None:
    job_id = await waiting(pool, "alpha")
    page = await signed_in(browser, pool, site, scope=Scope.READ)
    await page.goto(f"{site}/staff")
    await page.locator("article.action summary").click()
    await expect(page.locator("article.action")).to_contain_text("needs the scope act")
    assert await page.locator("main form[method=post]:not([action$=sign-out])").count() == 0
    action_id = await pool.fetchval("select id from actions")
    for path in (f"actions/{action_id}/claim", f"actions/{action_id}/resolve", f"jobs/{job_id}/cancel"):
        answer = await page.request.post(
            f"{site}/staff/{path}", headers={"Origin": site, "Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status == 403, path
    stranger = await browser.new_page()
    await stranger.goto(f"{site}/staff/jobs/{job_id}")
    assert stranger.url.startswith(f"{site}/staff/sign-in?next=")


async def test_a_job_says_why_each_directory_is_where_it_is_and_is_cancelled_after_a_second_thought(
    browser: Browser, site: str, pool: Pool
) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta"])
    await scene.ended(pool, job_id, "alpha", REFUSED)
    page = await signed_in(browser, pool, site)
    await page.goto(f"{site}/staff/jobs?text={str(job_id)[:8]}")
    await page.locator(f"#job-{job_id} a").first.click()
    await expect(page.locator("#each-alpha")).to_contain_text("It failed (refused). phone: not valid.")
    await expect(page.locator("#each-alpha a", has_text="Temporal")).to_have_attribute(
        "href", f"http://127.0.0.1:8233/namespaces/default/workflows/job-{job_id}-alpha"
    )
    await page.locator("#pause summary").click()
    await page.get_by_role("button", name="Pause the job").click()
    await expect(page.get_by_role("alert")).to_contain_text("has no workflow that runs")
    job = await jobs.find(pool, job_id)
    assert job is not None
    assert job.status is JobStatus.IN_PROGRESS
    assert {entry.what for entry in await audit.listed(pool, AuditFilter(target=str(job_id)))} == {"job.pause"}


@pytest.mark.parametrize("width", [390, 1440])
async def test_every_page_is_clean_in_the_light_and_in_the_dark_and_fits(
    browser: Browser, site: str, pool: Pool, width: int
) -> None:
    made = await scene.fill(pool, directories=12, results_=200)
    page = await signed_in(browser, pool, site, viewport={"width": width, "height": 844})
    action_id = await pool.fetchval("select id from actions limit 1")
    paths = ("", f"/actions/{action_id}", f"/jobs/{made[1]}") if width == 390 else ("", "/jobs", "/directories")
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    for path in paths:
        await page.goto(f"{site}/staff{path}")
        if not path:
            await page.locator("article.action summary").first.click()
        assert await violations(page) == [], path
        assert await overflow(page) == 0, path
    assert wrong == []


async def test_parts_that_stop_while_the_page_is_open_are_said_and_it_recovers_by_itself(
    browser: Browser, dev: WorkflowEnvironment, test_folder: Path, port: int, parts_hang: None
) -> None:
    async with running(test_folder / "staff", Piece.POSTGRES) as stack:
        address = stack.environment.values["DATABASE_URL"]
        await migrate(address)
        async with await open_pool(address, 10) as pool:
            await waiting(pool, "alpha")
            services = serviced(pool, dev.client)
            assert services.queues is not None
            queue = services.queues.jobs
            assert isinstance(queue, Counted)
            async with live(services, port) as site:
                page = await signed_in(browser, pool, site)
                await page.goto(f"{site}/staff")
                await expect(page.locator("#light")).to_have_text("Live")
                queue.away = True
                await expect(page.locator("#trouble-queue")).to_contain_text("SQS cannot be reached")
                queue.away = False
                await expect(page.locator("#trouble-queue")).to_have_count(0)
                async with hanging(pool):
                    await expect(page.locator("#trouble-database")).to_contain_text("PostgreSQL has not answered")
                    # What was known stays before one's eyes.
                    await expect(page.locator("article.action")).to_have_count(1)
                await expect(page.locator("#trouble-database")).to_have_count(0)
            await expect(page.locator("#light")).to_have_text("Connection lost, trying again")
            await expect(page.locator("#lost")).to_contain_text("The page cannot be renewed")
            async with live(services, port):
                await expect(page.locator("#light")).to_have_text("Live")
                await expect(page.locator("#lost")).to_be_hidden()


async def test_a_captcha_is_shown_when_it_is_asked_and_answered_on_the_page(
    browser: Browser, site: str, pool: Pool
) -> None:
    job_id = await waiting(pool, "alpha")
    [(action_id, result_id)] = await pool.fetch("select id, result_id from actions")
    # As the worker has it that opened the form because somebody is there.
    await pool.execute("update job_results set status = 'planned' where id = $1", result_id)
    page = await signed_in(browser, pool, site)
    await page.goto(f"{site}/staff/actions/{action_id}")
    await expect(page.locator("#captcha")).to_contain_text("The form is being opened")
    await challenges.ask(pool, result_id, CaptchaKind.QUESTION, "Three plus four?", "", timedelta(minutes=3))
    answer = page.get_by_label("What it asks for")
    await expect(page.locator("#captcha")).to_contain_text("Three plus four?")
    await answer.fill("7")
    await answer.press("Enter")
    await expect(page.locator("#captcha")).to_contain_text("Answered by ana")
    assert await pool.fetchval("select answer from challenges where result_id = $1", result_id) == "7"
    assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.PLANNED
