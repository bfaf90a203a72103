"""Going to a page: what its HTTP answer means, and when it is ready to be looked at."""

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import Page, Route

from activities.boundary import ActivityFailure
from activities.browser.observe import observe
from activities.browser.visit import DirectoryGone, go_to
from schema.failures import FailureType

URL = "https://directory.example/add"


async def answering(page: Page, status: int, **headers: str) -> None:
    await page.context.unroute("**/*")
    await page.context.route("**/*", lambda route: route.fulfill(status=status, body="<p>.</p>", headers=headers))


async def test_a_trap_that_a_late_style_sheet_hides_is_seen_as_one(page: Page) -> None:
    async def answer(route: Route) -> None:
        if route.request.url.endswith(".css"):
            await asyncio.sleep(0.7)
            await route.fulfill(body=".row2 { position: absolute; left: -9999px }", content_type="text/css")
        else:
            form = "<form method=post><label>Business name <input name=bn></label><label>City <input name=c></label>"
            trap = "<div class=row2><label>Fax number <input name=fax></label></div>"
            head = "<head><link rel=stylesheet href=a.css></head>"
            body = f"{head}<h1>Add your business</h1>{form}{trap}<button>Send</button></form>"
            await route.fulfill(body=body, content_type="text/html")

    await page.context.unroute("**/*")
    await page.context.route("**/*", answer)
    await go_to(page, URL)
    visible = {field.name: field.visible for field in (await observe(page)).snapshot.fields}
    assert visible == {"bn": True, "c": True, "fax": False}


@pytest.mark.parametrize("status", [404, 410])
async def test_a_page_that_is_gone_is_no_error(page: Page, status: int) -> None:
    await answering(page, status)
    with pytest.raises(DirectoryGone, match=str(status)):
        await go_to(page, URL)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, timedelta(seconds=7)),
        ({"retry-after": "999999"}, timedelta(hours=1)),
        (
            {"retry-after": "Sun, 22 Nov 2026 12:01:30 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"},
            timedelta(seconds=90),
        ),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
    ids=["seconds", "at most an hour", "a date", "nonsense", "not said"],
)
async def test_a_busy_directory_says_when_to_come_back(
    page: Page, headers: dict[str, str], wait: timedelta | None
) -> None:
    await answering(page, 429, **headers)
    with pytest.raises(ActivityFailure) as failed:
        await go_to(page, URL)
    assert (failed.value.failure, failed.value.retry_after) == (FailureType.DIRECTORY_BUSY, wait)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("timedout", "in time"),
        ("addressunreachable", "ADDRESS_UNREACHABLE"),
    ],
)
async def test_why_a_page_does_not_come_is_told_without_the_address(page: Page, code: str, words: str) -> None:
    await page.context.unroute("**/*")
    await page.context.route("**/*", lambda route: route.abort(code))
    with pytest.raises(ActivityFailure, match=words) as failed:
        await go_to(page, f"{URL}?email=maya@bluebird.example")
    assert "maya" not in str(failed.value)
    assert "Page.goto" not in str(failed.value)


async def test_a_server_error_and_no_server_are_unreachable(page: Page) -> None:
    await answering(page, 500)
    with pytest.raises(ActivityFailure) as failed:
        await go_to(page, URL)
    assert failed.value.failure is FailureType.DIRECTORY_UNREACHABLE
    await page.context.unroute("**/*")
    with pytest.raises(ActivityFailure) as failed:
        await go_to(page, "http://127.0.0.1:1/")
    assert failed.value.failure is FailureType.DIRECTORY_UNREACHABLE
