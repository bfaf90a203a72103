"""What becomes of a post, site by site: the answer and the row in the books must tell the same story."""

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from deploy.local.sandbox.books import BookRow, PostOutcome
from deploy.local.sandbox.fields import build_form
from deploy.local.sandbox.judge import CAPTCHA_ANSWER, CAPTCHA_KEY, CSRF_FIELD, WIDGET_ANSWER
from deploy.local.sandbox.model import Design, Kind, Role, Site
from deploy.local.sandbox.street import SITES
from deploy.local.sandbox.visits import Challenges
from deploy.local.sandbox.wording import wording
from tests.local.sandbox_posts import BUSINESS, PNG, Post, open_street, send, valid_post

_OUTCOMES = {
    Design.EMAIL_CONFIRMATION: PostOutcome.PENDING_CONFIRMATION,
    Design.CAPTCHA_IMAGE: PostOutcome.REFUSED,
    Design.CAPTCHA_QUESTION: PostOutcome.REFUSED,
    Design.CAPTCHA_WIDGET: PostOutcome.REFUSED,
    Design.LOGIN_WALL: PostOutcome.REFUSED,
    Design.PAYMENT_WALL: PostOutcome.REFUSED,
    Design.REGIONAL: PostOutcome.REFUSED,
    Design.GONE: PostOutcome.REFUSED,
    Design.KNOWN_BUSINESS: PostOutcome.DUPLICATE,
    Design.THANKFUL_CRASH: PostOutcome.ERROR,
}
_STEADY = [site for site in SITES if not site.loses_first_post]
_TAKING = [site for site in _STEADY if site.design not in _OUTCOMES]


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with open_street(tmp_path) as client:
        yield client


async def books(street: httpx.AsyncClient, **filters: str) -> list[BookRow]:
    answer = await street.get("/_books", params=filters)
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [BookRow.model_validate_json(line) for line in answer.text.splitlines()]


def first(design: Design) -> Site:
    return next(site for site in SITES if site.design is design)


def name_of(site: Site, role: Role) -> str:
    field = build_form(site).of(role)
    assert field is not None
    return field.name


@pytest.mark.parametrize("site", _STEADY, ids=lambda site: site.slug)
async def test_a_valid_post_ends_as_the_design_says(site: Site, street: httpx.AsyncClient) -> None:
    answer = await send(street, site)

    rows = await books(street)
    assert [row.outcome for row in rows] == [_OUTCOMES.get(site.design, PostOutcome.ACCEPTED)], rows
    row = rows[0]
    assert row.status_code == answer.status_code
    assert (row.site, row.method, row.attempt) == (site.slug, "POST", 1)
    assert row.path == f"/{site.slug}/{site.post_path}"
    assert row.business == ("" if site.design is Design.LOGIN_WALL else BUSINESS)


@pytest.mark.parametrize("site", _TAKING, ids=lambda site: site.slug)
async def test_an_empty_form_is_refused_and_nothing_is_listed(site: Site, street: httpx.AsyncClient) -> None:
    answer = await send(street, site, Post(values={"unrelated": "x"}))

    rows = await books(street)
    assert [(row.outcome, row.status_code) for row in rows] == [(PostOutcome.REFUSED, site.refusal_status)]
    assert wording(site.language).errors["required"] in httpx_text(answer)
    assert wording(site.language).say("nothing_found") in httpx_text(await street.get(f"/{site.slug}/search?q=x"))


@pytest.mark.parametrize("site", _TAKING, ids=lambda site: site.slug)
async def test_the_same_business_is_a_duplicate_the_second_time(site: Site, street: httpx.AsyncClient) -> None:
    await send(street, site)
    post = valid_post(site)
    name = name_of(site, Role.BUSINESS_NAME)
    again = await send(street, site, replace(post, values=post.values | {name: f"  {BUSINESS.upper()} "}))

    rows = await books(street, site=site.slug, business=BUSINESS)
    assert [(row.outcome, row.attempt) for row in rows] == [(PostOutcome.ACCEPTED, 1), (PostOutcome.DUPLICATE, 2)]
    assert f"/{site.slug}/listing/{rows[0].id}" in again.text


async def test_the_books_can_be_filtered(street: httpx.AsyncClient) -> None:
    sites = _TAKING[:3]
    for site in sites:
        await send(street, site)

    assert [row.site for row in await books(street)] == [site.slug for site in sites]
    assert [row.site for row in await books(street, site=sites[1].slug)] == [sites[1].slug]
    assert len(await books(street, business=BUSINESS)) == 3
    assert await books(street, business="Somebody else") == []


