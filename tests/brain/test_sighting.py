"""What a directory's public pages prove: the business itself, by more than its name, and nothing that we said first."""

from typing import Any
from urllib.parse import quote

import pytest

from brain import sighting
from brain.sighting import PageLink, PublicPage, Sight
from deploy.cli.example import example_profile
from schema.contracts.lookup import DuplicateCheck, Search
from schema.contracts.profile import BusinessProfile

PROFILE = example_profile()
NAME = PROFILE.business_name
URL = "https://listings.example.com/biz/7"


def page(text: str = "", *, heading: str = NAME, url: str = URL, status: int = 200, **more: Any) -> PublicPage:
    return PublicPage(url=url, status=status, headings=(heading,), text=f"{heading}\n{text}", **more)


def profile(**changes: Any) -> BusinessProfile:
    return BusinessProfile.model_validate(PROFILE.model_dump() | changes)


@pytest.mark.parametrize(
    "shown",
    [
        page("Call (512) 555-0147 today"),
        page("512.555.0147"),
        page(links=(PageLink(url="tel:+15125550147"),)),
        page(f"{PROFILE.street.upper()}\n{PROFILE.city} {PROFILE.postal_code}"),
        page("Web: www.hillcountrybakehouse.example/"),
        page(links=(PageLink(url="http://www.HillCountryBakehouse.example/?utm_source=dir"),)),
        page("+1 512-555-0147", heading=f"Sweets » {NAME.upper()} – Austin"),
        PublicPage(url=URL, status=200, title=f"{NAME} | Listings", text="+1 512-555-0147"),
    ],
    ids=["phone", "dotted phone", "tel link", "street and code", "website", "link", "long heading", "title"],
)
def test_a_name_with_something_of_its_own_is_the_listing(shown: PublicPage) -> None:
    assert sighting.listing(shown, profile(phone="+1 512 555 0147", website=WEBSITE)) is Sight.LISTED


WEBSITE = "https://hillcountrybakehouse.example"


@pytest.mark.parametrize(
    "shown",
    [
        page("The best in town. Listed. Success!"),
        page("+1 512-555-0148"),
        page("Order 15125550147000 shipped"),
        page(PROFILE.street),
        page(f"{PROFILE.postal_code} {PROFILE.city}"),
        page("marta@hillcountrybakehouse.example"),
        page("nothillcountrybakehouse.example, hillcountrybakehouse.example.org, hillcountrybakehouse.example/other"),
        page(f"{NAME}, +1 512-555-0147", heading="Bakeries in Austin"),
        page("+1 512-555-0147", heading=f"{NAME}s"),
        page("+1 512-555-0147", heading=f"{NAME} Supplies"),
        page("+1 512-555-0147", status=404),
        page("+1 512-555-0147", url=f"{URL}?phone=512-555-0147"),
        page(PROFILE.street + PROFILE.postal_code, url=f"{URL}?at={quote(PROFILE.street)}"),
        page("hillcountrybakehouse.example", url=f"{URL}?of=hillcountrybakehouse.example"),
    ],
    ids=[
        "name",
        "another phone",
        "a number",
        "street",
        "code",
        "mail",
        "other sites",
        "a list",
        "another name",
        "a longer name",
        "an error",
        "echoed phone",
        "echoed street",
        "echoed website",
    ],
)
def test_anything_less_is_none(shown: PublicPage) -> None:
    assert sighting.listing(shown, profile(phone="+1 512 555 0147", website=WEBSITE)) is Sight.UNCLEAR


@pytest.mark.parametrize(
    ("shown", "sight"),
    [
        (page(), Sight.LISTED),
        (page(heading=f"Thank you, {NAME}"), Sight.UNCLEAR),
        (page(url=f"{URL}?name={quote(NAME)}"), Sight.UNCLEAR),
        (page(status=500), Sight.UNCLEAR),
    ],
    ids=["its own page", "thanks", "echo", "error"],
)
def test_on_the_page_that_a_post_leads_to_the_name_is_enough_as_its_heading(shown: PublicPage, sight: Sight) -> None:
    assert sighting.own_page(shown, PROFILE) is sight


