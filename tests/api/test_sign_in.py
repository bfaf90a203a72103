"""Staff in a browser: in by a token or by an OpenID provider, out again, and never in by anything else."""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from playwright.async_api import Browser
from pydantic import SecretStr
from temporalio.client import Client

from api.access.auth import SESSION_COOKIE
from api.access.oidc import Attempt, Provider, SignInRefused
from api.dependencies import Services, Site
from api.gateway import WorkflowGateway
from api.main import app
from deploy.runtime.oidc import oidc_provider
from deploy.runtime.settings import Settings
from schema.contracts.access import AuditFilter, Scope
from schema.store import audit, sessions, tokens
from schema.store.database import Pool, Seat, open_pool
from tests.api import browsing

SITE = "http://api.test"
OURS = {"Origin": SITE}


@pytest.fixture
async def services(database_url: str) -> AsyncIterator[Services]:
    gateway = WorkflowGateway(await Client.connect("127.0.0.1:1", lazy=True))
    async with await open_pool(database_url, 3, Seat.STAFF) as pool:
        yield Services(pool, gateway, site=Site(public_url=SITE))


@contextlib.asynccontextmanager
async def asking(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's cookies and nothing else."""
    state = dict(app.state._state)
    app.state.services = services
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE, headers=OURS) as client:
        yield client
    app.state._state = state


