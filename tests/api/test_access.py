"""Every route there is, asked by everybody there is: who is let in is said here, and nowhere else in the tests.

A route that is in none of the tables fails: whoever adds one says who it is for.
"""

import asyncio
import dataclasses
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from temporalio.client import Client

from api.access.auth import SESSION_COOKIE, job_cookie
from api.dependencies import Services, Site
from api.gateway import WorkflowGateway
from api.main import app
from schema.contracts.access import Scope
from schema.store import links, sessions, tokens
from schema.store.database import Pool, Seat, open_pool
from tests.factories import PROFILE, add_begun_job

OPEN = {
    "GET /health": "whether the process lives",
    "GET /ready": "whether it may be sent requests",
    "GET /openapi.json": "what the API is",
    "MOUNT /static": "looks and scripts",
    "GET /": "what is sold",
    "GET /terms": "what is agreed",
    "GET /privacy": "what is kept",
    "GET /checkout": "whoever wants to buy; a draft is found by its cookie alone",
    "POST /checkout": "likewise",
    "GET /checkout/address": "likewise",
    "GET /checkout/done": "whoever comes from paying: a link is given to the browser that holds the draft",
    "POST /api/checkout": "likewise",
    "POST /api/profile/check": "says what is wrong with what is sent, and keeps nothing",
    "GET /api/categories": "a list of words",
    "GET /api/places/{country}": "a list of words",
    "GET /api/drafts/current": "the draft of this browser's cookie",
    "PUT /api/drafts/current": "likewise",
    "DELETE /api/drafts/current": "likewise",
    "POST /api/drafts/logo": "likewise",
    "GET /api/drafts/logo": "likewise",
    "DELETE /api/drafts/logo": "likewise",
    "GET /l/{secret}": "shows a secret: the link itself",
    "GET /links": "asks for links by mail",
    "POST /links": "likewise: they are mailed, never shown",
    "POST /api/webhooks/stripe": "whoever signs as Stripe",
    "GET /staff/sign-in": "how staff get in",
    "POST /staff/sign-in": "likewise",
    "GET /staff/sign-in/provider": "likewise",
    "GET /staff/sign-in/done": "likewise",
    "POST /staff/sign-out": "ends what the cookie names",
}
STAFF = {
    "GET /api/actions": Scope.READ,
    "GET /api/actions/{action_id}": Scope.READ,
    "GET /api/actions/{action_id}/challenge": Scope.READ,
    "POST /api/actions/{action_id}/claim": Scope.ACT,
    "POST /api/actions/{action_id}/release": Scope.ACT,
    "POST /api/actions/{action_id}/resolve": Scope.ACT,
    "POST /api/actions/{action_id}/attend": Scope.ACT,
    "POST /api/actions/{action_id}/answer": Scope.ACT,
    "GET /api/status": Scope.READ,
    "GET /api/status/queue": Scope.READ,
    "GET /api/status/workers": Scope.READ,
    "GET /api/status/directories": Scope.READ,
    "GET /api/status/jobs": Scope.READ,
    "GET /api/status/events": Scope.READ,
    "POST /staff/actions/{action_id}/claim": Scope.ACT,
    "POST /staff/actions/{action_id}/release": Scope.ACT,
    "POST /staff/actions/{action_id}/resolve": Scope.ACT,
    "POST /staff/actions/{action_id}/attend": Scope.ACT,
    "POST /staff/actions/{action_id}/answer": Scope.ACT,
    "POST /staff/jobs/{job_id}/retry": Scope.ACT,
    "POST /staff/jobs/{job_id}/{steer}": Scope.ACT,
}
PAGES = {
    "GET /staff": Scope.READ,
    "GET /staff/directories": Scope.READ,
    "GET /staff/actions": Scope.READ,
    "GET /staff/actions/{action_id}": Scope.READ,
    "GET /staff/actions/{action_id}/screenshot": Scope.READ,
    "GET /staff/actions/{action_id}/challenge/{number}": Scope.READ,
    "GET /staff/jobs": Scope.READ,
    "GET /staff/jobs/{job_id}": Scope.READ,
}
"""Of the staff too, but a browser that is not signed in is sent to where it can be."""