@pytest.mark.parametrize("site", [site for site in SITES if site.trap], ids=lambda site: site.slug)
async def test_a_filled_honeypot_is_spam(site: Site, street: httpx.AsyncClient) -> None:
    assert site.trap is not None
    post = valid_post(site)
    answer = await send(street, site, replace(post, values=post.values | {site.trap.name: "https://x.example"}))

    assert answer.status_code == 403
    assert [row.outcome for row in await books(street)] == [PostOutcome.SPAM]


@pytest.mark.parametrize("token", ["", "forged"])
async def test_a_post_without_its_session_is_refused(token: str, street: httpx.AsyncClient) -> None:
    site = first(Design.CSRF)
    await street.get(f"/{site.slug}/{site.form_path}")
    post = valid_post(site)
    answer = await send(street, site, replace(post, values=post.values | {CSRF_FIELD: token}))

    assert answer.status_code == 403
    assert [row.outcome for row in await books(street)] == [PostOutcome.REFUSED]


async def test_a_ticked_box_counts_after_its_hidden_blank_and_an_unticked_one_does_not(
    street: httpx.AsyncClient,
) -> None:
    site = next(site for site in SITES if site.slug == "verified-vendors")
    post, terms = valid_post(site), name_of(site, Role.TERMS)
    unticked = replace(post, values={name: value for name, value in post.values.items() if name != terms})

    assert (await send(street, site, unticked)).status_code == site.refusal_status
    assert (await send(street, site)).status_code == 303
    rows = await books(street)
    assert [row.fields[terms] for row in rows] == [[""], ["", "1"]]


async def test_a_phone_in_another_format_is_refused_and_can_be_mended(street: httpx.AsyncClient) -> None:
    site = first(Design.PHONE_FORMAT)
    post = valid_post(site)
    wrong = await send(street, site, replace(post, values=post.values | {name_of(site, Role.PHONE): "+15125550147"}))
    mended = await send(street, site)

    assert wrong.status_code == 422
    assert "(512) 555-0147" in wrong.text
    assert mended.status_code == 303
    rows = await books(street, site=site.slug)
    assert [(row.outcome, row.attempt) for row in rows] == [(PostOutcome.REFUSED, 1), (PostOutcome.ACCEPTED, 2)]


async def test_the_regional_site_takes_its_own(street: httpx.AsyncClient) -> None:
    site = first(Design.REGIONAL)
    post = valid_post(site)
    refused = await send(street, site)
    taken = await send(street, site, replace(post, values=post.values | {name_of(site, Role.STATE): "OR"}))

    assert refused.status_code == 200
    assert "we only list businesses located in Oregon" in refused.text
    assert taken.status_code == 303


