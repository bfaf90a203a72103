"""How a customer gets to their job without an account, gets back to it, and keeps others out."""

import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from api.access.auth import job_cookie
from api.dependencies import Services, Site
from api.main import app
from schema.store import links
from schema.store.database import Pool, Seat, open_pool
from tests.api.test_health import nowhere
from tests.factories import PROFILE, add_begun_job


@pytest.fixture
async def services(database_url: str) -> AsyncIterator[Services]:
    """As the API runs: its pools see no more than they need."""
    _, away = await nowhere()
    async with (
        await open_pool(database_url, 5, Seat.STAFF) as pool,
        await open_pool(database_url, 5, Seat.CUSTOMERS) as customers,
    ):
        yield Services(pool=pool, customers=customers, gateway=away, site=Site(public_url="https://bolt.test"))


@pytest.fixture
async def browser(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    state = dict(app.state._state)
    app.state.services = services
    transport = httpx.ASGITransport(app)
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url="https://bolt.test", headers=headers) as opened:
        yield opened
    app.state._state = state


async def mails_of(pool: Pool) -> list[tuple[str, UUID | None]]:
    return [
        (row["kind"], row["job_id"]) for row in await pool.fetch("select kind, job_id from mails order by created_at")
    ]


async def test_a_link_opens_the_job_and_leaves_the_address_bar(pool: Pool, browser: httpx.AsyncClient) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    secret = await links.mint(pool, job_id, "test")
    answer = await browser.get(f"/l/{secret}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/jobs/{job_id}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{job_cookie(job_id)}={secret.lower()}")
    assert {"httponly", "samesite=lax", "secure", "path=/"} <= {part.strip() for part in cookie.split(";")}
    page = await browser.get(f"/jobs/{job_id}")
    assert page.status_code == 200
    assert "Bluebird Bakery" in page.text
    assert secret not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert await pool.fetchval("select used_at > now() - interval '1 minute' from links")


async def test_a_browser_finds_back_to_what_it_has_opened(pool: Pool, browser: httpx.AsyncClient) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    assert str(job_id) not in (await browser.get("/links")).text
    secret = await links.mint(pool, job_id, "test")
    await browser.get(f"/l/{secret}")
    page = await browser.get("/links")
    assert f'href="/jobs/{job_id}"' in page.text
    assert secret not in page.text
    await links.revoke_all(pool, job_id)
    assert str(job_id) not in (await browser.get("/links")).text


@pytest.mark.parametrize("how", ["unknown", "revoked", "expired", "mistyped"])
async def test_a_link_that_does_not_hold_offers_a_new_one(pool: Pool, browser: httpx.AsyncClient, how: str) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    secret = await links.mint(pool, job_id, "test")
    match how:
        case "revoked":
            await links.revoke_all(pool, job_id)
        case "expired":
            await pool.execute("update links set expires_at = now() - interval '1 second'")
        case "mistyped":
            secret = secret[:-1]
        case _:
            secret = "dbl_" + "x" * 43
    answer = await browser.get(f"/l/{secret}")
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
    assert 'href="/links"' in answer.text
    # Likewise where it once opened the job in this browser.
    browser.cookies.set(job_cookie(job_id), secret)
    page = await browser.get(f"/jobs/{job_id}")
    assert (page.status_code, 'href="/links"' in page.text) == (401, True)


async def test_a_link_opens_no_other_job(pool: Pool, browser: httpx.AsyncClient) -> None:
    own = await add_begun_job(pool, ["alpha"])
    other = await add_begun_job(pool, ["beta"], profile=PROFILE.model_copy(update={"business_name": "Somebody Else"}))
    secret = await links.mint(pool, own, "test")
    browser.cookies.set(job_cookie(other), secret)
    for job_id in (other, uuid4(), "nonsense"):
        browser.cookies.set(f"job-{job_id}", secret)
        for answer in (
            await browser.get(f"/jobs/{job_id}"),
            await browser.post(f"/jobs/{job_id}/link"),
            await browser.post(f"/jobs/{job_id}/actions/{uuid4()}", data={"decision": "confirmed"}),
        ):
            assert answer.status_code == 404
            assert "Somebody Else" not in answer.text
    assert await mails_of(pool) == []


async def test_who_has_lost_their_link_is_mailed_another_and_nobody_learns_who_is_known(
    pool: Pool, browser: httpx.AsyncClient
) -> None:
    await add_begun_job(pool, ["alpha"])
    assert (await browser.get("/links")).status_code == 200
    answers, times = [], []
    for address in ("stranger@example.com", "Hello@BluebirdBakery.com", "hello@bluebirdbakery.com"):
        begun = time.monotonic()
        answer = await browser.post("/links", data={"email": address})
        times.append(time.monotonic() - begun)
        answers.append(
            answer.text.replace(address, "").replace(address.lower(), "").replace("Hello@bluebirdbakery.com", "")
        )
        assert answer.status_code == 200
    assert len(set(answers)) == 1
    assert all(took >= 0.3 for took in times)
    assert await mails_of(pool) == [("links", None)]


async def test_what_is_no_address_is_said(pool: Pool, browser: httpx.AsyncClient) -> None:
    for wrong in ("", "nobody", "a@b@c", '"><script>alert(1)</script>@example.com'):
        answer = await browser.post("/links", data={"email": wrong})
        assert answer.status_code == 422
        assert "does not look like an e-mail address" in answer.text
        assert "<script>alert" not in answer.text


async def test_a_link_that_was_shared_is_replaced(pool: Pool, browser: httpx.AsyncClient) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    shared = [await links.mint(pool, job_id, "test") for _ in range(2)]
    await browser.get(f"/l/{shared[0]}")
    answer = await browser.post(f"/jobs/{job_id}/link")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/jobs/{job_id}?said=renewed")
    assert [await links.find(pool, secret) for secret in shared] == [None, None]
    assert (await browser.get(answer.headers["location"])).status_code == 200
    assert await mails_of(pool) == [("links", job_id)]
    # Whoever else had it is out.
    browser.cookies.clear()
    browser.cookies.set(job_cookie(job_id), shared[1])
    assert (await browser.get(f"/api/jobs/{job_id}")).status_code == 401


async def test_another_site_replaces_nobodys_link(pool: Pool, browser: httpx.AsyncClient) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    await browser.get(f"/l/{await links.mint(pool, job_id, 'test')}")
    answer = await browser.post(f"/jobs/{job_id}/link", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert await pool.fetchval("select count(*) from links where revoked_at is not null") == 0
