"""The street as a whole: its sites, its import file and its pages."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import TypeAdapter

from deploy.local.sandbox.fields import build_form
from deploy.local.sandbox.model import Design, Kind, Language, Role, Site
from deploy.local.sandbox.street import SITES
from schema.contracts.directory import Automation, DirectoryEntry
from schema.contracts.job import Tier
from schema.contracts.submission import SubmissionStatus
from tests.local.sandbox_posts import BUSINESS, open_street, send

_BAKERY = ("baker", "bäckerei", "panader", "boulangerie")


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with open_street(tmp_path) as client:
        yield client


def test_the_street_is_long_and_varied() -> None:
    assert len(SITES) >= 64
    assert len({site.slug for site in SITES}) == len(SITES)
    assert len({site.domain_authority for site in SITES}) == len(SITES), "a tie would leave the top fifty to chance"
    assert {site.design for site in SITES} == set(Design)
    assert {site.language for site in SITES} == set(Language)
    assert sum(site.priority_tier == 1 for site in SITES) >= 56


def test_a_starter_job_meets_the_documented_mix() -> None:
    top = [site for site in SITES if site.priority_tier == 1][: Tier.STARTER.package_size]
    ends = Counter(site.expected for site in top)

    assert ends == {
        SubmissionStatus.SUBMITTED: 40,
        SubmissionStatus.AWAITING_ACTION: 6,
        SubmissionStatus.FAILED: 2,
        SubmissionStatus.SKIPPED: 1,
        SubmissionStatus.UNCERTAIN: 1,
    }
    later = {Design.PHONE_FORMAT, Design.THANKFUL_CRASH, Design.REDESIGNED, Design.INJECTION}
    assert {site.design for site in top} == set(Design) - later
    assert all(any(site.design is design and site.priority_tier == 1 for site in SITES) for design in later)


def test_forbidden_and_disallowed_sites_are_to_be_skipped() -> None:
    closed = [site for site in SITES if site.automation is Automation.FORBIDDEN or site.robots_disallowed]

    assert len(closed) == 2
    assert all(site.expected is SubmissionStatus.SKIPPED and site.priority_tier == 2 for site in closed)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_every_form_is_well_made(site: Site) -> None:
    form = build_form(site)
    names = [field.name for field in form.fields] + ([site.trap.name] if site.trap else [])
    category = form.of(Role.CATEGORY)

    assert len(set(names)) == len(names)
    assert len({field.id for field in form.fields}) == len(form.fields)
    assert form.of(Role.BUSINESS_NAME) is not None
    if category:
        pickers = [*category.choices, *(field.choices for field in form.fields if field.role is Role.SUBCATEGORY)]
        assert any(word in str(pickers).casefold() for word in _BAKERY)


def test_the_long_picker_is_long() -> None:
    pickers = [build_form(site).of(Role.CATEGORY) for site in SITES if site.design is Design.OPTGROUPS]

    assert pickers
    assert all(picker and len(picker.choices) > 200 for picker in pickers)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
async def test_every_site_renders(site: Site, street: httpx.AsyncClient) -> None:
    statuses = {Design.FLAKY: 500, Design.BUSY: 429, Design.GONE: 410}
    form_page = f"/{site.slug}/{site.form_path}"

    first = await street.get(form_page)
    again = await street.get(form_page)

    assert first.status_code == statuses.get(site.design, 200)
    assert again.status_code == (410 if site.design is Design.GONE else 200)
    shown = await street.get(f"/{site.slug}/{site.post_path}") if site.design is Design.IFRAME else again
    hidden = (Design.GONE, Design.LOGIN_WALL, Design.REDESIGNED)
    if site.design not in hidden:
        missing = [field.name for field in build_form(site).fields if _escaped(field.name) not in shown.text]
        assert missing == []
    for path in ("", "search?q=nobody", "nowhere"):
        page = await street.get(f"/{site.slug}/{path}")
        assert page.status_code == (404 if path == "nowhere" else 200)


async def test_no_page_asks_the_outside_world_for_anything(street: httpx.AsyncClient) -> None:
    for site in SITES:
        page = (await street.get(f"/{site.slug}/{site.form_path}")).text
        assert 'src="http' not in page
        assert 'href="http' not in page
        assert 'src="//' not in page


async def test_the_import_file_is_what_the_product_imports(street: httpx.AsyncClient) -> None:
    answer = await street.get("/_directories")

    entries = TypeAdapter(list[DirectoryEntry]).validate_json(answer.content)
    assert [entry.slug for entry in entries] == [site.slug for site in SITES]
    assert entries[0].submission_url == "http://street.test/sunny-pages/add-listing"
    assert all(entry.interval_ms == 0 and entry.active for entry in entries)


async def test_robots_close_one_site_only(street: httpx.AsyncClient) -> None:
    robots = (await street.get("/robots.txt")).text

    assert [line for line in robots.splitlines() if line.startswith("Disallow")] == ["Disallow: /quiet-pines/"]


async def test_the_street_map_counts_from_the_books(street: httpx.AsyncClient) -> None:
    await send(street, SITES[0])
    page = (await street.get("/")).text

    assert all(site.slug in page for site in SITES)
    assert (await street.get("/_health")).json() == {"status": "ok"}


async def test_listings_are_visible_and_private_things_are_not(street: httpx.AsyncClient) -> None:
    site = next(site for site in SITES if site.slug == "sunny-pages")
    thanks = await send(street, site)
    number = thanks.headers["location"].partition("ref=")[2]

    found = (await street.get(f"/{site.slug}/search", params={"q": "country bake"})).text
    listing = (await street.get(f"/{site.slug}/listing/{number}")).text

    assert BUSINESS in found
    assert f"/{site.slug}/listing/{number}" in found
    assert "1204 Barton Springs Road" in listing
    assert "marta@" not in listing


def test_half_hours_are_offered_in_the_hours_grid() -> None:
    for site in SITES:
        cells = [field for field in build_form(site).fields if field.role is Role.HOURS]
        assert len(cells) in (0, 14)
        assert all(cell.kind is Kind.SELECT and len(cell.choices) == 48 for cell in cells)


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;")
