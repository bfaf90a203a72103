"""Pictures that the customer names by address: from public hosts only, bounded, and known by their bytes."""

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from activities.browser.fill import fill_step
from activities.browser.observe import observe
from activities.browser.pictures import PictureUnusable, fetch_picture
from activities.egress import reach
from brain.planner import plan_step
from schema.contracts.plan import PlanStep
from tests.brain.forms import LOGO, SITE, bakery

PNG = base64.b64decode(LOGO.partition(",")[2])
_ANSWERS = {
    "/logo": (200, "", PNG),
    "/moved": (302, "Location: /logo\r\n", b""),
    "/inside": (302, "Location: http://169.254.169.254/latest\r\n", b""),
    "/round": (302, "Location: /round\r\n", b""),
    "/page": (200, "Content-Type: image/png\r\n", b"<html>not a picture</html>"),
    "/huge": (200, "", PNG + bytes(5_000_000)),
    "/gone": (404, "", b""),
}


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """The address of a server of pictures, and of what is none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        status, headers, body = _ANSWERS[path]
        writer.write(f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_is_public", lambda address: address == "127.0.0.1")


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize("path", ["/logo", "/moved"])
async def test_a_picture_is_fetched_and_known_by_its_bytes(server: str, path: str) -> None:
    picture = await fetch_picture(server + path)
    assert (picture.media, picture.data) == ("image/png", PNG)


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/inside", "not a public address"),
        ("/round", "leads on too often"),
        ("/page", "no picture"),
        ("/huge", "bigger than 5 MB"),
        ("/gone", "HTTP 404"),
    ],
)
async def test_what_is_no_usable_picture_is_said(server: str, path: str, reason: str) -> None:
    with pytest.raises(PictureUnusable, match=reason):
        await fetch_picture(server + path)


@pytest.mark.parametrize("url", ["{}/logo", "http://localhost/x", "http://[::1]/x", "ftp://x.example/a", "http:///x"])
async def test_nothing_private_is_asked(server: str, url: str) -> None:
    with pytest.raises(PictureUnusable):
        await fetch_picture(url.format(server))


_FORM = (
    "<h1>Add your business</h1><form method=post action=/save><label>Business name <input name=bn></label>"
    "<label>Logo <input type=file name=logo {}></label><button>Submit listing</button></form>"
)


async def _uploaded(page: Page, logo: str, attributes: str = "") -> str:
    profile = bakery(logo=logo)
    await page.set_content(_FORM.format(attributes))
    step = plan_step((await observe(page)).snapshot, profile)
    assert isinstance(step, PlanStep)
    await fill_step(page, step, profile, SITE)
    names: str = await page.evaluate("[...document.forms[0].logo.files].map((f) => f.name + ' ' + f.size).join('|')")
    return names


@pytest.mark.usefixtures("loopback_is_public")
async def test_the_logo_behind_an_address_is_uploaded(page: Page, server: str) -> None:
    assert await _uploaded(page, f"{server}/logo") == f"rosa-s-bakery-logo.png {len(PNG)}"
    assert await _uploaded(page, f"{server}/logo", "accept=.jpg") == ""


async def test_a_logo_that_cannot_be_had_is_left_out(page: Page, server: str) -> None:
    assert await _uploaded(page, f"{server}/logo") == ""
