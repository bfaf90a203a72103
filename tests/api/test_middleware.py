"""What stands in front of every route: each wall by itself, and that streams go through all of them."""

import asyncio
import contextvars
import functools
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import structlog
from fastapi import Body, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from structlog.testing import capture_logs

from api.dependencies import Services, Site
from api.gateway import Unanswered
from api.main import app
from api.middleware import patience
from schema.store.database import Pool
from tests.api.browsing import live
from tests.api.test_health import api, nowhere, problem

__all__ = ["api"]

PUBLIC = "https://www.directorybolt.test"
SHOP = "https://shop.example"
SITE = Site(public_url=PUBLIC, cors_origins=(SHOP,), artifact_origin="https://proof.example")


@pytest.fixture
async def site(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """The application of a service that customers reach over TLS, and that another shop may read."""
    pool, gateway = await nowhere()
    app.state.services = Services(pool=pool, gateway=gateway, site=SITE)

    @app.post("/api/keeping")
    @app.post("/api/webhooks/keeping")
    async def keep(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    return api


# --- security headers ---


@pytest.mark.parametrize("path", ["/health", "/nosuch", "/static/site.css", "/failing"])
async def test_every_answer_has_the_security_headers(site: httpx.AsyncClient, path: str) -> None:
    @app.get("/failing")
    async def failing() -> None:
        raise RuntimeError

    headers = (await site.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob: https://proof.example",
        "connect-src": "'self'",
        "font-src": "'self'",
        "form-action": "'self' https://checkout.stripe.com",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"].startswith("max-age=31536000")


async def test_tls_is_not_demanded_where_customers_come_without_it(api: httpx.AsyncClient) -> None:
    assert "strict-transport-security" not in (await api.get("/health")).headers


async def test_a_route_may_bring_a_policy_of_its_own(site: httpx.AsyncClient) -> None:
    @app.get("/own")
    async def own() -> JSONResponse:
        return JSONResponse({}, headers={"Content-Security-Policy": "sandbox", "Cache-Control": "no-cache"})

    headers = (await site.get("/own")).headers
    assert (headers["content-security-policy"], headers["cache-control"]) == ("sandbox", "no-cache")


@pytest.mark.parametrize(
    ("path", "sent", "caching"),
    [
        ("/page", {}, "no-cache"),
        ("/page", {"Cookie": "job-1=x"}, "no-store"),
        ("/page", {"Authorization": "Bearer x"}, "no-store"),
        ("/api/thing", {"Authorization": "Bearer x"}, "private, no-cache"),
        ("/api/nosuch", {}, "no-store"),
        ("/static/site.css", {"Cookie": "job-1=x"}, "public, max-age=300"),
        ("/static/nosuch.css", {}, "no-store"),
    ],
)
async def test_nothing_personal_is_left_in_a_cache(
    site: httpx.AsyncClient, path: str, sent: dict[str, str], caching: str
) -> None:
    @app.get("/page")
    async def shown() -> HTMLResponse:
        return HTMLResponse("<p>Hello</p>")

    @app.get("/api/thing")
    async def thing() -> dict[str, str]:
        return {}

    # The mount of /static stands before what a test adds.
    assert (await site.get(path, headers=sent)).headers["cache-control"] == caching


# --- request ids and the log ---


async def test_a_request_is_named_alike_in_its_answer_its_problem_and_every_line_of_the_log(
    site: httpx.AsyncClient,
) -> None:
    @app.get("/api/secret/{token}")
    async def secret(token: str) -> None:
        structlog.get_logger("test").info("inside")
        raise HTTPException(404)

    with capture_logs(processors=[_named]) as lines:
        answer = await site.get("/api/secret/dbl_s3cret", headers={"X-Request-ID": "shop-4711"})
    assert answer.headers["x-request-id"] == problem(answer, 404)["request_id"] == "shop-4711"
    assert [line["event"] for line in lines] == ["inside", "request"]
    assert {line["request_id"] for line in lines} == {"shop-4711"}
    assert lines[1]["route"] == "/api/secret/{token}"
    assert "s3cret" not in str(lines)


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "line\tfeed"])
async def test_what_is_no_name_is_not_taken_for_one(site: httpx.AsyncClient, given: str) -> None:
    named = (await site.get("/health", headers={"X-Request-ID": given})).headers["x-request-id"]
    assert len(named) == 32
    assert named != given


def _named(logger: Any, method: str, event: Any) -> Any:
    from deploy.runtime.logs import name_request

    return name_request(logger, method, event)


# --- errors ---


@pytest.mark.parametrize(("error", "status"), [(HTTPException(404), 404), (ConnectionRefusedError(), 503)])
async def test_a_browser_gets_a_page_and_everybody_else_a_problem(
    site: httpx.AsyncClient, error: Exception, status: int
) -> None:
    @app.get("/raising")
    async def raising() -> None:
        raise error

    shown = await site.get("/raising", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (shown.status_code, shown.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "<h1>" in shown.text
    assert "Accept" in shown.headers["vary"]
    # What is away comes back before whoever waits has pressed a key.
    assert shown.headers.get("refresh") == ("5" if status == 503 else None)
    problem(await site.get("/raising", headers={"Accept": "application/json"}), status)


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), Unanswered("No worker has answered.")])
async def test_what_is_away_says_when_to_come_again(site: httpx.AsyncClient, error: Exception) -> None:
    @app.get("/api/raising")
    async def raising() -> None:
        raise error

    answer = await site.get("/api/raising")
    problem(answer, 503)
    assert answer.headers["retry-after"] == "5"


