"""Printing with a real Chromium: on paper is what the page holds, and nothing else is reached or run."""

import io

from PIL import Image

from activities import printing
from activities.browser.pool import BrowserPool
from activities.browser.printing import PICTURES, print_pdf
from tests.activities.site import open_site

_A4_WIDTH = b"/MediaBox [0 0 594.95996 841.91998]"


async def test_a_page_is_printed_with_its_pictures_and_reaches_nothing_else(chromium: BrowserPool) -> None:
    asked: list[str] = []

    async def picture(key: str) -> bytes | None:
        asked.append(key)
        return None

    async with open_site() as site:
        pdf = await print_pdf(
            chromium,
            f"""<!doctype html><title>t</title><script>document.body.innerHTML = '<img src="{PICTURES}script">'</script>
            <img src="{PICTURES}jobs/1/alpha%20beta/1.png"><img src="{site.url}"><iframe src="{site.url}"></iframe>
            <link rel="stylesheet" href="{site.url}"><a href="{site.url}">link</a>""",
            picture,
        )
        assert site.visits == 0
    assert asked == ["jobs/1/alpha beta/1.png"]
    assert pdf.startswith(b"%PDF-")


async def test_a_picture_that_breaks_is_left_out_and_disturbs_no_visit_beside_it(chromium: BrowserPool) -> None:
    async def picture(_: str) -> bytes | None:
        raise ValueError("a bug")

    async with chromium.visit() as other:
        pdf = await print_pdf(chromium, f'<!doctype html><title>t</title><img src="{PICTURES}1">', picture)
        assert await other.page.title() == ""
    assert pdf.startswith(b"%PDF-")


async def test_a_picture_makes_the_pdf_bigger_by_little(chromium: BrowserPool) -> None:
    screenshot = io.BytesIO()
    Image.effect_noise((1280, 4000), 80).save(screenshot, "PNG")
    small = printing._shrink(screenshot.getvalue())
    with Image.open(io.BytesIO(small)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (320, 240))

    async def none(_: str) -> bytes | None:
        return None

    async def picture(_: str) -> bytes | None:
        return small

    html = f'<!doctype html><title>t</title><img src="{PICTURES}1" width="160" height="120">'
    without, printed = await print_pdf(chromium, html, none), await print_pdf(chromium, html, picture)
    assert len(small) // 2 < len(printed) - len(without) < 2 * len(small)