SERVICES = {"POST /api/jobs/enqueue": Scope.ENQUEUE}
VIEWERS = {
    "GET /api/jobs/{job_id}",
    "GET /api/jobs/{job_id}/results",
    "GET /api/jobs/{job_id}/events",
    "GET /api/jobs/{job_id}/proof/{slug}",
    "GET /api/jobs/{job_id}/report.csv",
    "GET /api/jobs/{job_id}/report.json",
    "GET /api/jobs/{job_id}/report.html",
    "GET /api/jobs/{job_id}/report.pdf",
    "GET /jobs/{job_id}",
}
"""The job's customer, and staff who may read."""

CUSTOMERS = {
    "POST /jobs/{job_id}/actions/{action_id}",
    "POST /jobs/{job_id}/link",
    "POST /api/jobs/{job_id}/actions/{action_id}",
}
"""The job's customer alone: staff do it in their own name, elsewhere."""

ELSEWHERE = {"GET /api/jobs/{job_id}/events", "GET /api/status/events", "POST /jobs/{job_id}/link"}
"""Who is let in is seen in their own tests: streams never end, and a new link ends the others."""

SITE = "http://api.test"


@dataclasses.dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks, with what they show. `scopes` are what a token in force has; `job` what a link leads to."""

    name: str
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset()
    job: UUID | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class World:
    """Two customers' jobs, and everybody who might ask for the first."""

    services: Services
    mine: UUID
    other: UUID
    callers: tuple[Caller, ...]


def routes() -> Iterator[str]:
    for route in iter_route_contexts(app.routes):
        methods = sorted((route.methods or set()) - {"HEAD"}) or ["MOUNT"]
        path = re.sub(r":\w+}", "}", route.path or "")
        yield from (f"{method} {path}" for method in methods)


def bearing(name: str, secret: str, *scopes: Scope, job: UUID | None = None) -> Caller:
    return Caller(name, {"Authorization": f"Bearer {secret}"}, frozenset(scopes), job)


