"""The brain over HTTP: what it answers is what it documents, whatever stands in the way and whoever asks."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

import brain.service
from brain.models.advisor import Advisor, Consultation, Limits
from brain.planner import plan_step
from brain.service import AddressRefused, Faculties, NotSeen, create_app
from schema.contracts.form import ButtonKind
from schema.contracts.plan import FieldDecision, FillAction, Obstacle, PlanStep
from schema.contracts.planning import PlanAnswer, PlanRequest
from schema.contracts.profile import BusinessProfile, ProfileKey
from schema.failures import FailureType
from tests.brain.forms import field, form
from tests.brain.models.opened import opened
from tests.brain.models.providers import ANTHROPIC, Scripted
from tests.brain.openapi import undocumented
from tests.factories import PROFILE
from tests.patience import PATIENCE_S

STEP = PlanStep(
    fingerprint="f1",
    decisions=(FieldDecision(handle="main:name", label="Name", action=FillAction.TYPE, key=ProfileKey.BUSINESS_NAME),),
    button="main:button",
    button_kind=ButtonKind.SUBMIT,
)
CAPTCHA = Obstacle(failure=FailureType.CAPTCHA, reason="The form has a captcha (image).")


class Glance:
    """An eye that sees what a test lays before it, and remembers what it was asked."""

    def __init__(
        self, sight: tuple[PlanStep, ...] | Obstacle | Exception, *, until: asyncio.Event | None = None
    ) -> None:
        self.sight = sight
        self.until = until
        self.asked: list[tuple[str, str, bool]] = []

    async def walk(
        self, url: str, business: BusinessProfile, *, accept_terms: bool, consultation: Consultation | None
    ) -> tuple[PlanStep, ...] | Obstacle:
        self.asked.append((url, business.business_name, accept_terms))
        if self.until is not None:
            await self.until.wait()
        if isinstance(self.sight, Exception):
            raise self.sight
        return self.sight


def request(**changes: Any) -> dict[str, Any]:
    directory = {"slug": "alpha", "submission_url": "https://alpha.example/add", "interval_ms": 1500}
    return {"directory": directory, "business": PROFILE.model_dump(mode="json"), **changes}


class Client(httpx.AsyncClient):
    """Whatever it is answered must be as the service's own OpenAPI document has it."""

    document: dict[str, Any]

    async def ask(self, body: Any = None, **more: Any) -> httpx.Response:
        answer = await self.post("/plan", **({"json": body} if body is not None else {}), **more)
        assert undocumented(self.document, "post", "/plan", answer) == []
        return answer


@contextlib.asynccontextmanager
async def serving(eye: Glance, token: str = "", advisor: Advisor | None = None) -> AsyncIterator[Client]:
    app = create_app(lambda: contextlib.nullcontext(Faculties(eye, advisor)), token)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        Client(transport=transport, base_url="http://brain.test") as client,
    ):
        client.document = (await client.get("/openapi.json")).json()
        yield client


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    return body


async def test_it_says_that_it_listens() -> None:
    async with serving(Glance((STEP,)), token="s3cret") as client:
        answer = await client.get("/health")
        assert undocumented(client.document, "get", "/health", answer) == []
    assert (answer.status_code, answer.json()) == (200, {"status": "healthy", "service": "brain"})


async def test_a_plan_with_its_constraints_and_factors() -> None:
    eye = Glance((STEP,))
    async with serving(eye) as client:
        answer = await client.ask(request())
    body = answer.json()
    assert answer.status_code == 200
    assert body["constraints"] == body["plan"]["constraints"] == {"rate_limit_ms": 1500}
    assert (
        body["idempotency_factors"] == body["plan"]["idempotency_factors"] == ["job_id", "directory", "business_data"]
    )
    assert body["obstacle"] is None
    plan = PlanAnswer.model_validate(body).plan
    assert plan is not None
    assert (plan.directory, plan.url, plan.steps) == ("alpha", "https://alpha.example/add", (STEP,))
    assert eye.asked == [("https://alpha.example/add", PROFILE.business_name, True)]
    assert PROFILE.email not in answer.text


async def test_what_stands_in_the_way_is_an_answer() -> None:
    async with serving(Glance(CAPTCHA)) as client:
        answer = await client.ask(request())
    assert answer.status_code == 200
    assert answer.json() == {
        "plan": None,
        "constraints": {"rate_limit_ms": 1500},
        "idempotency_factors": ["job_id", "directory", "business_data"],
        "obstacle": {"failure": "captcha", "reason": CAPTCHA.reason},
    }


