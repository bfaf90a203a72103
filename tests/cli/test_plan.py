"""`directorybolt plan preview`: what it shows is what stands in the form, and nothing of it ever leaves."""

import asyncio
from pathlib import Path

import pytest

from deploy.local.audit import fetch_books
from tests.activities.site import FORM, open_site
from tests.cli.conftest import Command
from tests.factories import PROFILE
from tests.serving import NOWHERE

PNG = b"\x89PNG\r\n\x1a\n"


async def test_a_form_is_filled_shown_and_photographed_and_nothing_is_sent(browsing: Command, street: str) -> None:
    url = f"{street}/sunny-pages/add-listing"
    ran = browsing("plan", "preview", url, "--profile", browsing.profile(), "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["url"], ran.json["obstacle"]) == (url, None)
    (step,) = ran.json["steps"]
    shown = {row["field"]: (row["value"], row["takes"]) for row in step["fields"]}
    assert shown["Business name"] == (PROFILE.business_name, "business_name")
    assert shown["State"] == ("Texas", "state")
    assert all(row["why"] and 0 <= row["confidence"] <= 1 for row in step["fields"])
    assert step["screenshot"] == "preview-127.0.0.1.png"
    assert (browsing.folder / step["screenshot"]).read_bytes().startswith(PNG)
    assert await fetch_books(street, PROFILE.business_name) == []


async def test_every_step_of_a_wizard_is_filled_and_photographed(browsing: Command, street: str) -> None:
    url, file = f"{street}/three-step-towns/submit", browsing.folder / "towns.png"
    ran = browsing("plan", "preview", url, "--profile", browsing.profile(), "--screenshot", file)
    assert ran.code == 0, ran.err
    assert "Step 4" in ran.out
    assert "Nothing was sent." in ran.out
    assert sorted(path.name for path in browsing.folder.glob("*.png")) == [f"towns-{n}.png" for n in range(1, 5)]
    assert await fetch_books(street, PROFILE.business_name) == []


async def test_an_obstacle_is_a_sentence_below_what_would_be_filled(browsing: Command, street: str) -> None:
    url = f"{street}/robot-free-finder/submit"
    ran = browsing("plan", "preview", url, "--profile", browsing.profile())
    assert ran.code == 0, ran.err
    assert "No plan (captcha_on_page): The form has a captcha" in ran.out
    assert "as it would be filled" in ran.out
    assert PROFILE.business_name in ran.out
    gone = browsing("plan", "preview", f"{street}/nosuch/submit", "--profile", browsing.profile(), "--json")
    assert gone.json["obstacle"]["failure"] == "form_not_found"
    assert gone.json["steps"] == []


async def test_a_page_that_sends_itself_on_every_change_sends_nothing(browsing: Command) -> None:
    script = "document.forms[0].addEventListener('change', () => document.forms[0].requestSubmit())"
    async with open_site() as site:
        site.form = f"{FORM}<script>{script}</script>"
        ran = await asyncio.to_thread(browsing, "plan", "preview", site.url, "--profile", browsing.profile(), "--json")
        assert ran.code == 0, ran.err
        assert {row["value"] for row in ran.json["steps"][0]["fields"]} >= {PROFILE.business_name, PROFILE.email}
        assert (site.visits, site.posts, site.queries) == (1, [], [])


def test_a_file_belongs_to_no_directory(nowhere: Command) -> None:
    page = nowhere.write("page.html", FORM)
    assert nowhere("plan", "preview", page, "--profile", nowhere.profile()).failed(2, "page.html", "form map")


@pytest.mark.parametrize("where", ["ftp://a.example/add", "missing.html", "https://", "a.example/add"])
def test_what_is_neither_a_file_nor_an_address_is_said(nowhere: Command, where: str) -> None:
    assert nowhere("plan", "preview", where, "--profile", nowhere.profile()).failed(2, "http")


def test_what_is_missing_is_named(nowhere: Command) -> None:
    assert nowhere("plan", "preview").failed(2, "URL", "http(s)")
    assert nowhere("plan", "preview", f"http://{NOWHERE}/").failed(2, "--profile", "JSON")


def test_a_wrong_profile_is_named(nowhere: Command) -> None:
    url = f"http://{NOWHERE}/"
    assert nowhere("plan", "preview", url, "--profile", "missing.json").failed(2, "missing.json", "cannot be read")
    wrong = nowhere.profile(phone="call us")
    assert nowhere("plan", "preview", url, "--profile", wrong).failed(2, "profile.json", "phone", "digits")


@pytest.mark.parametrize(
    ("file", "words"), [("picture.jpg", ["--screenshot", ".png"]), ("nosuch/a.png", ["--screenshot", "nosuch"])]
)
def test_a_picture_that_cannot_be_kept_is_said_before_anything_is_done(
    nowhere: Command, file: str, words: list[str]
) -> None:
    ran = nowhere("plan", "preview", f"http://{NOWHERE}/", "--profile", nowhere.profile(), "--screenshot", file)
    assert ran.failed(2, *words)


def test_what_is_not_there_is_said(browsing: Command, browser_path: Path) -> None:
    url = f"http://{NOWHERE}/add"
    ran = browsing("plan", "preview", url, "--profile", browsing.profile())
    assert ran.failed(1, url, "cannot be opened", "No connection")
    ran = browsing("plan", "preview", url, "--profile", browsing.profile(), BROWSER_PATH="/nosuch/chromium")
    assert ran.failed(1, "/nosuch/chromium", "BROWSER_PATH")