@pytest.fixture
async def world(database_url: str, pool: Pool) -> AsyncIterator[World]:
    mine, other = [
        await add_begun_job(pool, [f"{name}-one"], profile=PROFILE.model_copy(update={"business_name": f"{name} ltd"}))
        for name in ("alpha", "beta")
    ]
    link = {
        name: await links.mint(pool, job_id, name)
        for name, job_id in (("own", mine), ("other", other), ("revoked", mine), ("expired", mine))
    }
    await pool.execute("update links set revoked_at = now() where why = 'revoked'")
    await pool.execute("update links set expires_at = now() - interval '1 second' where why = 'expired'")
    token = {
        name: await tokens.create(pool, name, [scope], "test")
        for name, scope in (
            ("read", Scope.READ),
            ("act", Scope.ACT),
            ("admin", Scope.ADMIN),
            ("service", Scope.ENQUEUE),
            ("revoked", Scope.ADMIN),
            ("expired", Scope.ADMIN),
        )
    }
    signed_in = {name: await sessions.begin(pool, name, [Scope.ADMIN], token[name].id) for name in ("admin", "revoked")}
    await tokens.revoke(pool, "revoked")
    await pool.execute("update tokens set expires_at = now() - interval '1 second' where name = 'expired'")
    callers = (
        Caller("nobody"),
        Caller("garbage", {"Authorization": "Basic YW5hOmFuYQ=="}),
        bearing("garbage token", "dbt_" + "x" * 43),
        bearing("garbage link", "dbl_" + "é" * 43),
        bearing("revoked token", token["revoked"].secret),
        bearing("expired token", token["expired"].secret),
        bearing("reader", token["read"].secret, Scope.READ),
        bearing("clerk", token["act"].secret, Scope.ACT),
        bearing("admin", token["admin"].secret, Scope.ADMIN),
        bearing("service", token["service"].secret, Scope.ENQUEUE),
        bearing("revoked link", link["revoked"]),
        bearing("expired link", link["expired"]),
        bearing("another customer", link["other"], job=other),
        bearing("customer", link["own"], job=mine),
        bearing(
            "hash instead of token", (await pool.fetchval("select encode(secret_hash, 'hex') from tokens limit 1"))
        ),
        Caller("customer's browser", {"Cookie": f"{job_cookie(mine)}={link['own']}"}, job=mine),
        Caller("another's link in a cookie", {"Cookie": f"{job_cookie(mine)}={link['other']}"}, job=other),
        Caller("signed in", {"Cookie": f"{SESSION_COOKIE}={signed_in['admin']}"}, frozenset({Scope.ADMIN})),
        Caller("signed in, revoked", {"Cookie": f"{SESSION_COOKIE}={signed_in['revoked']}"}),
        Caller("token as session", {"Cookie": f"{SESSION_COOKIE}={token['admin'].secret}"}),
        bearing("session as token", signed_in["admin"]),
    )
    gateway = WorkflowGateway(await Client.connect("127.0.0.1:1", lazy=True))
    async with (
        await open_pool(database_url, 3, Seat.STAFF) as everything,
        await open_pool(database_url, 3, Seat.CUSTOMERS) as customers,
    ):
        services = Services(everything, gateway, customers, site=Site(public_url=SITE))
        yield World(services, mine, other, callers)


@pytest.fixture
async def asked(world: World) -> AsyncIterator[httpx.AsyncClient]:
    state = dict(app.state._state)
    app.state.services = world.services
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield client
    app.state._state = state


async def answer(client: httpx.AsyncClient, route: str, caller: Caller, job_id: UUID) -> httpx.Response:
    """What the route says to them, asked for this job, and for an action that is not there."""
    method, path = route.split(" ", 1)
    values = {"job_id": job_id, "slug": "alpha-one", "steer": "pause", "number": 1}
    address = re.sub(r"{(\w+)}", lambda name: str(values.get(name[1], UUID(int=7))), path)
    shown = [(name.encode(), value.encode("latin-1")) for name, value in {"Origin": SITE, **caller.headers}.items()]
    return await client.request(method, address, headers=shown, json=None if method == "GET" else {})


def expected(route: str, caller: Caller, job_id: UUID) -> int | None:
    """The status by which they are kept out; None where they are let in."""
    staff = STAFF.get(route) or PAGES.get(route) or SERVICES.get(route)
    if route in SERVICES and "Cookie" in caller.headers:
        return 401
    if staff is not None:
        if caller.scopes & staff.included_in:
            return None
        if caller.scopes:
            return 403
        bears = caller.headers.get("Authorization", "").startswith("Bearer ")
        return 303 if route in PAGES and not bears else 401
    if caller.job is not None:
        return None if caller.job == job_id else 404
    if not caller.scopes:
        return 401
    return None if caller.scopes & Scope.READ.included_in and route in VIEWERS else 403


def test_of_every_route_it_is_said_who_it_is_for() -> None:
    assert sorted(routes()) == sorted((*OPEN, *STAFF, *PAGES, *SERVICES, *VIEWERS, *CUSTOMERS))


