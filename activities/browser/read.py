"""Reads a directory's public page as its visitors do: words, headings, links. Forms are for `observe`."""

import contextlib
from pathlib import Path

import playwright.async_api

from activities.browser.patience import within
from activities.browser.pool import Visit
from activities.browser.visit import DirectoryGone, go_to
from brain.sighting import PublicPage
from brain.sites import same_site

_SCRIPT = Path(__file__).with_name("read.js").read_text(encoding="utf-8")
_PAGE_TIMEOUT_S = 15.0
_SETTLES_WITHIN_MS = 4_000
_GONE = 404


async def read(visit: Visit, url: str, site_url: str) -> PublicPage:
    """The page at an address that the directory wants to be asked at, however much the address tells.

    One that turns out to be on another site than `site_url` has neither status nor words. Raises ActivityFailure where
    the directory does not answer.
    """
    visit.gate.ask(url)
    try:
        status = await go_to(visit.page, url)
    except DirectoryGone:
        return PublicPage(url=url, status=_GONE)
    with contextlib.suppress(playwright.async_api.TimeoutError):
        # Many a search fetches its results by script.
        await visit.page.wait_for_load_state("networkidle", timeout=_SETTLES_WITHIN_MS)
    if not same_site(visit.page.url, site_url):
        return PublicPage(url=visit.page.url)
    async with within(_PAGE_TIMEOUT_S):
        seen = await visit.page.evaluate(_SCRIPT)
    return PublicPage.model_validate({**seen, "url": visit.page.url, "status": status})
