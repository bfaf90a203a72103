"""A preview fills everything and sends nothing, whatever the page does while it is being filled."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.browser.pool import BrowserPool
from activities.browser.preview import Preview, preview
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType
from tests.activities.site import FORM, Site, open_site
from tests.factories import PROFILE
from tests.serving import LOOPBACK

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
async def chromium(browser_path: Path) -> AsyncIterator[BrowserPool]:
    async with BrowserPool(browser_path, 1, "https://directorybolt.example/bot", LOOPBACK) as opened:
        yield opened


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened


async def previewed(chromium: BrowserPool, site: Site, profile: BusinessProfile = PROFILE) -> Preview:
    async with chromium.visit() as visit:
        return await preview(visit, site.url, profile)


def values(found: Preview) -> list[str]:
    return [value.text for step in found.steps for value in step.values]


async def test_everything_is_filled_and_photographed_and_nothing_sent(chromium: BrowserPool, site: Site) -> None:
    found = await previewed(chromium, site)
    assert found.obstacle is None
    assert {PROFILE.business_name, PROFILE.email, PROFILE.city} <= set(values(found))
    assert all(step.screenshot.startswith(PNG) for step in found.steps)
    assert (site.visits, site.posts, site.queries) == (1, [], [])


SENDS_BY_ITSELF = {
    "the form, by its script": "form.submit()",
    "the form, by its button": "form.requestSubmit()",
    "its values, by fetch": "fetch('/add', {method: 'POST', body: new FormData(form)})",
    "its values, by the older way": "r = new XMLHttpRequest(); r.open('POST', '/add'); r.send(new FormData(form))",
    "its values, by a beacon": "navigator.sendBeacon('/add', new FormData(form))",
    "the form, as an address": "form.method = 'get'; form.submit()",
    "its values, as an address": "location.href = '/add?name=' + encodeURIComponent(form.elements.name.value)",
    "the form, in another window": "form.target = '_blank'; form.submit()",
}


@pytest.mark.parametrize("way", SENDS_BY_ITSELF)
@pytest.mark.parametrize("event", ["input", "change"])
async def test_a_page_that_sends_by_itself_sends_nothing(
    chromium: BrowserPool, site: Site, way: str, event: str
) -> None:
    script = f"const form = document.forms[0]; form.addEventListener('{event}', () => {{ {SENDS_BY_ITSELF[way]} }})"
    site.form = f"{FORM}<script>{script}</script>"
    found = await previewed(chromium, site)
    assert site.posts == []
    assert site.queries == []
    assert {PROFILE.business_name, PROFILE.email, PROFILE.city} <= set(values(found))


async def test_what_stands_in_the_way_is_said_and_photographed(chromium: BrowserPool, site: Site) -> None:
    site.form = re.sub(r"<button", '<div class="g-recaptcha" style="height:78px">I am not a robot</div><button', FORM)
    found = await previewed(chromium, site)
    assert found.obstacle is not None
    assert found.obstacle.failure is FailureType.CAPTCHA_ON_PAGE
    assert found.stopped_at is not None
    assert found.steps == ()
    assert found.screenshot.startswith(PNG)