async def test_every_route_lets_in_whom_it_is_for_and_nobody_else(world: World, asked: httpx.AsyncClient) -> None:
    wrong = []
    for route in (*STAFF, *PAGES, *SERVICES, *sorted(VIEWERS), *sorted(CUSTOMERS)):
        for caller in world.callers:
            wanted = expected(route, caller, world.mine)
            if wanted is None and route in ELSEWHERE:
                continue
            # What staff are let in to do is not done: there is no such job.
            said = await answer(asked, route, caller, uuid.uuid4() if route in STAFF else world.mine)
            kept_out = said.status_code in (303, 401, 403)
            if kept_out != (wanted in (303, 401, 403)) or (wanted is not None and said.status_code != wanted):
                wrong.append(f"{route}, {caller.name}: {said.status_code}, not {wanted or 'let in'}")
            if said.status_code == 401 and "www-authenticate" not in said.headers:
                wrong.append(f"{route}, {caller.name}: 401 without WWW-Authenticate")
            if said.status_code == 303 and not said.headers["location"].startswith("/staff"):
                wrong.append(f"{route}, {caller.name}: sent to {said.headers['location']}")
            if said.status_code >= 500 and said.status_code != 503:
                wrong.append(f"{route}, {caller.name}: {said.status_code}")
    assert not wrong, "\n".join(wrong)


async def test_a_job_that_is_anothers_and_one_that_is_not_there_look_the_same(
    world: World, asked: httpx.AsyncClient
) -> None:
    """To customers. And what they are shown of their own holds nothing of the other's."""
    customers = [caller for caller in world.callers if caller.job == world.mine]
    for route in (*sorted(VIEWERS), *sorted(CUSTOMERS)):
        for caller in world.callers:
            if caller.scopes or caller.job is None or "Cookie" in caller.headers:
                continue
            seen = [await answer(asked, route, caller, job_id) for job_id in (_not(world, caller), uuid.uuid4())]
            bodies = {re.sub(r"[0-9a-f-]{32,36}", "", said.text) for said in seen}
            assert ({said.status_code for said in seen}, len(bodies)) == ({404}, 1), route
    for route in sorted(VIEWERS - ELSEWHERE):
        for caller in customers:
            said = await answer(asked, route, caller, world.mine)
            assert "beta" not in said.text, route


async def test_many_at_once_on_few_connections_see_their_own_each(world: World, asked: httpx.AsyncClient) -> None:
    """The job that a connection is for goes with its transaction; staff, who see everything, come in between."""
    bearers = {caller.name: caller for caller in world.callers}
    customers = [(bearers["customer"], world.mine, "beta"), (bearers["another customer"], world.other, "alpha")]

    async def look(number: int) -> None:
        caller, job_id, not_theirs = customers[number % 2]
        said = await answer(asked, "GET /api/jobs/{job_id}/report.json", caller, job_id)
        assert said.status_code == 200
        assert str(job_id) in said.text
        assert not_theirs not in said.text

    staff = [answer(asked, "GET /api/actions", bearers["admin"], world.mine) for _ in range(10)]
    await asyncio.gather(*map(look, range(40)), *staff)


async def test_what_stands_in_the_address_lets_nobody_in(world: World, asked: httpx.AsyncClient) -> None:
    secrets = {
        caller.headers["Authorization"].split()[-1]
        for caller in world.callers
        if caller.scopes and "Authorization" in caller.headers
    }
    for secret in secrets:
        for name in ("token", "access_token", "link", SESSION_COOKIE, job_cookie(world.mine)):
            for path in ("/api/actions", f"/api/jobs/{world.mine}"):
                assert (await asked.get(path, params={name: secret})).status_code == 401


async def test_a_customers_service_reads_nothing_without_the_jobs_own_scope(world: World) -> None:
    """What a mistake in a route would be shown: the customers' connections see no row by themselves."""
    assert world.services.customers is not None
    assert await world.services.customers.fetchval("select count(*) from jobs") == 0
    assert await world.services.pool.fetchval("select count(*) from jobs") == 2
    snapshot = await world.services.progress.snapshot(world.mine)
    assert snapshot is not None
    assert [view.slug for view in snapshot.directories] == ["alpha-one"]


def _not(world: World, caller: Caller) -> UUID:
    """The job that is not theirs."""
    return world.other if caller.job == world.mine else world.mine