async def test_a_text_that_cannot_be_stored_is_the_callers_fault(api: httpx.AsyncClient, pool: Pool) -> None:
    _, gateway = await nowhere()
    app.state.services = Services(pool=pool, gateway=gateway)

    @app.post("/api/storing")
    async def storing(text: str = Body(embed=True)) -> None:
        await pool.fetchval("select $1::text", text)

    answer = await api.post("/api/storing", json={"text": "a\x00b"})
    assert "NUL" in problem(answer, 422)["errors"][0]["message"]


async def test_a_wrong_method_is_told_all_the_right_ones(site: httpx.AsyncClient) -> None:
    @app.get("/api/thing")
    @app.delete("/api/thing")
    async def thing() -> None: ...

    answer = await site.put("/api/thing")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, DELETE"


@pytest.mark.parametrize("path", ["/health", "/api/nosuch", "/privacy"])
async def test_a_head_is_answered_as_the_get_would_be(site: httpx.AsyncClient, path: str) -> None:
    head, whole = await site.head(path), await site.get(path)
    assert head.status_code == whole.status_code
    assert head.headers.get("etag") == whole.headers.get("etag")
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_that_is_not_said_to_be_json_is_not_taken_for_it(site: httpx.AsyncClient, kind: str) -> None:
    @app.post("/api/taking")
    async def take(said: dict[str, int]) -> None: ...

    refused = await site.post("/api/taking", content=b"{}", headers={"Content-Type": kind})
    assert "Content-Type: application/json" in problem(refused, 415)["detail"]


async def test_what_is_not_json_is_told_where_it_ends_to_be(site: httpx.AsyncClient) -> None:
    @app.post("/api/taking")
    async def take(said: dict[str, int]) -> None: ...

    refused = await site.post("/api/taking", content=b'{"a": 1,}', headers={"Content-Type": "application/json"})
    assert problem(refused, 422)["errors"] == [{"field": "body", "message": "It is not JSON, from character 8 on."}]