@pytest.mark.parametrize("design", [Design.CAPTCHA_IMAGE, Design.CAPTCHA_QUESTION])
async def test_a_solved_captcha_lets_the_post_through_once(
    design: Design, street: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[str] = []
    remember = Challenges._remember

    def overhear(self: Challenges, answer: str) -> str:
        answers.append(answer)
        return remember(self, answer)

    monkeypatch.setattr(Challenges, "_remember", overhear)
    site = first(design)
    page = await street.get(f"/{site.slug}/{site.form_path}")
    key = re.search(rf'name="{CAPTCHA_KEY}" value="([^"]+)"', page.text)
    assert key is not None
    post = valid_post(site)
    solved = replace(post, values=post.values | {CAPTCHA_KEY: key[1], CAPTCHA_ANSWER: answers[-1].lower()})
    if design is Design.CAPTCHA_IMAGE:
        assert (await street.get(f"/{site.slug}/captcha.svg?key={key[1]}")).text.startswith("<svg")

    assert (await send(street, site, solved)).status_code == 303
    spent = replace(solved, values=solved.values | {name_of(site, Role.BUSINESS_NAME): "Another"})
    assert (await send(street, site, spent)).status_code == site.refusal_status


async def test_the_widget_gives_a_token_to_whoever_solves_its_puzzle(street: httpx.AsyncClient) -> None:
    site = first(Design.CAPTCHA_WIDGET)
    puzzle = (await street.get(f"/{site.slug}/challenge")).json()
    picked = "".join(str(place) for place, tile in enumerate(puzzle["tiles"]) if tile in "🥐🥖🍞🥯")
    verified = await street.get(f"/{site.slug}/challenge/verify", params={"key": puzzle["key"], "picked": picked})
    post = valid_post(site)

    forged = await send(street, site, replace(post, values=post.values | {WIDGET_ANSWER: "forged"}))
    solved = await send(street, site, replace(post, values=post.values | {WIDGET_ANSWER: verified.json()["token"]}))

    assert (forged.status_code, solved.status_code) == (200, 303)
    assert wording(site.language).errors["recaptcha"] in forged.text


async def test_an_upload_must_be_an_image(street: httpx.AsyncClient) -> None:
    site = first(Design.UPLOAD)
    post, logo = valid_post(site), name_of(site, Role.LOGO)
    bad = await send(street, site, replace(post, files={logo: ("logo.png", b"<html>", "image/png")}))
    huge = await send(street, site, replace(post, files={logo: ("logo.png", PNG + bytes(2_100_000), "image/png")}))
    good = await send(street, site)

    assert wording(site.language).errors["image"] in bad.text
    assert wording(site.language).errors["image_size"] in huge.text
    assert "Your listing is live" in good.text
    rows = await books(street)
    assert [row.outcome for row in rows] == [PostOutcome.REFUSED, PostOutcome.REFUSED, PostOutcome.ACCEPTED]
    assert rows[-1].fields[logo] == [f"logo.png; image/png; {len(PNG)} bytes"]


@pytest.mark.parametrize(
    ("role", "value", "message"),
    [
        (Role.EMAIL, "nobody", "email"),
        (Role.WEBSITE, "www.example.com", "url"),
        (Role.PHONE, "call me", "phone"),
        (Role.POSTAL_CODE, "ABC", "postal_code"),
        (Role.CATEGORY, "Dragons", "choice"),
        (Role.STATE, "Atlantis", "choice"),
        (Role.DESCRIPTION, "x" * 501, "too_long"),
        (Role.TERMS, "", "terms"),
    ],
)
async def test_invalid_values_are_refused_beside_their_field(
    role: Role, value: str, message: str, street: httpx.AsyncClient
) -> None:
    site, post = SITES[0], valid_post(SITES[0])
    answer = await send(street, site, replace(post, values=post.values | {name_of(site, role): value}))

    assert wording(site.language).errors[message].format(limit=500) in answer.text
    assert wording(site.language).errors["summary"] in answer.text
    assert BUSINESS in answer.text, "a refused form keeps what was typed"
    assert [row.outcome for row in await books(street)] == [PostOutcome.REFUSED]


async def test_a_specialty_must_belong_to_its_category(street: httpx.AsyncClient) -> None:
    site = next(site for site in SITES if site.slug == "nested-niches")
    form, post = build_form(site), valid_post(site)
    category = form.of(Role.CATEGORY)
    assert category is not None
    legal = next(choice.value for choice in category.choices if choice.label == "Legal")
    answer = await send(street, site, replace(post, values=post.values | {category.name: legal}))
    offered = (await street.get(f"/{site.slug}/subcategories?parent_label=Legal")).json()

    assert wording(site.language).errors["choice"] in answer.text
    assert "Lawyers" in [choice["label"] for choice in offered]


async def test_a_day_needs_both_its_times(street: httpx.AsyncClient) -> None:
    site = first(Design.HOURS)
    closes = next(field for field in build_form(site).fields if field.part == "mon.closes")
    post = valid_post(site)
    answer = await send(street, site, replace(post, values=post.values | {closes.name: ""}))

    assert wording(site.language).errors["hours"] in answer.text


async def test_side_doors_are_written_down_too(street: httpx.AsyncClient) -> None:
    paths = ("/sunny-pages/newsletter", "/metro-yellow/login", "/sunny-pages/nowhere", "/no-such-site/x", "/")
    statuses = [(await street.post(path, data={"email": "a@b.example"})).status_code for path in paths]

    rows = await books(street)
    assert statuses == [200, 401, 404, 404, 404]
    assert [row.path for row in rows] == list(paths)
    assert {row.outcome for row in rows} == {PostOutcome.REFUSED}
    assert {row.business for row in rows} == {""}


async def test_an_unreadable_post_is_written_down(street: httpx.AsyncClient) -> None:
    site = first(Design.SCRIPTED)
    headers = {"content-type": "application/json"}
    answer = await street.post(f"/{site.slug}/{site.post_path}", content=b"{not json", headers=headers)

    assert answer.status_code == 400
    assert [row.outcome for row in await books(street)] == [PostOutcome.REFUSED]


async def test_thanks_over_a_500_is_no_listing(street: httpx.AsyncClient) -> None:
    site = first(Design.THANKFUL_CRASH)
    answer = await send(street, site)

    assert answer.status_code == 500
    assert "Thank you" in answer.text
    assert BUSINESS not in (await street.get(f"/{site.slug}/search?q=hill")).text


async def test_the_unclear_site_takes_the_post_and_tells_nobody(street: httpx.AsyncClient) -> None:
    site = first(Design.UNCLEAR)
    answer = await send(street, site)

    assert answer.status_code == 200
    assert not re.search(r"thank|success|received|error|invalid|pending", answer.text, re.IGNORECASE)
    assert BUSINESS not in (await street.get(f"/{site.slug}/search?q=hill")).text


async def test_moods_pass_and_come_back_after_a_reset(street: httpx.AsyncClient) -> None:
    flaky, busy = first(Design.FLAKY), first(Design.BUSY)

    async def visits() -> list[int]:
        return [(await street.get(f"/{site.slug}/{site.form_path}")).status_code for site in (flaky, busy)]

    assert await visits() == [500, 429]
    assert await visits() == [200, 200]
    await send(street, flaky)
    assert (await street.post("/_reset")).status_code == 200
    refused = await street.get(f"/{busy.slug}/{busy.form_path}")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert len(await books(street)) == 1, "a reset forgets moods, not the books"


async def test_a_relaunched_site_takes_the_old_form_and_the_new_one(street: httpx.AsyncClient) -> None:
    site = first(Design.REDESIGNED)
    page = f"/{site.slug}/{site.form_path}"
    before, after = (await street.get(page)).text, (await street.get(page)).text
    old = valid_post(site)
    await send(street, site, old)
    form = {"businessName": "New Look Ltd", "email": "a@b.example", "phone": "5125550147", "city": "Austin"}
    category = re.search(r'value="(\d+)">Bakeries', after)
    assert category is not None
    rest = {"category": category[1], "postalCode": "78704", "description": "Bread."}
    await send(street, site, Post(values=form | rest))

    assert 'name="business_name"' in before
    assert 'name="businessName"' in after
    assert [row.outcome for row in await books(street)] == [PostOutcome.ACCEPTED] * 2
    listing = await street.get(f"/{site.slug}/listing/2")
    assert "Bakeries" in listing.text


async def test_the_known_business_is_found_where_the_answer_links(street: httpx.AsyncClient) -> None:
    site = first(Design.KNOWN_BUSINESS)
    answer = await send(street, site)
    link = re.search(r'href="(/[^"]+/listing/known[^"]+)"', answer.text)

    assert link is not None
    assert BUSINESS in (await street.get(link[1])).text
    assert BUSINESS in (await street.get(f"/{site.slug}/search", params={"q": BUSINESS})).text


def test_no_site_wants_a_newsletter_ticked() -> None:
    asked = [field for site in SITES for field in build_form(site).fields if field.role is Role.NEWSLETTER]

    assert asked
    assert all(field.kind is Kind.CHECKBOX and not field.required for field in asked)


def httpx_text(answer: httpx.Response) -> str:
    """The page's text as people read it, with the few characters unescaped that templates escape."""
    return answer.text.replace("&#39;", "'").replace("&#34;", '"')


async def test_a_lost_post_leaves_no_trace_and_the_next_one_is_taken(street: httpx.AsyncClient) -> None:
    site = next(site for site in SITES if site.loses_first_post)
    assert (await send(street, site)).status_code == 502
    assert await books(street) == []
    assert wording(site.language).say("nothing_found") in (await street.get(f"/{site.slug}/search?q={BUSINESS}")).text
    await send(street, site)
    assert [row.outcome for row in await books(street)] == [PostOutcome.ACCEPTED]


async def test_a_moderated_listing_is_shown_later(street: httpx.AsyncClient, tmp_path: Path) -> None:
    site = next(site for site in SITES if site.moderated_s)
    await send(street, site)
    [row] = await books(street)
    listing, found = f"/{site.slug}/listing/{row.id}", f"/{site.slug}/search?q={BUSINESS}"
    assert (await street.get(listing)).status_code == 404
    assert listing not in (await street.get(found)).text
    with contextlib.closing(sqlite3.connect(tmp_path / "books.sqlite3")) as shelf, shelf:
        shelf.execute("UPDATE posts SET time = '2020-01-01T00:00:00+00:00'")
    assert (await street.get(listing)).status_code == 200
    assert listing in (await street.get(found)).text


@pytest.mark.parametrize(("phone", "known"), [("+15125550147", True), ("+15125550100", False), ("", False)])
async def test_the_duplicate_check_tells_namesakes_apart(street: httpx.AsyncClient, phone: str, known: bool) -> None:
    site = next(site for site in SITES if site.checks_duplicates)
    await send(street, site)
    answer = await street.get(f"/{site.slug}/known", params={"name": BUSINESS, "phone": phone})
    assert answer.json() == {"known": known}
    assert (await street.get(f"/{site.slug}/known?name=Nobody&phone=+15125550147")).json() == {"known": False}