async def test_an_import_row_is_a_directory_and_its_policy_holds() -> None:
    row = {"slug": "a", "name": "A", "submission_url": " https://a.example/x ", "active": True, "accept_terms": False}
    eye = Glance((STEP,))
    async with serving(eye) as client:
        await client.ask(request(directory=row))
    assert eye.asked == [("https://a.example/x", PROFILE.business_name, False)]


async def test_a_form_that_is_known_already_needs_no_eye() -> None:
    snapshot = form(field("Business name", required=True), field("Phone"))
    directory = {"slug": "alpha", "submission_url": "https://directory.example/submit"}
    eye = Glance(RuntimeError("not to be asked"))
    async with serving(eye) as client:
        answer = await client.ask(request(directory=directory, hints={"snapshot": snapshot.model_dump(mode="json")}))
        lacking = form(field("Frobnication", required=True)).model_dump(mode="json")
        obstacle = (await client.ask(request(directory=directory, hints={"snapshot": lacking}))).json()["obstacle"]
    plan = PlanAnswer.model_validate(answer.json()).plan
    assert plan is not None
    assert plan.steps == (plan_step(snapshot, PROFILE),)
    assert obstacle["failure"] == "plan_rejected"
    assert "Frobnication" in obstacle["reason"]
    assert eye.asked == []


async def test_a_model_is_asked_where_the_mapper_is_unsure_and_named_in_the_plan() -> None:
    snapshot = form(field("Business name", required=True), field("Frobnication", required=True))
    says = Scripted(ANTHROPIC.said(json.dumps({"f1": {"takes": "tagline", "sure": "certain"}})))
    asked = request(
        directory={"slug": "alpha", "submission_url": snapshot.url},
        hints={"snapshot": snapshot.model_dump(mode="json")},
    )
    async with (
        opened(ANTHROPIC, lambda _: says) as (model, _),
        serving(Glance((STEP,)), advisor=Advisor((model,), Limits())) as client,
    ):
        plan = PlanAnswer.model_validate((await client.ask(asked)).json()).plan
    assert plan is not None
    assert [made.key for made in plan.steps[0].decisions] == [ProfileKey.BUSINESS_NAME, ProfileKey.TAGLINE]
    assert plan.source == plan.usage[0].model == model.name


async def test_a_form_of_another_site_is_no_hint() -> None:
    snapshot = form(field("Business name"), url="https://elsewhere.example/", action="https://elsewhere.example/")
    async with serving(Glance((STEP,))) as client:
        answer = await client.ask(request(hints={"snapshot": snapshot.model_dump(mode="json")}))
    assert [wrong["field"] for wrong in problem(answer, 422)["errors"]] == ["body.hints.snapshot.url"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no directory": ({"directory": None}, "body.directory"),
    "another scheme": (
        {"directory": {"slug": "a", "submission_url": "file:///s3cret"}},
        "body.directory.submission_url",
    ),
    "no address": ({"directory": {"slug": "a", "submission_url": "s3cret"}}, "body.directory.submission_url"),
    "a bad slug": ({"directory": {"slug": "S3cret!", "submission_url": "https://a.example"}}, "body.directory.slug"),
    "no phone": (
        {"business": {**PROFILE.model_dump(mode="json"), "phone": "s3cret"}},
        "body.business.phone",
    ),
    "a misspelt key": (
        {"business": {**PROFILE.model_dump(mode="json"), "emial": "s3cret"}},
        "body.business.emial",
    ),
    "a form without end": (
        {"hints": {"snapshot": form(*(field(str(n)) for n in range(1001))).model_dump(mode="json")}},
        "body.hints.snapshot",
    ),
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_field_is_named_and_not_repeated(what: str) -> None:
    changes, place = WRONG[what]
    eye = Glance((STEP,))
    async with serving(eye) as client:
        answer = await client.ask(request(**changes))
    assert [wrong["field"] for wrong in problem(answer, 422)["errors"]] == [place]
    assert "s3cret" not in answer.text.lower()
    assert eye.asked == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
async def test_what_is_no_request_is_a_problem(content: bytes) -> None:
    async with serving(Glance((STEP,))) as client:
        problem(await client.ask(content=content, headers={"content-type": "application/json"}), 422)


UNSEEN: dict[FailureType, tuple[NotSeen, int, str | None]] = {
    FailureType.DIRECTORY_UNREACHABLE: (NotSeen(FailureType.DIRECTORY_UNREACHABLE, "No answer."), 502, None),
    FailureType.BROWSER_FAILED: (NotSeen(FailureType.BROWSER_FAILED, "The browser ended."), 503, "5"),
    FailureType.DIRECTORY_BUSY: (
        NotSeen(FailureType.DIRECTORY_BUSY, "The directory answers HTTP 429.", timedelta(seconds=89.2)),
        503,
        "90",
    ),
}


@pytest.mark.parametrize("failure", UNSEEN)
async def test_a_page_that_was_not_seen_is_an_error_that_says_when_to_come_again(failure: FailureType) -> None:
    unseen, status, wait = UNSEEN[failure]
    async with serving(Glance(unseen)) as client:
        answer = await client.ask(request())
    assert problem(answer, status)["detail"] == str(unseen)
    assert answer.headers.get("retry-after") == wait


async def test_an_address_that_may_not_be_visited_is_named() -> None:
    async with serving(Glance(AddressRefused("10.0.0.1 is not a public address."))) as client:
        (wrong,) = problem(await client.ask(request()), 422)["errors"]
    assert wrong == {"field": "body.directory.submission_url", "message": "10.0.0.1 is not a public address."}


async def test_a_page_that_takes_for_ever_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brain.service, "_PLANNED_WITHIN_S", 0.05)
    async with serving(Glance((STEP,), until=asyncio.Event())) as client:
        problem(await client.ask(request()), 504)


