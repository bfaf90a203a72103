"""From the first letter typed to the page where it is paid, and back: drafts, the check, the logo, the order."""

import asyncio
import base64
import io
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from temporalio.client import Client

from api.dependencies import Services, Site
from api.gateway import WorkflowGateway
from api.main import app
from api.selling.checkout import PREFIX
from api.selling.stripe import StripeGateway
from deploy.local.parts import Piece
from deploy.local.stack import Stack
from schema.contracts.job import Tier
from schema.store import links
from schema.store.database import Pool
from tests.api.test_health import nowhere, problem
from tests.factories import add_begun_job, add_directories
from tests.stacks import running

BASE = "http://shop.test"
TYPED: dict[str, Any] = {
    "country": "DE",
    "business_name": "Bäckerei Blau",
    "category": "Bakery",
    "phone": "030 12345678",
    "email": "hallo@blau.example.com",
    "website": "www.blau.example.com",
    "street": "Unter den Linden 1",
    "city": "Berlin",
    "postal_code": "10117",
    "description": "Brot und Kuchen.",
    "hours": {"friday": {"open": True, "opens": "18:00", "closes": "02:00"}},
}


@pytest.fixture(scope="module")
async def stripe_server(test_folder: Path) -> AsyncIterator[Stack]:
    async with running(test_folder / "checkout-stripe", Piece.STRIPE) as stack:
        yield stack


@pytest.fixture
async def stripe(stripe_server: Stack) -> AsyncIterator[StripeGateway]:
    values = stripe_server.environment.values
    gateway = StripeGateway(values["STRIPE_SECRET_KEY"], api_base=values["STRIPE_API_BASE"])
    yield gateway
    await gateway.close()


@pytest.fixture
async def shop(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """One customer's browser; nothing can be paid."""
    async with customer(Services(pool=pool, gateway=await nobody(), site=Site(public_url=BASE))) as client:
        yield client


@pytest.fixture
async def paying(pool: Pool, stripe: StripeGateway) -> AsyncIterator[httpx.AsyncClient]:
    """One customer's browser, and the local Stripe; two directories."""
    await add_directories(pool, ["alpha", "beta"])
    services = Services(pool=pool, gateway=await nobody(), site=Site(public_url=BASE), stripe=stripe)
    async with customer(services) as client:
        yield client


async def nobody() -> WorkflowGateway:
    return WorkflowGateway(await Client.connect("127.0.0.1:1", lazy=True))


class customer(httpx.AsyncClient):  # noqa: N801 - used as a context
    """A browser that is at home on our site."""

    def __init__(self, services: Services) -> None:
        self._state_before = dict(app.state._state)
        app.state.services = services
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        super().__init__(transport=transport, base_url=BASE, headers={"Sec-Fetch-Site": "same-origin"})

    async def aclose(self) -> None:
        app.state._state = self._state_before
        await super().aclose()


def form(**changes: Any) -> dict[str, Any]:
    """The same, as a browser posts the form without script."""
    flat = {name: value for name, value in TYPED.items() if name != "hours"}
    hours = {"hours-friday": "open", "hours-friday-opens": "18:00", "hours-friday-closes": "02:00"}
    return {"tier": "starter", **flat, **hours, "do": "pay", "consent": "yes", **changes}


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 300), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind, **options)
    return buffer.getvalue()


async def check(client: httpx.AsyncClient, **typed: Any) -> dict[str, Any]:
    answer = await client.post("/api/profile/check", json={"profile": typed})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def said_of(check: dict[str, Any], field: str, about: str = "problems") -> str:
    return next((said["message"] for said in check[about] if said["field"] == field), "")


async def test_what_is_sold_is_counted_now(shop: httpx.AsyncClient, pool: Pool) -> None:
    await add_directories(pool, [f"open-{number}" for number in range(60)])
    await add_directories(pool, ["best"], domain_authority=90, automation="forbidden")
    await add_directories(pool, ["shut"], active=False)
    page = (await shop.get("/")).text
    assert "$149" in page
    assert "50 directories are open for it right now." in page
    assert "60 of its 100 directories are open right now; what is not delivered is refunded on request." in page


