"""A customer of the demo, in a browser of their own: fills in the form, pays, and watches the progress page.

They know what a person knows: labels, buttons, addresses. Nothing here looks into the database.
"""

import base64
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import playwright.async_api
from playwright.async_api import FilePayload, Page

from activities.browser.chromium import launch
from schema.contracts.job import Tier
from schema.contracts.profile import BusinessProfile
from schema.contracts.progress import StateGroup

_DESKTOP, _PHONE = (1280, 900), (390, 844)
_PATIENCE_MS = 30_000
_READ_ROWS = "rows => rows.map(row => [row.dataset.slug, row.dataset.group])"
_SHOW_PICTURES = """async () => {
  const pictures = [...document.images];
  for (const picture of pictures) picture.loading = "eager";
  await Promise.allSettled(pictures.map((picture) => picture.decode()));
}"""
"""Those that nobody has scrolled to yet are not loaded."""


class CustomerStuck(Exception):
    """A page does not let the customer go on; the text says which, and what was waited for."""


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """What the progress page says: every directory's group by its slug, and the percentage."""

    groups: dict[str, StateGroup]
    percent: int


class Customer:
    """One browser window at `site`. Every method raises CustomerStuck."""

    def __init__(self, page: Page, site: str) -> None:
        self._page = page
        self._site = site

    async def order(self, tier: Tier, profile: BusinessProfile) -> None:
        """From the first page to the one where they pay."""
        with self._going():
            await self._page.goto(self._site)
            await self._page.get_by_role("link", name=f"Choose {tier.capitalize()}").click()
            await self._page.wait_for_selector("#order")
            await self._fill(profile)
            await self._page.check("#consent")
            await self._page.get_by_role("button", name="Continue to payment").click()
            await self._page.get_by_role("button", name="Pay", exact=True).wait_for()

    async def pay(self) -> UUID:
        """Press the button, and come back to the page of the job, which is returned."""
        with self._going():
            await self._page.get_by_role("button", name="Pay", exact=True).click()
            await self._page.wait_for_url(f"{self._site}/jobs/*")
            return UUID(urlsplit(self._page.url).path.rpartition("/")[2])

    async def shown(self) -> Shown:
        """What the page says at this moment; it is never loaded again."""
        with self._going():
            rows = await self._page.eval_on_selector_all("#listings > li", _READ_ROWS)
            percent = await self._page.inner_text("#percent")
            return Shown({slug: StateGroup(group) for slug, group in rows}, int(percent))

    async def photograph(self, desktop: Path, phone: Path) -> None:
        """The whole page as it is, as PNGs, on a desktop and on a phone."""
        with self._going():
            await self._page.evaluate(_SHOW_PICTURES)
            for file, (width, height) in ((phone, _PHONE), (desktop, _DESKTOP)):
                await self._page.set_viewport_size({"width": width, "height": height})
                await self._page.screenshot(path=file, full_page=True, animations="disabled")

    async def _fill(self, profile: BusinessProfile) -> None:
        page = self._page
        await page.select_option("#country", profile.country)
        for field, text in _texts(profile).items():
            await page.fill(f"#{field}", text)
        await page.select_option("#state", label=profile.state)
        await page.select_option("#price_range", profile.price_range)
        for day, hours in profile.hours.items():
            await page.check(f"#hours-{day}")
            await page.fill(f"#hours-{day}-opens", hours.opens)
            await page.fill(f"#hours-{day}-closes", hours.closes)
        for name, values in (("payment_methods", profile.payment_methods), ("languages", profile.languages)):
            for value in values:
                await page.check(f'[name="{name}"][value="{value}"]')
        await page.set_input_files("#logo", _logo(profile))
        await page.wait_for_selector("#logo-shown")

    @contextlib.contextmanager
    def _going(self) -> Iterator[None]:
        try:
            yield
        except playwright.async_api.Error as error:
            where = urlsplit(self._page.url).path
            raise CustomerStuck(f"The customer is stuck at {where}: {error.message.partition(chr(10))[0]}") from None


@contextlib.asynccontextmanager
async def customer(executable: Path, site: str) -> AsyncIterator[Customer]:
    """Somebody with a fresh browser, for the length of the block. Raises BrowserFailed."""
    chromium = await launch(executable)
    try:
        context = await chromium.browser.new_context(
            viewport={"width": _DESKTOP[0], "height": _DESKTOP[1]}, locale="en-US", reduced_motion="reduce"
        )
        page = await context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        yield Customer(page, site)
    finally:
        await chromium.end()


def _texts(profile: BusinessProfile) -> dict[str, str]:
    """What is typed into which field, in the order of the form."""
    plain = (
        *("business_name", "category", "phone", "email", "website", "contact_first_name", "contact_last_name"),
        *("street", "street2", "city", "postal_code", "tagline", "short_description", "description"),
        *("legal_name", "fax", "facebook", "instagram", "linkedin", "x", "youtube"),
    )
    return {
        **{name: str(getattr(profile, name) or "") for name in plain},
        "subcategories": ", ".join(profile.subcategories),
        "keywords": ", ".join(profile.keywords),
        "founded_year": str(profile.founded_year or ""),
        "employees": str(profile.employees or ""),
    }


def _logo(profile: BusinessProfile) -> FilePayload:
    """The profile's logo, a picture in a data URL, as a file."""
    head, _, data = profile.logo.partition(",")
    media = head.removeprefix("data:").removesuffix(";base64")
    return {"name": f"logo.{media.rpartition('/')[2]}", "mimeType": media, "buffer": base64.b64decode(data)}