async def test_only_so_many_are_taken_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brain.service, "_MOST_AT_A_TIME", 2)
    enough = asyncio.Event()
    async with serving(Glance((STEP,), until=enough)) as client, asyncio.timeout(PATIENCE_S):
        asked = [asyncio.create_task(client.ask(request())) for _ in range(3)]
        (first,), taken = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        refused = first.result()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert (await client.get("/health")).status_code == 200
        enough.set()
        assert [answer.status_code for answer in await asyncio.gather(*taken)] == [200, 200]
        assert (await client.ask(request())).status_code == 200, "a place that was left is free again"


async def test_a_bug_tells_nothing_of_itself() -> None:
    async with serving(Glance(RuntimeError(PROFILE.email))) as client:
        answer = await client.post("/plan", json=request())
    assert problem(answer, 500) == {"type": "about:blank", "title": "Internal Server Error", "status": 500}


@pytest.mark.parametrize(
    "given", [None, "Bearer wrong", "Bearer ", "Basic s3cret", "Bearer s3cret2", "Bearer s3cr\u00e9t"]
)
async def test_who_bears_no_token_learns_nothing(given: str | None) -> None:
    eye = Glance((STEP,))
    headers = {"authorization": given.encode("latin-1")} if given is not None else {}
    async with serving(eye, token="s3cret") as client:
        answer = await client.ask(request(), headers=headers)
    problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert eye.asked == []


async def test_who_bears_the_token_is_answered() -> None:
    async with serving(Glance((STEP,)), token="s3cret") as client:
        assert (await client.ask(request(), headers={"authorization": "Bearer s3cret"})).status_code == 200
        assert client.document["paths"]["/plan"]["post"]["security"] == [{"HTTPBearer": []}]


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_without_end_is_not_read(announced: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brain.service, "_MOST_BODY_BYTES", 10_000)
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 1_000_000:
            read += 1000
            yield b" " * 1000

    headers = {"content-type": "application/json"} | ({"content-length": "1000000"} if announced else {})
    async with serving(Glance((STEP,))) as client:
        problem(await client.ask(content=endless(), headers=headers), 413)
    assert read < 20_000


async def test_the_documents_own_examples_are_true() -> None:
    async with serving(Glance((STEP,))) as client:
        schemas = client.document["components"]["schemas"]
        for example in schemas["PlanRequest"]["examples"]:
            PlanRequest.model_validate(example)
            assert (await client.ask(example)).status_code == 200
    for example in schemas["PlanAnswer"]["examples"]:
        PlanAnswer.model_validate(example)
    assert "HTTPValidationError" not in schemas