async def let_in(client: httpx.AsyncClient) -> bool:
    """Whether staff's own are answered."""
    answer = await client.get("/api/actions")
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def test_a_token_is_pasted_and_a_session_is_kept_until_signing_out(services: Services, pool: Pool) -> None:
    token = await tokens.create(pool, "ana", [Scope.ACT], "test")
    async with asking(services) as client:
        away = await client.get("/staff")
        assert (away.status_code, away.headers["location"]) == (303, "/staff/sign-in?next=%2Fstaff")
        answer = await client.post("/staff/sign-in", data={"token": f" {token.secret}\n", "next": "/staff"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
        cookie = answer.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"))
        assert "Secure" not in cookie
        assert token.secret not in cookie
        secret = client.cookies[SESSION_COOKIE]
        assert await let_in(client)
        assert secret not in await pool.fetchval("select string_agg(s::text, ' ') from staff_sessions s")

        # The cookie is for reading pages and acting in them, not as a bearer token.
        bearer = await client.get("/api/actions", headers={"Authorization": f"Bearer {secret}"})
        assert bearer.status_code == 401
        assert (await client.post("/staff/sign-out")).headers["location"] == "/staff/sign-in"
        assert SESSION_COOKIE not in client.cookies
        client.cookies.set(SESSION_COOKIE, secret)
        assert not await let_in(client)
    did = await audit.listed(pool, AuditFilter(what="session"))
    assert [(entry.who, entry.what) for entry in did] == [("ana", "session.end"), ("ana", "session.begin")]
    assert all(entry.request_id for entry in did)


async def test_signing_in_anew_ends_the_session_that_the_browser_had(services: Services, pool: Pool) -> None:
    token = await tokens.create(pool, "ana", [Scope.ACT], "test")
    async with asking(services) as client:
        await client.post("/staff/sign-in", data={"token": token.secret})
        before = client.cookies[SESSION_COOKIE]
        await client.post("/staff/sign-in", data={"token": "dbt_wrong"})
        assert await sessions.find(pool, before), "who could not sign in has changed nothing"
        await client.post("/staff/sign-in", data={"token": token.secret})
        assert client.cookies[SESSION_COOKIE] != before
        assert await let_in(client)
    assert await sessions.find(pool, before) is None


async def test_over_tls_the_cookie_is_kept_to_it(services: Services, pool: Pool) -> None:
    token = await tokens.create(pool, "ana", [Scope.READ], "test")
    secure = Services(services.pool, services.gateway, site=Site(public_url="https://api.test"))
    async with asking(secure) as client:
        answer = await client.post(
            "/staff/sign-in", data={"token": token.secret}, headers={"Origin": "https://api.test"}
        )
        assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("end", ["revoked", "expired", "12 hours"])
async def test_a_session_ends_with_its_token_and_with_its_day(services: Services, pool: Pool, end: str) -> None:
    token = await tokens.create(pool, "ana", [Scope.READ], "test")
    async with asking(services) as client:
        await client.post("/staff/sign-in", data={"token": token.secret})
        assert await let_in(client)
        if end == "revoked":
            await tokens.revoke(pool, "ana")
        elif end == "expired":
            await pool.execute("update tokens set expires_at = now() - interval '1 second'")
        else:
            await pool.execute("update staff_sessions set expires_at = expires_at - interval '12 hours'")
        assert not await let_in(client)


async def test_what_is_no_token_of_staff_lets_nobody_in(services: Services, pool: Pool) -> None:
    service = await tokens.create(pool, "shop", [Scope.ENQUEUE], "test")
    gone = await tokens.create(pool, "ben", [Scope.ADMIN], "test")
    await tokens.revoke(pool, "ben")
    async with asking(services) as client:
        said = set()
        for wrong in (gone.secret, "dbt_" + "x" * 43, "", "é\x00"[:1]):
            answer = await client.post("/staff/sign-in", data={"token": wrong})
            assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
            said.add(re.sub(r"\s+", " ", re.findall(r'role="alert">(.*?)<', answer.text)[0]))
        assert said == {"This token is not known here, or it holds no more."}
        answer = await client.post("/staff/sign-in", data={"token": service.secret})
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
        assert service.secret not in answer.text


async def test_nothing_in_the_address_lets_anybody_in(services: Services, pool: Pool) -> None:
    token = await tokens.create(pool, "ana", [Scope.ADMIN], "test")
    async with asking(services) as client:
        for name in ("token", "access_token", "authorization", SESSION_COOKIE):
            assert (await client.get("/api/actions", params={name: token.secret})).status_code == 401
        await client.get("/staff/sign-in", params={"token": token.secret})
        assert SESSION_COOKIE not in client.cookies


async def test_nobody_is_sent_elsewhere_after_signing_in(services: Services, pool: Pool) -> None:
    token = await tokens.create(pool, "ana", [Scope.READ], "test")
    async with asking(services) as client:
        for elsewhere in (
            "https://evil.example/",
            "//evil.example",
            "/staff//evil.example",
            "/\\evil.example",
            "/staffé",
        ):
            answer = await client.post("/staff/sign-in", data={"token": token.secret, "next": elsewhere})
            assert answer.headers["location"] == "/staff"
            assert "evil" not in (await client.get("/staff/sign-in", params={"next": elsewhere})).text


async def test_another_site_signs_nobody_in_or_out(services: Services, pool: Pool) -> None:
    token = await tokens.create(pool, "ana", [Scope.READ], "test")
    async with asking(services) as client:
        for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await client.post("/staff/sign-in", data={"token": token.secret}, headers=foreign)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
        await client.post("/staff/sign-in", data={"token": token.secret})
        assert (await client.post("/staff/sign-out", headers={"Origin": "https://evil.example"})).status_code == 403
        assert await let_in(client)


async def test_a_session_is_never_more_than_its_scopes(services: Services, pool: Pool) -> None:
    secret = await sessions.begin(pool, "ana", [Scope.READ])
    async with asking(services) as client:
        client.cookies.set(SESSION_COOKIE, secret)
        assert await let_in(client)
        claim = f"/api/actions/{'0' * 8}-0000-0000-0000-{'0' * 12}/claim"
        answer = await client.post(claim, json={})
        assert answer.status_code == 403
        assert 'scope="act"' in answer.headers["www-authenticate"]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A real OpenID provider, at which everybody signs in as whom they like."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


def with_provider(services: Services, issuer: str) -> Services:
    groups = {"viewers": Scope.READ, "clerks": Scope.ACT}
    provider = Provider(issuer, "directorybolt", SecretStr("s3cret"), groups, f"{SITE}/staff/sign-in/done")
    return Services(services.pool, services.gateway, site=services.site, provider=provider)


async def went(client: httpx.AsyncClient, issuer: str, claims: dict[str, Any], subject: str = "ana") -> str:
    """The address at which the browser comes back, after its person has signed in there as this one."""
    begun = await client.get("/staff/sign-in/provider", params={"next": "/staff?hours=24"})
    assert begun.status_code == 303, begun.text
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    async with httpx.AsyncClient(timeout=60) as there:
        (await there.put(f"{issuer}/users/{subject}", json=claims)).raise_for_status()
        back = await there.post(begun.headers["location"], data={"sub": subject})
    assert back.status_code == 302, back.text
    return str(back.headers["location"]).removeprefix(SITE)


KNOWN = {"email": "ana@example.com", "email_verified": True, "groups": ["clerks", "others"]}


async def test_the_provider_knows_who_they_are_and_the_settings_what_they_may(
    services: Services, pool: Pool, issuer: str
) -> None:
    async with asking(with_provider(services, issuer)) as client:
        assert "Sign in with localhost" in (await client.get("/staff/sign-in")).text
        back = await went(client, issuer, KNOWN)
        answer = await client.get(back)
        # Not a redirect: the strict cookie would not be sent with one that began at the provider's.
        assert (answer.status_code, 'url=/staff?hours=24"' in answer.text) == (200, True)
        assert "SameSite=strict" in answer.headers["set-cookie"]
        assert await let_in(client)
        [session] = await pool.fetch("select name, scopes, token_id from staff_sessions")
        assert tuple(session) == ("ana@example.com", ["act"], None)
        [entry] = await audit.listed(pool, AuditFilter(what="session.begin"))
        assert (entry.who, entry.detail) == ("ana@example.com", {"via": "oidc:localhost"})
        # What brought them here works once, and in this browser alone.
        assert (await client.get(back)).status_code == 400


async def test_whom_the_provider_knows_and_we_do_not_stays_outside(services: Services, issuer: str) -> None:
    strangers: tuple[tuple[dict[str, Any], str], ...] = (
        ({**KNOWN, "groups": ["others"]}, "in no group"),
        ({**KNOWN, "groups": "clerks"}, "in no group"),
        ({**KNOWN, "email_verified": False}, "no verified e-mail"),
        ({"email": "ana@example.com", "groups": ["clerks"]}, "no verified e-mail"),
        ({"email_verified": True, "groups": ["clerks"]}, "no verified e-mail"),
    )
    async with asking(with_provider(services, issuer)) as client:
        for claims, why in strangers:
            answer = await client.get(await went(client, issuer, claims, "stranger"))
            assert (answer.status_code, why in answer.text) == (403, True)
            assert SESSION_COOKIE not in client.cookies


async def test_what_comes_back_to_another_browser_or_altered_signs_nobody_in(services: Services, issuer: str) -> None:
    both = with_provider(services, issuer)
    async with asking(both) as ana:
        back = await went(ana, issuer, KNOWN)
        async with asking(both) as ben:
            assert (await ben.get(back)).status_code == 400
            await went(ben, issuer, KNOWN)
            # Ana's code in Ben's browser: as whoever sends somebody a link to sign them in as themselves.
            assert (await ben.get(back)).status_code == 403
            assert SESSION_COOKIE not in ben.cookies
        for wrong in ("code=guess", "error=access_denied", ""):
            back = await went(ana, issuer, KNOWN)
            state = parse_qs(urlsplit(back).query)["state"][0]
            assert (await ana.get(f"/staff/sign-in/done?state={state}&{wrong}")).status_code == 403
        ana.cookies.set("staff-sign-in", "no attempt at all", domain="api.test")
        assert (await ana.get(back)).status_code == 400


def signed(key: jwk.RSAKey, claims: dict[str, Any], algorithm: str = "RS256") -> str:
    return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])