async def test_being_sent_elsewhere_is_no_error(site: httpx.AsyncClient) -> None:
    @app.get("/leaving")
    async def leaving() -> None:
        raise HTTPException(HTTPStatus.SEE_OTHER, headers={"Location": "/health"})

    answer = await site.get("/leaving", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"], answer.content) == (303, "/health", b"")


async def test_a_slash_too_many_leads_to_no_other_host(site: httpx.AsyncClient) -> None:
    for path, there in (("/l/dbl_x/", "/l/dbl_x"), ("/staff/sign-in/", "/staff/sign-in"), ("//staff/", "/staff")):
        answer = await site.get(f"http://api.test{path}", headers={"Host": "evil.example"})
        assert (answer.status_code, answer.headers["location"]) == (308, there)
    assert (await site.get("/nosuch/")).status_code == 404


# --- other sites ---

COOKIE = {"Cookie": "job-1=secret"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (COOKIE, 403),
        (COOKIE | {"Sec-Fetch-Site": "same-origin"}, 200),
        (COOKIE | {"Sec-Fetch-Site": "none"}, 200),
        (COOKIE | {"Sec-Fetch-Site": "cross-site"}, 403),
        (COOKIE | {"Sec-Fetch-Site": "same-site"}, 403),
        (COOKIE | {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC}, 403),
        (COOKIE | {"Origin": PUBLIC}, 200),
        (COOKIE | {"Origin": "http://api.test"}, 200),
        (COOKIE | {"Origin": "https://evil.example"}, 403),
        (COOKIE | {"Origin": "null"}, 403),
        (COOKIE | {"Origin": "http://["}, 403),
        (COOKIE | {"Origin": SHOP}, 403),
        (COOKIE | {"Authorization": "Bearer x"}, 200),
        (COOKIE | {"Authorization": "Basic x"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": SHOP, "Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"}, 200),
    ],
)
async def test_no_other_site_acts_with_a_visitors_cookies(
    site: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await site.post("/api/keeping", headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert problem(answer, 403)["detail"]


async def test_reading_is_no_action(site: httpx.AsyncClient) -> None:
    answer = await site.get("/health", headers=COOKIE | {"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200


async def test_only_named_origins_may_read_and_never_with_cookies(site: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    allowed = await site.options("/api/keeping", headers=asked | {"Origin": SHOP})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, SHOP)
    assert "access-control-allow-credentials" not in allowed.headers
    refused = await site.options("/api/keeping", headers=asked | {"Origin": "https://evil.example"})
    assert refused.status_code == 400
    for origin, told in ((SHOP, SHOP), ("https://evil.example", None)):
        answer = await site.get("/health", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == told
        assert "access-control-allow-credentials" not in answer.headers


async def test_by_default_no_other_site_may_read(api: httpx.AsyncClient) -> None:
    assert "access-control-allow-origin" not in (await api.get("/health", headers={"Origin": SHOP})).headers


# --- rate limits ---


async def test_who_asks_too_often_is_told_when_to_come_again(site: httpx.AsyncClient) -> None:
    async def asked(**headers: str) -> httpx.Response:
        return await site.post("/api/links", headers=headers)

    first = await asked()
    assert first.headers["ratelimit-policy"] == '"links";q=5;w=60'
    assert first.headers["ratelimit"].startswith('"links";r=4;t=')
    for number in range(4):
        # Neither another token nor a header that anybody can write makes somebody else of a caller.
        more = await asked(authorization=f"Bearer {number}", x_forwarded_for=f"10.0.0.{number}")
        assert more.status_code != 429
    refused = await asked()
    assert "5 such requests" in problem(refused, 429)["detail"]
    assert 0 < int(refused.headers["retry-after"]) <= 60
    # The router takes a line break at the end of an address for its end.
    assert (await site.post("/links%0a")).status_code == 429
    assert (await site.post("/api/links%0a")).status_code == 429
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as other:
        assert (await other.post("/api/links")).status_code != 429


async def test_nobody_is_somebody_else_by_what_they_show(site: httpx.AsyncClient) -> None:
    path = "/api/jobs/5f0c7d5e-0d4e-4b8e-9f0a-3c1f6f1f2b11/report.pdf"
    left = [
        (await site.get(path, headers={"Authorization": f"Basic {number}"})).headers["ratelimit"] for number in range(2)
    ]
    assert left[0].startswith('"print";r=29;')
    assert left[1].startswith('"print";r=28;')


async def test_an_ipv6_network_is_one_client(site: httpx.AsyncClient) -> None:
    statuses = []
    for number in range(6):
        transport = httpx.ASGITransport(app, client=(f"2001:db8::{number}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as neighbour:
            statuses.append((await neighbour.post("/api/links")).status_code)
    assert statuses[-1] == 429
    assert 429 not in statuses[:-1]


async def test_stripe_is_not_counted(site: httpx.AsyncClient) -> None:
    assert "ratelimit" not in (await site.post("/api/webhooks/keeping")).headers
    assert "ratelimit" in (await site.post("/api/keeping")).headers


# --- bodies ---

KB = 1024


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize(("path", "most"), [("/api/keeping", 64 * KB), ("/api/webhooks/keeping", 1024 * KB)])
async def test_a_body_is_only_so_big_whatever_its_headers_promise(
    site: httpx.AsyncClient, path: str, most: int, said: bool
) -> None:
    async def pieces(size: int) -> AsyncIterator[bytes]:
        for _ in range(16):
            yield b"x" * (size // 16)
        yield b"x" * (size % 16)

    async def posted(size: int) -> httpx.Response:
        return await site.post(path, content=b"x" * size if said else pieces(size))

    assert (await posted(most)).json() == {"bytes": most}
    assert "at most" in problem(await posted(most + 1), 413)["detail"]


@pytest.mark.parametrize("said", [True, False])
async def test_who_sends_far_too_much_reads_why_and_is_not_cut_off(pool: Pool, said: bool) -> None:
    much = b"x" * (4096 * KB)

    async def pieces() -> AsyncIterator[bytes]:
        yield much

    _, gateway = await nowhere()
    # More than the sockets on its way hold.
    async with live(Services(pool=pool, gateway=gateway)) as url, httpx.AsyncClient(timeout=60) as client:
        for _ in range(5):
            refused = await client.post(f"{url}/api/profile/check", content=much if said else pieces())
            assert "at most" in problem(refused, 413)["detail"]


# --- entity tags ---


async def test_who_has_it_already_is_sent_nothing(site: httpx.AsyncClient) -> None:
    state = {"count": 1}

    @app.get("/api/state")
    async def shown() -> dict[str, int]:
        return state

    first = await site.get("/api/state")
    tag = first.headers["etag"]
    for named in (tag, f'"other", {tag}', "*"):
        same = await site.get("/api/state", headers={"If-None-Match": named})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert same.headers["cache-control"] == "private, no-cache"
        assert "content-length" not in same.headers
    state["count"] = 2
    changed = await site.get("/api/state", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()) == (200, {"count": 2})
    assert changed.headers["etag"] != tag


async def test_an_error_has_no_tag(site: httpx.AsyncClient) -> None:
    answer = await site.get("/api/nosuch", headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.headers.get("etag")) == (404, None)


async def test_a_stream_comes_through_piece_by_piece(site: httpx.AsyncClient) -> None:
    more = asyncio.Event()

    @app.get("/api/streaming")
    async def streaming() -> StreamingResponse:
        async def events() -> AsyncIterator[str]:
            yield "data: 1\n\n"
            await more.wait()
            yield "data: 2\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    got: list[bytes] = []
    first = asyncio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert b"etag" not in dict(message["headers"])
        elif message["body"]:
            got.append(message["body"])
            first.set()

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope = {"type": "http", "method": "GET", "path": "/api/streaming", "query_string": b"", "headers": []}
    running = asyncio.create_task(app({**scope, "app": app}, receive, send))
    async with asyncio.timeout(60):
        await first.wait()
        assert got == [b"data: 1\n\n"]
        more.set()
        await running
    assert got == [b"data: 1\n\n", b"data: 2\n\n"]


# --- patience ---


async def test_who_reads_is_not_kept_waiting_by_a_part_that_hangs(
    site: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_PATIENCE_S", 3600)
    answers = asyncio.Event()
    reached = asyncio.Semaphore(0)
    loop, timers = asyncio.get_running_loop(), list[tuple[asyncio.TimerHandle, Callable[[], object]]]()
    call_later = loop.call_later

    def later(delay: float, callback: Callable[..., object], *args: Any, **options: Any) -> asyncio.TimerHandle:
        timer = call_later(delay, callback, *args, **options)
        if delay == 3600:
            timers.append((timer, functools.partial(contextvars.copy_context().run, callback)))
        return timer

    monkeypatch.setattr(loop, "call_later", later)

    @app.get("/hanging")
    @app.post("/hanging")
    async def hanging() -> str:
        reached.release()
        await answers.wait()
        raise RuntimeError

    @app.get("/begun")
    async def begun() -> StreamingResponse:
        async def slowly() -> AsyncIterator[bytes]:
            yield b"."
            reached.release()
            await answers.wait()
            yield b".."

        return StreamingResponse(slowly())

    asked = [
        asyncio.create_task(request)
        for request in (site.get("/hanging"), site.post("/hanging", headers={"Origin": PUBLIC}), site.get("/begun"))
    ]
    for _ in asked:
        await asyncio.wait_for(reached.acquire(), 60)
    # The hour has passed.
    for timer, give_up in timers:
        if not timer.cancelled():
            give_up()
    # Whatever comes now, the one has been told, and the others hear what became of it.
    answers.set()
    told, written, streamed = await asyncio.gather(*asked)
    assert streamed.text == "..."
    body = problem(told, HTTPStatus.SERVICE_UNAVAILABLE)
    assert (told.headers["retry-after"], body["request_id"]) == ("5", told.headers["x-request-id"])
    problem(written, HTTPStatus.INTERNAL_SERVER_ERROR)
