"""The checkout in a real browser: with the keyboard alone, on a phone, without script, in the dark, with us away."""

import asyncio
import dataclasses
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, Response, Route, expect
from temporalio.client import Client

from api.dependencies import Services, Site
from api.gateway import WorkflowGateway
from api.selling.stripe import StripeGateway
from deploy.local.stack import Stack
from schema.contracts.job import Tier
from schema.contracts.payment import read_event
from schema.store import payments
from schema.store.database import Pool
from tests.api import stripe_wire as wire
from tests.api.browsing import live, overflow, violations
from tests.api.test_checkout import stripe, stripe_server
from tests.factories import PROFILE, add_directories

REQUIRED = (
    ("business_name", "Bäckerei Blau"),
    ("category", "Bakery"),
    ("phone", "030 12345678"),
    ("email", "hallo@blau.example.com"),
    ("city", "Berlin"),
    ("postal_code", "10117"),
    ("description", "Brot und Kuchen."),
)
__all__ = ["stripe", "stripe_server"]

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
async def services(pool: Pool) -> Services:
    await add_directories(pool, ["alpha", "beta"])
    nobody = WorkflowGateway(await Client.connect("127.0.0.1:1", lazy=True))
    return Services(pool=pool, gateway=nobody, site=Site(public_url="http://127.0.0.1"))


@pytest.fixture
async def site(services: Services) -> AsyncIterator[str]:
    async with live(services) as address:
        yield address


async def opened(browser: Browser, address: str, **options: Any) -> Page:
    """A page of a browser of its own, on the form. What its scripts fail at fails the test."""
    context = await browser.new_context(**{"viewport": DESK, "locale": "en-US", **options})
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{address}/checkout")
    return page


async def filled(page: Page) -> None:
    """All that is required, in Germany."""
    await page.select_option("#country", "DE")
    await expect(page.locator("label[for=postal_code]")).to_have_text("Postal code")
    for field, text in REQUIRED:
        await page.fill(f"#{field}", text)


def saved_by(answer: Response) -> str:
    """What is kept of the draft, once it is."""
    return (answer.request.post_data or "") if answer.url.endswith("/api/drafts/current") else ""


def checked_by(answer: Response) -> str:
    """What was read of the form, once it is."""
    return (answer.request.post_data or "") if answer.url.endswith("/api/profile/check") else ""


async def test_what_is_typed_is_understood_shown_and_kept(browser: Browser, site: str) -> None:
    page = await opened(browser, site)
    await filled(page)
    await expect(page.locator("#phone-note")).to_have_text("Understood as +49 30 12345678, Germany.")
    await expect(page.locator(".listing-name")).to_have_text("Bäckerei Blau")
    await expect(page.locator("[data-preview=address]")).to_have_text("10117 Berlin\nGermany")
    await expect(page.locator("#to-do")).to_contain_text("All that is required is there")
    async with page.expect_response(lambda answer: '"hallo@"' in saved_by(answer)):
        await page.fill("#email", "hallo@")
        await page.press("#email", "Tab")
    await expect(page.locator("#email-problem")).to_contain_text("not an e-mail address")
    await expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#to-do")).to_have_text("1 field needs another look.")
    await expect(page.locator("#saved")).to_have_text("Draft saved")
    await page.reload()
    assert await page.input_value("#business_name") == "Bäckerei Blau"
    assert await page.input_value("#postal_code") == "10117"
    await expect(page.locator("#email-problem")).to_contain_text("not an e-mail address")


async def test_nobody_is_told_of_a_mistake_in_the_middle_of_a_word(browser: Browser, site: str) -> None:
    page = await opened(browser, site)
    async with page.expect_response(lambda answer: '"hallo@"' in checked_by(answer)):
        await page.fill("#email", "hallo@")
    # Of what is checked at the same time is told only what is not being typed.
    async with page.expect_response(lambda answer: '"hallo@b"' in checked_by(answer)):
        await page.fill("#email", "hallo@b")
    assert await page.locator("#email-problem").inner_text() == ""
    await page.press("#email", "Tab")
    await expect(page.locator("#email-problem")).to_contain_text("not an e-mail address")


async def test_the_address_is_the_last_countrys_and_keeps_what_is_typed_meanwhile(browser: Browser, site: str) -> None:
    page = await opened(browser, site)
    held = {country: asyncio.Event() for country in ("JP", "DE")}

    async def hold(route: Route) -> None:
        await held[route.request.url[-2:]].wait()
        await route.continue_()

    await page.route("**/checkout/address?country=*", hold)
    await page.select_option("#country", "JP")
    await page.select_option("#country", "DE")
    await page.click("#city")
    await page.keyboard.type("Ber")
    held["DE"].set()
    await expect(page.locator("label[for=postal_code]")).to_have_text("Postal code")
    await expect(page.locator("#city")).to_be_focused()
    await page.keyboard.type("lin")
    async with page.expect_request_finished(lambda request: request.url.endswith("=JP")):
        held["JP"].set()
    # Whoever is told so late is not heard any more.
    await page.evaluate("fetch('/api/places/US').then((answer) => answer.text())")
    await expect(page.locator("#address")).to_have_attribute("data-country", "Germany")
    assert await page.input_value("#city") == "Berlin"


