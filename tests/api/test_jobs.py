"""A job as its customer sees it: as a whole, in pages, and with its proof."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.dependencies import Services
from api.main import app
from schema.contracts.access import Scope
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store import actions, links, pending_artifacts, results, tokens
from schema.store.database import Pool
from tests.api.test_health import nowhere, problem
from tests.factories import PROFILE, add_begun_job, add_directories, row

SLUGS = ("alpha", "beta", "gamma", "delta")
WAITS = {"status": SubmissionStatus.AWAITING_ACTION, "failure": FailureType.CONFIRMATION_NEEDED}


@pytest.fixture
async def client(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """The application, with an artifact store of which there are only addresses."""
    _, away = await nowhere()
    state = dict(app.state._state)
    app.state.services = Services(pool=pool, gateway=away, proof_link=lambda key: f"https://store.test/{key}?signed")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as opened:
        yield opened
    app.state._state = state


async def bearing(pool: Pool, job_id: UUID) -> dict[str, str]:
    return {"Authorization": f"Bearer {await links.mint(pool, job_id, 'test')}"}


async def send(pool: Pool, job_id: UUID, slug: str, **outcome: object) -> None:
    """As the workers do: the intent, then what came of it."""
    attempt = await results.claim_intent(pool, await row(pool, job_id, slug))
    known = {"status": SubmissionStatus.SUBMITTED, "evidence": Evidence.TEXT, "may_be_sent": True, **outcome}
    await results.record(pool, await row(pool, job_id, slug), Outcome.model_validate(known), attempt)


async def shown(client: httpx.AsyncClient, pool: Pool, job_id: UUID, slug: str) -> dict[str, Any]:
    """The directory as the customer is shown it."""
    headers = await bearing(pool, job_id)
    answer = await client.get(f"/api/jobs/{job_id}/results", params={"search": slug}, headers=headers)
    (found,) = answer.json()["results"]
    assert isinstance(found, dict)
    return found


async def test_a_job_is_told_in_plain_words_and_figures(client: httpx.AsyncClient, pool: Pool) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    await send(pool, job_id, "alpha")
    await send(pool, job_id, "beta", **WAITS)
    job = (await client.get(f"/api/jobs/{job_id}", headers=await bearing(pool, job_id))).json()
    assert job["words"] == "Your business is being listed: 1 of 4 directories are done."
    assert (job["percent"], job["status"], job["business_name"]) == (25.0, "in_progress", PROFILE.business_name)
    assert {name: number for name, number in job["groups"].items() if number} == {
        "listed": 1,
        "needs_you": 1,
        "waiting": 2,
    }
    assert job["estimate"] is None, "two directories make no pace"


async def test_what_is_worked_on_at_this_moment_is_named(client: httpx.AsyncClient, pool: Pool) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    await pool.execute(
        """
        update directories d set held_by = r.id, held_until = now() + interval '1 minute'
        from job_results r where r.directory_id = d.id and d.slug in ('alpha', 'beta')
        """
    )
    await pool.execute("update directories set held_until = now() - interval '1 second' where slug = 'beta'")
    job = (await client.get(f"/api/jobs/{job_id}", headers=await bearing(pool, job_id))).json()
    assert job["now"] == ["Alpha"], "a worker that died is at nothing any more"
    assert (await shown(client, pool, job_id, "alpha"))["words"] == "Reading the form"


async def test_a_customer_is_asked_for_what_they_can_do_and_nothing_else(client: httpx.AsyncClient, pool: Pool) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    for slug, failure in (("alpha", FailureType.CONFIRMATION_NEEDED), ("beta", FailureType.CAPTCHA)):
        await send(pool, job_id, slug, status=SubmissionStatus.AWAITING_ACTION, failure=failure, may_be_sent=False)
        submission = await row(pool, job_id, slug)
        await actions.open_for(pool, submission.id, submission.outcome, timedelta(days=3))
    theirs, ours = await shown(client, pool, job_id, "alpha"), await shown(client, pool, job_id, "beta")
    assert (theirs["group"], ours["group"]) == ("needs_you", "needs_us")
    assert PROFILE.email in theirs["action"]["steps"][0]
    assert (ours["action"], ours["words"]) == (None, "Our team is on it: a captcha")


async def test_nothing_that_a_directory_wrote_is_repeated(client: httpx.AsyncClient, pool: Pool) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    hostile = {"reason": "<b>evil</b>", "page_text": "evil", "final_url": "javascript:evil()"}
    await send(pool, job_id, "alpha", **hostile, evidence=Evidence.LISTING)
    await send(pool, job_id, "beta", evidence=Evidence.LISTING, final_url="https://beta.example/bluebird")
    await send(pool, job_id, "gamma", final_url="https://gamma.example/thanks")
    answer = await client.get(f"/api/jobs/{job_id}/results", headers=await bearing(pool, job_id))
    assert "evil" not in answer.text
    addresses = {found["slug"]: found["listing_url"] for found in answer.json()["results"]}
    assert addresses == {"alpha": None, "beta": "https://beta.example/bluebird", "gamma": None, "delta": None}


async def test_pages_hold_every_directory_once_and_best_first(client: httpx.AsyncClient, pool: Pool) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    await add_directories(pool, ["delta", "beta"], domain_authority=70)
    headers, found = await bearing(pool, job_id), []
    address: str | None = f"/api/jobs/{job_id}/results?limit=3"
    while address:
        answer = await client.get(address, headers=headers)
        page = answer.json()
        found += [directory["slug"] for directory in page["results"]]
        # Between two pages a directory's state changes, and nothing moves.
        await pool.execute("update job_results set status = 'skipped' where status = 'pending'")
        address = answer.links["next"]["url"] if "next" in answer.links else None
        assert (page["next"] is None) == (address is None)
    assert found == ["beta", "delta", "alpha", "gamma"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"group": "listed"}, {"alpha"}),
        ({"status": "awaiting_action"}, {"beta", "delta"}),
        ({"failure": "captcha"}, {"beta"}),
        ({"group": "needs_us", "search": "BET"}, {"beta"}),
        ({"search": "%"}, set()),
        ({}, set(SLUGS)),
    ],
)
async def test_results_can_be_filtered(
    client: httpx.AsyncClient, pool: Pool, wanted: dict[str, str], found: set[str]
) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    await send(pool, job_id, "alpha")
    await send(pool, job_id, "beta", status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.CAPTCHA)
    await send(pool, job_id, "delta", **WAITS)
    answer = await client.get(f"/api/jobs/{job_id}/results", params=wanted, headers=await bearing(pool, job_id))
    assert {directory["slug"] for directory in answer.json()["results"]} == found


@pytest.mark.parametrize(
    "cursor", ["x", "WzEsMl0", "bnVsbA", "WzEwMDAsImEiXQ", "WyJhIiwiYiJd", "WzEsIlx1ZDgwMCJd", "é"]
)
async def test_a_cursor_of_nobodys_is_refused(client: httpx.AsyncClient, pool: Pool, cursor: str) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    headers = await bearing(pool, job_id)
    answer = await client.get(f"/api/jobs/{job_id}/results", params={"cursor": cursor}, headers=headers)
    assert problem(answer, 422)["errors"][0]["field"] == "query.cursor"


async def test_a_proof_is_behind_an_address_that_the_client_does_not_choose(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    await send(pool, job_id, "alpha", screenshot=f"jobs/{job_id}/alpha/1.png")
    headers = await bearing(pool, job_id)
    path = (await shown(client, pool, job_id, "alpha"))["proof"]
    answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (
        307,
        f"https://store.test/jobs/{job_id}/alpha/1.png?signed",
    )
    for slug in ("beta", "nosuch", "..%2Falpha"):
        problem(await client.get(f"/api/jobs/{job_id}/proof/{slug}", headers=headers), 404)


async def test_a_proof_that_the_store_has_not_taken_yet_is_shown_all_the_same(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    key = f"jobs/{job_id}/alpha/1.png"
    await pending_artifacts.keep(pool, key, b"\x89PNG")
    await send(pool, job_id, "alpha", screenshot=key)
    answer = await client.get(f"/api/jobs/{job_id}/proof/alpha", headers=await bearing(pool, job_id))
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", b"\x89PNG")


@pytest.mark.parametrize(
    "path", ["", "/results", "/proof/alpha", "/events", "/report.csv", "/report.json", "/report.html", "/report.pdf"]
)
async def test_a_job_is_its_customers_alone(client: httpx.AsyncClient, pool: Pool, path: str) -> None:
    job_id = await add_begun_job(pool, SLUGS)
    await send(pool, job_id, "alpha", screenshot="jobs/x/alpha/1.png")
    strangers = await bearing(pool, await add_begun_job(pool, ["other"]))
    problem(await client.get(f"/api/jobs/{job_id}{path}"), 401)
    problem(await client.get(f"/api/jobs/{job_id}{path}", headers=strangers), 404)


@pytest.mark.parametrize("path", ["", "/results", "/events", "/proof/alpha", "/report.csv"])
async def test_staff_who_mistyped_are_told_so(client: httpx.AsyncClient, pool: Pool, path: str) -> None:
    token = await tokens.create(pool, "ana", [Scope.READ], "test")
    headers = {"Authorization": f"Bearer {token.secret}"}
    problem(await client.get(f"/api/jobs/{uuid4()}{path}", headers=headers), 404)
    problem(await client.get(f"/api/jobs/nonsense{path}", headers=headers), 404)