KEY = jwk.RSAKey.generate_key(2048, auto_kid=True)
GOOD = {"iss": "https://id.example", "aud": "us", "sub": "1", "exp": 6_000_000_000, "iat": 1, "nonce": "n"}


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"aud": ["us", "others"], "azp": "us"}, True),
        ({"iss": "https://evil.example"}, False),
        ({"aud": "others"}, False),
        ({"aud": ["us", "others"]}, False),
        ({"azp": "others"}, False),
        ({"nonce": "another"}, False),
        ({"nonce": None}, False),
        ({"exp": 1}, False),
        ({"exp": None}, False),
    ],
)
def test_an_identity_is_checked_word_by_word(change: dict[str, Any], good: bool) -> None:
    provider = Provider("https://id.example", "us", None, {}, "")
    claims = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with contextlib.nullcontext() if good else pytest.raises(Exception, match=r"claim|token"):
        assert provider._checked(signed(KEY, claims), jwk.KeySet([KEY]), "n")["sub"] == "1"


def test_an_identity_is_signed_by_the_providers_key_and_by_no_secret_of_ours() -> None:
    key, other = KEY, jwk.RSAKey.generate_key(2048, auto_kid=True)
    provider = Provider("https://id.example", "us", SecretStr("s3cret"), {}, "")
    nobody = ".".join((signed(key, GOOD).split(".")[0], signed(key, GOOD).split(".")[1], ""))
    shared = jwt.encode({"alg": "HS256"}, GOOD, jwk.OctKey.import_key("s3cret-s3cret-s3cret-s3cret-s3cret"))
    for forged in (signed(other, GOOD), nobody, shared, signed(key, GOOD)[:-4] + "AAAA"):
        with pytest.raises((JoseError, ValueError)):
            provider._checked(forged, jwk.KeySet([key]), "n")


