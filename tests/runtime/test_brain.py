"""The brain's service as it is run, with a real browser: at the street of directories, and kept out of our house."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.egress import reach
from deploy.local.audit import fetch_books
from deploy.local.parts import Piece
from deploy.runtime.brain import brain_app
from deploy.runtime.settings import BrainSettings
from schema.contracts.planning import PlanAnswer
from schema.failures import FailureType
from tests.activities.site import FORM
from tests.brain.openapi import undocumented
from tests.factories import PROFILE
from tests.stacks import running


@pytest.fixture(scope="module")
async def street(test_folder: Path) -> AsyncIterator[str]:
    async with running(test_folder / "street", Piece.SANDBOX) as stack:
        yield stack.environment.values["SANDBOX_URL"]


@contextlib.asynccontextmanager
async def serving(browser_path: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    made: dict[str, Any] = {"_env_file": None, "browser_path": browser_path, "browser_slots": 1, **settings}
    app = brain_app(BrainSettings(**made))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://brain.test") as client,
    ):
        yield client


@pytest.fixture(scope="module")
async def brain(browser_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """As on a developer's machine."""
    async with serving(browser_path, egress_private_networks="127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
async def public_brain(browser_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(browser_path) as client:
        yield client


async def ask(client: httpx.AsyncClient, url: str) -> httpx.Response:
    directory = {"slug": "alpha", "submission_url": url}
    body = {"directory": directory, "business": PROFILE.model_dump(mode="json")}
    answer = await client.post("/plan", json=body)
    assert undocumented((await client.get("/openapi.json")).json(), "post", "/plan", answer) == []
    return answer


@pytest.mark.parametrize(("path", "steps"), [("sunny-pages/add-listing", 1), ("three-step-towns/submit", 4)])
async def test_a_form_of_the_street_is_planned_and_nothing_is_sent(
    brain: httpx.AsyncClient, street: str, path: str, steps: int
) -> None:
    answer = await ask(brain, f"{street}/{path}")
    plan = PlanAnswer.model_validate(answer.json()).plan
    assert plan is not None
    assert len(plan.steps) == steps
    assert {"business_name", "category", "email"} <= {made.key for step in plan.steps for made in step.decisions}
    assert await fetch_books(street, PROFILE.business_name) == []


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("robot-free-finder/submit", FailureType.CAPTCHA_ON_PAGE),
        ("quiz-corner-listings/submit", FailureType.CAPTCHA),
        ("members-only-market/submit", FailureType.LOGIN_REQUIRED),
        ("nosuch/submit", FailureType.FORM_NOT_FOUND),
    ],
)
async def test_what_stands_in_the_way_is_an_answer(
    brain: httpx.AsyncClient, street: str, path: str, failure: FailureType
) -> None:
    answer = await ask(brain, f"{street}/{path}")
    found = PlanAnswer.model_validate(answer.json())
    assert answer.status_code == 200
    assert found.plan is None
    assert found.obstacle is not None
    assert found.obstacle.failure is failure


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
async def test_by_itself_it_opens_no_private_address(public_brain: httpx.AsyncClient, host: str) -> None:
    answer = await ask(public_brain, f"http://{host}:1/add")
    assert answer.status_code == 422
    assert [wrong["field"] for wrong in answer.json()["errors"]] == ["body.directory.submission_url"]


@contextlib.asynccontextmanager
async def server(host: str, answer: str) -> AsyncIterator[tuple[str, list[str]]]:
    """It gives everybody this answer; its address, and the first line of all that it was asked."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().partition("\r\n")[0])
        writer.write(answer.encode())
        writer.close()

    async with await asyncio.start_server(serve, host, 0) as opened:
        yield f"http://{host}:{opened.sockets[0].getsockname()[1]}/", asked


def page(html: str) -> str:
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!doctype html>{html}"


LURES = {
    "a redirect": "HTTP/1.1 302 Found\r\nLocation: {}\r\nConnection: close\r\n\r\n",
    "a refresh": page(f"{FORM}<meta http-equiv=refresh content='0;url={{}}'>"),
    "a script": page(f"{FORM}<script>location.href = '{{}}'</script>"),
    "a frame": page(f"{FORM}<iframe src='{{}}'></iframe>"),
    "a picture": page(f"{FORM}<img src='{{}}'>"),
    "a request": page(f"{FORM}<script>fetch('{{}}', {{{{mode: 'no-cors'}}}})</script>"),
}


@pytest.mark.parametrize("lure", LURES)
async def test_no_page_leads_it_inside(
    public_brain: httpx.AsyncClient, lure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "_is_public", lambda address: address == "127.0.0.2")
    async with (
        server("127.0.0.1", page(FORM)) as (inside, asked_inside),
        server("127.0.0.2", LURES[lure].format(inside)) as (outside, asked),
    ):
        answer = await ask(public_brain, outside)
    assert asked[0] == "GET / HTTP/1.1", "the public page itself is opened"
    assert asked_inside == []
    if lure == "a redirect":
        assert answer.status_code == 502
    if lure in ("a frame", "a picture", "a request"):
        assert answer.json()["plan"], "what is around it is planned all the same"