async def test_the_first_page_is_there_without_a_database_and_the_form_says_it_is_away(shop: httpx.AsyncClient) -> None:
    away, temporal = await nowhere()
    app.state.services = Services(pool=away, gateway=temporal)
    page = await shop.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "cannot be counted at the moment" in page.text
    assert (await shop.get("/checkout")).status_code == 200
    problem(await shop.put("/api/drafts/current", json={"profile": TYPED}), 503)
    assert (await check(shop, **TYPED))["problems"] == [], "what is typed is still read"


async def test_a_phone_number_is_read_as_in_its_country(shop: httpx.AsyncClient) -> None:
    german = await check(shop, country="DE", phone="030 12345678")
    assert said_of(german, "phone", "notes") == "Understood as +49 30 12345678, Germany."
    assert not said_of(german, "phone")
    american = await check(shop, country="US", phone="030 1234")
    assert "cannot be dialled in United States" in said_of(american, "phone")
    assert "(201) 555-0123" in said_of(american, "phone")
    abroad = await check(shop, country="US", phone="+49 30 12345678")
    assert said_of(abroad, "phone", "notes").endswith("Germany.")


async def test_an_address_is_asked_for_as_its_country_writes_it(shop: httpx.AsyncClient) -> None:
    american = (await shop.get("/api/places/US")).json()
    state = next(field for field in american["fields"] if field["key"] == "state")
    assert (state["label"], state["required"], len(state["choices"]) > 50) == ("State", True, True)
    assert (await shop.get("/api/places/JP")).json()["fields"][0]["key"] == "postal_code"
    said = await check(shop, country="US", state="texas", postal_code="1234")
    assert not said_of(said, "state")
    assert "postal codes are written in United States, for example 95014" in said_of(said, "postal_code")
    assert "needed where the country is Canada" in said_of(await check(shop, country="CA"), "state")
    assert not said_of(await check(shop, country="HK"), "postal_code")
    problem(await shop.get("/api/places/ZZ"), 404)


async def test_what_is_merely_empty_is_told_apart_from_what_is_wrong(shop: httpx.AsyncClient) -> None:
    empty = await check(shop)
    assert set(empty["missing"]) == {"country", "business_name", "category", "phone", "email", "city", "description"}
    assert empty["completeness"] == 0
    wrong = await check(shop, **{**TYPED, "email": "hallo@"})
    assert (wrong["missing"], [said["field"] for said in wrong["problems"]]) == ([], ["email"])
    right = await check(shop, **TYPED)
    assert right["problems"] == []
    assert empty["completeness"] < wrong["completeness"] < right["completeness"] < 100
    assert right["preview"]["address"] == "Unter den Linden 1\n10117 Berlin\nGermany"
    assert right["preview"]["hours"] == "Mon–Thu closed\nFri 18:00–02:00\nSat–Sun closed"
    assert said_of(right, "hours-friday", "notes") == "Friday: until 02:00 on the next day."


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"hours": {"monday": {"open": True, "opens": "9", "closes": "17:00"}}}, "hours-monday", "when it opens"),
        ({"hours": {"monday": {"open": True, "opens": "09:00", "closes": "09:00"}}}, "hours-monday", "00:00 to 23:59"),
        ({"website": "javascript:alert(1)"}, "website", "not a web address"),
        ({"website": "http://localhost/x"}, "website", "not a web address"),
        ({"facebook": "https://evil.example.com/bakery"}, "facebook", "https://www.facebook.com/"),
        ({"more_languages": "English, Klingonese"}, "more_languages", "Klingonese"),
        ({"founded_year": "3012"}, "founded_year", "from 1000 to"),
        ({"description": "a" * 10_000}, "description", "at most 5,000"),
        ({"country": "XX"}, "country", "of the list"),
        ({"email": "a@b\u0000c"}, "email", "not an e-mail address"),
    ],
)
async def test_what_is_wrong_is_said_in_words(
    shop: httpx.AsyncClient, typed: dict[str, Any], field: str, words: str
) -> None:
    assert words in said_of(await check(shop, **typed), field)