async def test_a_provider_that_is_away_is_said_and_a_token_still_lets_in(services: Services, pool: Pool) -> None:
    async with asking(with_provider(services, "http://localhost:1")) as client:
        answer = await client.get("/staff/sign-in/provider")
        assert (answer.status_code, "does not answer" in answer.text) == (503, True)
        assert 'name="token"' in answer.text
    async with asking(services) as client:
        assert (await client.get("/staff/sign-in/provider")).status_code == 404
        assert (await client.get("/staff/sign-in/done")).status_code == 404


def test_what_a_browser_keeps_of_an_attempt_is_its_own() -> None:
    attempt = Attempt(state="s", nonce="n", verifier="v", next="/staff")
    assert Attempt.unpacked(attempt.packed()) == attempt
    assert [Attempt.unpacked(value) for value in ("", "e30=", "é", "!!!!")] == [None] * 4
    assert issubclass(SignInRefused, Exception)


def test_the_settings_make_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {"database_url": "postgresql://x@h/d", "oidc_issuer": "https://id.example/"}
    with pytest.raises(ValueError, match="OIDC_ISSUER"):
        Settings(_env_file=None, **given)
    with pytest.raises(ValueError, match="nobody could come in"):
        Settings(_env_file=None, **given, oidc_client_id="us")
    with pytest.raises(ValueError, match="https://"):
        Settings(_env_file=None, **{**given, "oidc_issuer": "http://id.example"}, oidc_client_id="us")
    settings = Settings(
        _env_file=None, **given, oidc_client_id="us", oidc_act_group="clerks", public_url="https://x.example"
    )
    provider = oidc_provider(settings)
    assert provider == Provider(
        "https://id.example", "us", None, {"clerks": Scope.ACT}, "https://x.example/staff/sign-in/done"
    )


async def test_the_page_is_read_and_used_by_everybody(services: Services, pool: Pool, browser: Browser) -> None:
    """Keyboard alone, on a phone's width, in the dark: what follows the # is in its field, and in no request."""
    token = await tokens.create(pool, "ana", [Scope.READ], "test")
    async with browsing.live(services) as url:
        page = await browser.new_page(viewport={"width": 360, "height": 740})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{url}/staff/sign-in#{token.secret}")
        assert await page.input_value("#token") == token.secret
        assert token.secret not in page.url
        assert await browsing.violations(page) == []
        assert await browsing.overflow(page) <= 0
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/staff")
        assert not any(token.secret in address for address in asked)
        cookies = await page.context.cookies()
        assert [(cookie["name"], cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [
            (SESSION_COOKIE, True, "Strict")
        ]
        await page.close()