async def test_the_whole_form_with_the_keyboard_alone(browser: Browser, site: str) -> None:
    page = await opened(browser, site)
    keys = page.keyboard

    async def to(field: str) -> None:
        for _ in range(80):
            if await page.evaluate("document.activeElement.id || document.activeElement.name") == field:
                return
            await keys.press("Tab")
        pytest.fail(f"the keyboard does not reach {field}")

    await keys.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await to("tier")
    await keys.press("ArrowDown")
    await expect(page.locator("#bill-price")).to_have_text("$299")
    await to("country")
    await keys.type("Germany")
    await expect(page.locator("#address")).to_have_attribute("data-country", "Germany")
    await to("business_name")
    await keys.type("Bäckerei Blau")
    await to("category")
    await keys.type("boulang")
    await expect(page.locator("#category-options").get_by_role("option")).to_have_count(1)
    await keys.press("ArrowDown")
    await expect(page.locator("#category")).to_have_attribute("aria-activedescendant", "category-options-0")
    await keys.press("Enter")
    assert await page.input_value("#category") == "Bakery"
    await expect(page.get_by_role("listbox")).to_be_hidden()
    for field, text in (
        ("phone", "030 12345678"),
        ("email", "hallo@blau.example.com"),
        ("street", "Unter den Linden 1"),
    ):
        await to(field)
        await keys.type(text)
    for field, text in (("postal_code", "10117"), ("city", "Berlin")):
        await to(field)
        await keys.type(text)
    await to("hours-monday")
    await keys.press("Space")
    assert await page.input_value("#hours-monday-opens") == "09:00"
    await keys.press("Tab")
    await keys.type("0730AM")
    await to("hours-tuesday")
    await keys.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Same as Monday"
    await keys.press("Enter")
    assert await page.input_value("#hours-tuesday-opens") == "07:30"
    await to("description")
    await keys.type("Brot und Kuchen.")
    await to("payment_methods")
    await keys.press("Space")
    await to("pay")
    await keys.press("Enter")
    summary = page.locator("#summary")
    await expect(summary).to_be_focused()
    await expect(summary.get_by_role("link")).to_have_count(1)
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(page.locator("#consent")).to_be_focused()
    await keys.press("Space")
    await expect(summary.locator("li[data-done]")).to_have_count(1)
    await to("pay")
    await keys.press("Enter")
    # There is no Stripe in this test: all that the form itself could refuse is right.
    await expect(summary).to_contain_text("payments are not set up")
    await expect(page.locator("#pay")).to_have_text("Continue to payment")


async def test_enter_in_a_line_orders_nothing(browser: Browser, site: str) -> None:
    page = await opened(browser, site)
    await page.fill("#business_name", "Blau")
    await page.press("#business_name", "Enter")
    await page.wait_for_timeout(300)
    await expect(page.locator("#summary")).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/checkout", "/terms", "/privacy", "/checkout/done"])
async def test_every_page_reads_well_on_a_phone_and_for_everybody(browser: Browser, site: str, path: str) -> None:
    context = await browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{site}{path}")
    assert await overflow(page) <= 0
    assert await violations(page) == []
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await overflow(page) <= 0
    await context.close()


async def test_what_is_refused_is_accessible_too(browser: Browser, site: str) -> None:
    page = await opened(browser, site, viewport=PHONE)
    await page.check("#hours-monday")
    await page.fill("#hours-monday-closes", "09:00")
    await page.fill("#email", "hallo@")
    await page.click("#pay")
    await expect(page.locator("#summary")).to_be_focused()
    assert await page.locator("#summary a").count() > 5
    assert await violations(page) == []
    assert await overflow(page) <= 0
    await page.click("#summary a[href='#hours-monday']")
    await expect(page.locator("#hours-monday")).to_be_focused()