async def test_strange_letters_do_no_harm(shop: httpx.AsyncClient) -> None:
    said = await check(
        shop, business_name="\u202eKOOL\u200b \t مخبز 🥐  \u0000", description="<script>alert(1)</script>"
    )
    assert said["preview"]["business_name"] == "KOOL مخبز 🥐"
    await shop.put("/api/drafts/current", json={"profile": {"description": "</textarea><script>alert(1)</script>"}})
    page = (await shop.get("/checkout")).text
    assert "<script>alert" not in page
    assert "&lt;/textarea&gt;" in page


async def test_a_kind_of_business_is_found_in_ones_own_language(shop: httpx.AsyncClient) -> None:
    for typed in ("bak", "BÄCK", "boulang", "パン"):
        hits = (await shop.get("/api/categories", params={"q": typed})).json()
        assert "Bakery" in [hit["label"] for hit in hits], typed
    assert (await shop.get("/api/categories", params={"q": "  "})).json() == []
    assert "or under Bakery" in said_of(await check(shop, category="Bäckerei"), "category", "notes")
    assert "Not on our list" in said_of(await check(shop, category="Zorbing"), "category", "notes")


async def test_a_draft_is_there_on_another_day_for_its_browser_alone(shop: httpx.AsyncClient, pool: Pool) -> None:
    problem(await shop.get("/api/drafts/current"), 404)
    saved = await shop.put("/api/drafts/current", json={"tier": "growth", "profile": TYPED})
    cookie = saved.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Max-Age=2592000"))
    assert shop.cookies["draft"].startswith(PREFIX)
    assert shop.cookies["draft"] not in str(await pool.fetch("select * from drafts"))
    back = (await shop.get("/api/drafts/current")).json()
    assert (back["tier"], back["profile"]["business_name"], back["version"]) == ("growth", "Bäckerei Blau", 2)
    page = (await shop.get("/checkout")).text
    assert 'value="Bäckerei Blau"' in page
    assert (await shop.put("/api/drafts/current", json={"tier": "growth", "profile": TYPED})).json()["version"] == 2
    shop.cookies.set("draft", "dbd_guessed")
    problem(await shop.get("/api/drafts/current"), 404)
    planted = await shop.put("/api/drafts/current", json={"profile": TYPED})
    assert "dbd_guessed" not in planted.headers["set-cookie"], "a secret that somebody else made is nobody's draft"


async def test_starting_over_forgets(shop: httpx.AsyncClient, pool: Pool) -> None:
    await shop.put("/api/drafts/current", json={"profile": TYPED})
    assert (await shop.delete("/api/drafts/current")).status_code == 204
    assert "draft" not in shop.cookies
    assert await pool.fetchval("select count(*) from drafts") == 0


async def test_a_logo_is_written_anew_without_what_else_was_in_the_file(shop: httpx.AsyncClient, pool: Pool) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    file = picture("JPEG", (2400, 1200), exif=exif)
    assert b"taken at home" in file
    answer = await shop.post("/api/drafts/logo", files={"logo": ("x.jpg", file)})
    assert answer.json()["has_logo"] is True
    kept = await shop.get("/api/drafts/logo")
    assert b"taken at home" not in kept.content
    assert Image.open(io.BytesIO(kept.content)).size == (1024, 512)
    assert kept.headers["content-type"] == "image/png"
    # Typing goes on, and leaves it alone.
    assert (await shop.put("/api/drafts/current", json={"profile": TYPED})).json()["has_logo"] is True
    stored = await pool.fetchval("select logo from drafts")
    assert base64.b64decode(stored.removeprefix("data:image/png;base64,")) == kept.content
    assert (await shop.delete("/api/drafts/logo")).json()["has_logo"] is False
    problem(await shop.get("/api/drafts/logo"), 404)