SEARCH = Search(url="https://listings.example.com/?q={business_name}", nothing_found="No results.")


@pytest.mark.parametrize(
    ("shown", "sight"),
    [
        (page(f"{NAME}\nNo results."), Sight.ABSENT),
        (page("No results.", heading="Search"), Sight.UNCLEAR),
        (page(f"{NAME}: please try again later."), Sight.UNCLEAR),
        (page(f"{NAME}\nNo results.", status=404), Sight.UNCLEAR),
        (page(f"{NAME}\nNo results.", links=(PageLink(url=URL, text=NAME),)), Sight.UNCLEAR),
    ],
    ids=["found nobody", "nobody of whom?", "broken", "not found", "and yet a result"],
)
def test_a_search_that_understood_and_found_nobody_is_absence(shown: PublicPage, sight: Sight) -> None:
    assert sighting.searched(SEARCH, shown, PROFILE) is sight


def test_without_its_words_a_search_never_tells_absence() -> None:
    silent = SEARCH.model_copy(update={"nothing_found": None})
    assert sighting.searched(silent, page(f"{NAME}\nNo results."), PROFILE) is Sight.UNCLEAR


@pytest.mark.parametrize(
    ("links", "followed"),
    [
        ((), ""),
        ((PageLink(url=f"{URL}1", text="Somebody else"),), ""),
        ((PageLink(url="https://elsewhere.example.org/7", text=NAME),), ""),
        ((PageLink(url=f"{URL}1", text=NAME), PageLink(url=f"{URL}2", text=NAME)), f"{URL}1"),
        (
            (
                PageLink(url=f"{URL}1", text=NAME, around="Boston"),
                PageLink(url=f"{URL}2", text=NAME, around="Austin TX"),
            ),
            f"{URL}2",
        ),
        ((PageLink(url=f"{URL}1", text=f"{NAME} 2"), PageLink(url=f"{URL}2", text=NAME)), f"{URL}2"),
    ],
    ids=["none", "others", "another site", "the first", "the one in our city", "the one of our name"],
)
def test_of_the_results_the_likeliest_is_followed(links: tuple[PageLink, ...], followed: str) -> None:
    assert sighting.result_link(page(links=links), PROFILE) == followed


@pytest.mark.parametrize(
    ("text", "sight"),
    [
        ('{"exists": true}', Sight.LISTED),
        ('{"exists": false}', Sight.ABSENT),
        ('{"exists": true, "other": {"exists": false}}', Sight.UNCLEAR),
        ("<h1>Maintenance</h1>", Sight.UNCLEAR),
    ],
)
def test_a_duplicate_check_says_one_of_two_things(text: str, sight: Sight) -> None:
    check = DuplicateCheck(
        url="https://listings.example.com/known?n={business_name}&p={phone}",
        known='"exists": true',
        unknown='"exists": false',
    )
    assert sighting.checked(check, page(text)) is sight
    assert sighting.checked(check, page(text, status=403)) is Sight.UNCLEAR


def test_addresses_are_filled_in_percent_encoded_and_only_whole() -> None:
    business = profile(business_name="Käse & Söhne", phone="(512) 555-0147", website="", city="San José")
    found = sighting.address("https://x.example/{business_slug}/?q={business_name}&p={phone}&c={city}", business)
    assert found == "https://x.example/kase-sohne/?q=K%C3%A4se%20%26%20S%C3%B6hne&p=%2B15125550147&c=San%20Jos%C3%A9"
    assert sighting.address("https://x.example/?w={website}", business) == ""
    assert sighting.address("{final_url}", business, "https://x.example/7") == "https://x.example/7"