async def test_a_logo_is_shown_where_it_will_be_and_taken_away_again(browser: Browser, site: str) -> None:
    page = await opened(browser, site)
    buffer = io.BytesIO()
    Image.new("RGBA", (400, 200), "teal").save(buffer, "PNG")
    await page.set_input_files("#logo", {"name": "logo.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    await expect(page.locator("#logo-note")).to_have_text("Saved.")
    await expect(page.locator("#preview-logo")).to_have_js_property("naturalWidth", 400)
    await expect(page.locator("#preview-logo")).to_be_visible()
    await page.set_input_files("#logo", {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    await expect(page.locator("#logo-problem")).to_contain_text("not a picture we can read")
    await page.click("#logo-remove")
    await expect(page.locator("#preview-logo")).to_be_hidden()
    await expect(page.locator("#logo")).to_be_focused()


async def test_the_form_works_without_script(browser: Browser, site: str) -> None:
    page = await opened(browser, site, java_script_enabled=False)
    await page.select_option("#country", "JP")
    await page.fill("#business_name", "Ao")
    await page.get_by_role("button", name="Show this country").click()
    await expect(page.locator("label[for=state]")).to_contain_text("Prefecture")
    assert await page.input_value("#business_name") == "Ao"
    await page.fill("#phone", "12")
    await page.click("#pay")
    await expect(page.locator("#summary")).to_contain_text("cannot be dialled in Japan")
    await expect(page.locator("#phone")).to_have_attribute("aria-invalid", "true")
    await page.click("#over")
    assert await page.input_value("#business_name") == ""


async def test_starting_over_asks_first(browser: Browser, site: str) -> None:
    page = await opened(browser, site)
    await page.fill("#business_name", "Blau")
    await expect(page.locator("#saved")).to_have_text("Draft saved")
    page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
    await page.click("#over")
    assert await page.input_value("#business_name") == "Blau"
    page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.click("#over")
    await expect(page.locator("#business_name")).to_have_value("")


async def test_while_we_are_away_it_says_so_and_saves_by_itself_later(
    browser: Browser, services: Services, port: int
) -> None:
    async with live(services, port) as address:
        page = await opened(browser, address)
    await page.fill("#business_name", "Blau")
    await expect(page.locator("#saved")).to_contain_text("we cannot be reached")
    await page.click("#pay")
    await expect(page.locator("#summary")).to_contain_text("Nothing is lost")
    async with live(services, port):
        await expect(page.locator("#saved")).to_have_text("Draft saved")
        await page.reload()
        assert await page.input_value("#business_name") == "Blau"


async def test_what_is_sent_and_not_answered_is_not_called_saved(browser: Browser, site: str) -> None:
    page = await opened(browser, site)
    await page.fill("#business_name", "Blau")
    await expect(page.locator("#saved")).to_have_text("Draft saved")
    answered = asyncio.Event()

    async def late(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await page.route("**/api/drafts/current", late)
    await page.fill("#business_name", "Blau und Weiß")
    await expect(page.locator("#saved")).to_contain_text("we cannot be reached")
    answered.set()
    await expect(page.locator("#saved")).to_have_text("Draft saved")


async def test_who_waits_for_a_payment_is_led_on_by_itself(browser: Browser, site: str, pool: Pool) -> None:
    page = await opened(browser, site)
    await page.fill("#business_name", "Blau")
    await expect(page.locator("#saved")).to_have_text("Draft saved")
    draft_id = await pool.fetchval("select id from drafts")
    async with pool.acquire() as connection, connection.transaction():
        order = await payments.order(connection, draft_id, 1, Tier.STARTER, PROFILE, livemode=False)
    await payments.keep_session(pool, order.id, f"cs_test_{order.id.hex}")
    await page.goto(f"{site}/checkout/done?session_id=cs_test_{order.id.hex}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("One moment: your payment is being confirmed")
    assert await violations(page) == []
    async with pool.acquire() as connection, connection.transaction():
        await payments.take_event(connection, read_event(wire.completed(order.id)))
    await page.wait_for_url("**/jobs/*", wait_until="commit")
    assert [cookie["httpOnly"] for cookie in await page.context.cookies() if cookie["name"].startswith("job-")] == [
        True
    ]


@pytest.mark.parametrize("script", [True, False])
async def test_an_order_leads_to_the_page_where_it_is_paid_and_back(
    browser: Browser, services: Services, stripe: StripeGateway, stripe_server: Stack, port: int, script: bool
) -> None:
    paying = Site(
        public_url=f"http://127.0.0.1:{port}", paying_origin=stripe_server.environment.values["STRIPE_API_BASE"]
    )
    async with live(dataclasses.replace(services, stripe=stripe, site=paying), port) as address:
        page = await opened(browser, address, java_script_enabled=script)
        if script:
            await filled(page)
        else:
            await page.select_option("#country", "DE")
            await page.get_by_role("button", name="Show this country").click()
            for field, text in REQUIRED:
                await page.fill(f"#{field}", text)
        await page.check("#consent")
        await page.click("#pay")
        await page.wait_for_url(f"{paying.paying_origin}/**")
        # Who changes their mind finds the form as it was.
        await page.goto(f"{address}/checkout")
        assert await page.input_value("#business_name") == "Bäckerei Blau"
        await page.check("#consent")
        await page.click("#pay")
        await page.wait_for_url(f"{paying.paying_origin}/**")
        await page.get_by_role("button", name="Pay").first.click()
        await page.wait_for_url(f"{address}/jobs/*")