def bomb() -> bytes:
    """A PNG of a few kilobytes that would be 4 GB in memory."""
    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a picture we can read"),
        (b"PK\x03\x04" + bytes(100), "not a picture we can read"),
        (picture()[:200], "damaged"),
        (bomb(), "pixels"),
        (picture(size=(10, 10)), "at least 250"),
        (picture("BMP"), "not a picture we can read"),
        (bytes(5_000_001), "larger than 5 MB"),
    ],
    ids=["empty", "svg", "zip", "cut off", "bomb", "tiny", "bmp", "large"],
)
async def test_a_file_that_is_no_logo_is_refused(shop: httpx.AsyncClient, file: bytes, words: str) -> None:
    answer = await shop.post("/api/drafts/logo", files={"logo": ("logo.png", file)})
    [wrong] = problem(answer, 422)["errors"]
    assert wrong["field"] == "body.logo"
    assert words in wrong["message"]


async def test_ten_megabytes_are_not_even_read(shop: httpx.AsyncClient) -> None:
    problem(await shop.post("/api/drafts/logo", files={"logo": ("logo.png", bytes(10_000_000))}), 413)


async def test_an_order_leads_to_the_page_where_it_is_paid(paying: httpx.AsyncClient, pool: Pool) -> None:
    order = {"tier": "growth", "profile": TYPED, "consent": True}
    answers = await asyncio.gather(*(paying.post("/api/checkout", json=order) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    first = await paying.post("/api/checkout", json=order)
    again = await paying.post("/api/checkout", json=order)
    assert first.json()["url"] == again.json()["url"], "a double click is one page to pay"
    row = await pool.fetchrow(
        "select p.*, d.consented_at as since from payments p join drafts d on d.id = p.draft_id where p.status = 'open'"
    )
    assert row
    assert (row["tier"], row["amount_cents"], row["status"]) == ("growth", Tier.GROWTH.price_cents, "open")
    assert row["profile"]["phone"] == "+49 30 12345678"
    assert row["since"]


async def test_an_order_that_is_not_right_says_all_that_is_wrong(paying: httpx.AsyncClient, pool: Pool) -> None:
    answer = await paying.post("/api/checkout", json={"profile": {**TYPED, "phone": "1", "city": ""}})
    fields = [wrong["field"] for wrong in problem(answer, 422)["errors"]]
    assert fields == ["body.profile.phone", "body.profile.city", "body.consent"]
    assert await pool.fetchval("select count(*) from payments") == 0
    assert (await paying.get("/api/drafts/current")).json()["profile"]["phone"] == "1", "what is wrong is kept as well"


async def test_nothing_is_sold_that_nobody_can_deliver(paying: httpx.AsyncClient, pool: Pool) -> None:
    await pool.execute("update directories set active = false")
    answer = await paying.post("/api/checkout", json={"profile": TYPED, "consent": True})
    [wrong] = problem(answer, 422)["errors"]
    assert (wrong["field"], "No directory of this package" in wrong["message"]) == ("body.tier", True)


async def test_without_stripe_what_is_typed_is_kept(shop: httpx.AsyncClient, pool: Pool) -> None:
    await add_directories(pool, ["alpha"])
    answer = await shop.post("/api/checkout", json={"profile": TYPED, "consent": True})
    said = problem(answer, 503)
    assert answer.headers["retry-after"] == "60"
    assert "not set up" in said["detail"]
    page = await shop.post("/checkout", data=form())
    assert page.status_code == 503
    assert "payments are not set up" in page.text
    assert 'value="Bäckerei Blau"' in page.text


async def test_the_form_is_posted_without_script(paying: httpx.AsyncClient, pool: Pool) -> None:
    wrong = await paying.post("/checkout", data=form(phone="1", consent=""), headers={"Accept": "text/html"})
    assert wrong.status_code == 422
    assert '<a href="#phone">This phone number cannot be dialled in Germany' in wrong.text
    assert '<a href="#consent">' in wrong.text
    assert 'value="Bäckerei Blau"' in wrong.text
    saved = await paying.post("/checkout", data=form(do="save", country="US"), files={"logo": ("l.png", picture())})
    assert (saved.status_code, saved.headers["location"]) == (303, "/checkout")
    page = (await paying.get("/checkout")).text
    assert "ZIP code" in page
    assert 'src="/api/drafts/logo' in page
    paid = await paying.post("/checkout", data=form())
    assert paid.status_code == 303
    assert paid.headers["location"].startswith("http")
    [row] = await pool.fetch("select profile from payments")
    assert row["profile"]["logo"].startswith("data:image/png;base64,")
    assert row["profile"]["hours"] == {"friday": {"opens": "18:00", "closes": "02:00"}}
    over = await paying.post("/checkout", data=form(do="over"))
    assert (over.status_code, await pool.fetchval("select count(*) from drafts")) == (303, 0)


async def session_of(client: httpx.AsyncClient, pool: Pool) -> str:
    await client.post("/api/checkout", json={"profile": TYPED, "consent": True})
    return str(await pool.fetchval("select checkout_session_id from payments"))


async def test_who_comes_back_from_paying_is_led_to_their_job(
    paying: httpx.AsyncClient, pool: Pool, stripe_server: Stack
) -> None:
    session = await session_of(paying, pool)
    waiting = await paying.get("/checkout/done", params={"session_id": session})
    assert waiting.status_code == 200
    assert "your payment is being confirmed" in waiting.text
    async with httpx.AsyncClient(base_url=stripe_server.environment.values["STRIPE_API_BASE"], timeout=60) as server:
        (await server.post(f"/_control/sessions/{session}/pay", params={"means": "card"})).raise_for_status()
    back = await paying.get("/checkout/done", params={"session_id": session})
    job_id = await pool.fetchval("select id from jobs")
    assert (back.status_code, back.headers["location"]) == (303, f"/jobs/{job_id}")
    assert paying.cookies[f"job-{job_id}"].startswith("dbl_")
    assert "This business has been ordered" in (await paying.get("/checkout")).text
    again = await paying.post("/api/checkout", json={"profile": TYPED, "consent": True})
    assert again.json()["url"] == f"/checkout/done?session_id={session}"


async def test_who_was_shut_out_gets_no_new_link_by_an_old_address(paying: httpx.AsyncClient, pool: Pool) -> None:
    session = await session_of(paying, pool)
    job_id = await add_begun_job(pool, ["gamma"])
    await pool.execute("update payments set status = 'paid', paid_at = now()")
    await pool.execute("update jobs set payment_id = (select id from payments)")
    async with pool.acquire() as connection:
        await links.mint(connection, job_id, "shared")
        await links.revoke_all(connection, job_id)
    back = await paying.get("/checkout/done", params={"session_id": session})
    assert (back.status_code, back.headers["location"]) == (303, f"/jobs/{job_id}")
    assert "set-cookie" not in back.headers
    assert await pool.fetchval("select count(*) from links where revoked_at is null") == 0


async def test_a_session_id_alone_shows_a_stranger_nothing(paying: httpx.AsyncClient, pool: Pool) -> None:
    session = await session_of(paying, pool)
    await pool.execute("update payments set status = 'paid', paid_at = now()")
    ours = dict(paying.cookies)
    for cookie in ("", "dbd_guessed"):
        paying.cookies.clear()
        if cookie:
            paying.cookies.set("draft", cookie)
        answer = await paying.get("/checkout/done", params={"session_id": session})
        assert answer.status_code == 200
        assert not answer.headers.get("set-cookie")
        assert "Blau" not in answer.text
        assert "Ask again for my link" in answer.text
    # Somebody else's draft does not open it either.
    await paying.put("/api/drafts/current", json={"profile": {}})
    assert "Ask again" in (await paying.get("/checkout/done", params={"session_id": session})).text
    assert ours
    assert (await paying.get("/checkout/done", params={"session_id": "cs_" + "x" * 500})).status_code == 422
