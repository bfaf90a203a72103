"""Prints a page of our own. It reaches no network: the page and its pictures are handed to it here."""

from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from playwright.async_api import Route

from activities.browser.listening import undisturbing
from activities.browser.pool import BrowserPool

PICTURES = "https://pictures.invalid/"
"""Below it a page names its pictures by their keys."""

_PAGE = "https://page.invalid/"
_MARGIN = "15mm"
_FOOTER = (
    '<div style="width:100%;font:8px sans-serif;color:#46546a;padding:0 15mm;text-align:right">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)


async def print_pdf(browser: BrowserPool, html: str, picture: Callable[[str], Awaitable[bytes | None]]) -> bytes:
    """The page as a PDF; `picture` finds a JPEG by its key. Raises BrowserFailed."""

    @undisturbing
    async def answer(route: Route) -> None:
        url = route.request.url
        if url == _PAGE:
            await route.fulfill(body=html, content_type="text/html; charset=utf-8")
            return
        try:
            found = await picture(unquote(url.removeprefix(PICTURES))) if url.startswith(PICTURES) else None
        except Exception:
            # The page waits for every answer.
            await route.abort()
            raise
        if found is None:
            await route.abort()
        else:
            await route.fulfill(body=found, content_type="image/jpeg")

    async with browser.sheet(answer) as sheet:
        await sheet.goto(_PAGE, wait_until="load")
        return await sheet.pdf(
            format="A4",
            print_background=True,
            display_header_footer=True,
            header_template="<div></div>",
            footer_template=_FOOTER,
            margin={"top": _MARGIN, "bottom": _MARGIN, "left": _MARGIN, "right": _MARGIN},
            tagged=True,
        )
