"""The brain over HTTP: what it answers is what it documents, whatever stands in the way and whoever asks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

import brain.service
from brain.service import AddressRefused, Eye, NotSeen, create_app
from schema.contracts.form import ButtonKind, FormSnapshot
from schema.contracts.plan import FieldDecision, FillAction, Obstacle, PlanStep
from schema.contracts.planning import PlanAnswer
from schema.contracts.profile import BusinessProfile, ProfileKey
from schema.failures import FailureType
from tests.factories import PROFILE

STEP = PlanStep(
    fingerprint="f1",
    decisions=(FieldDecision(handle="main:name", label="Name", action=FillAction.TYPE, key=ProfileKey.BUSINESS_NAME),),
    button="main:button",
    button_kind=ButtonKind.SUBMIT,
)
CAPTCHA = Obstacle(failure=FailureType.CAPTCHA, reason="The form has a captcha (image).")


class Glance:
    """An eye that sees what a test lays before it, and remembers what it was asked."""

    def __init__(self, sight: tuple[PlanStep, ...] | Obstacle | Exception, *, takes_s: float = 0) -> None:
        self.sight = sight
        self.takes_s = takes_s
        self.asked: list[tuple[str, str, bool]] = []

    async def walk(self, url: str, business: BusinessProfile, *, accept_terms: bool) -> tuple[PlanStep, ...] | Obstacle:
        self.asked.append((url, business.business_name, accept_terms))
        await asyncio.sleep(self.takes_s)
        if isinstance(self.sight, Exception):
            raise self.sight
        return self.sight

    def opened(self) -> AbstractAsyncContextManager[Eye]:
        return contextlib.nullcontext(self)


def request(**changes: Any) -> dict[str, Any]:
    directory = {"slug": "alpha", "submission_url": "https://alpha.example/add", "interval_ms": 1500}
    return {"directory": directory, "business": PROFILE.model_dump(mode="json"), **changes}


@contextlib.asynccontextmanager
async def serving(eye: Glance, token: str = "") -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(eye.opened, token)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://brain.test") as client,
    ):
        yield client


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    return body


async def test_it_says_that_it_listens() -> None:
    async with serving(Glance((STEP,)), token="s3cret") as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "healthy", "service": "brain"})


async def test_a_plan_with_its_constraints_and_factors() -> None:
    eye = Glance((STEP,))
    async with serving(eye) as client:
        answer = await client.post("/plan", json=request())
    body = answer.json()
    assert answer.status_code == 200
    assert body["constraints"] == body["plan"]["constraints"] == {"rate_limit_ms": 1500}
    assert body["idempotency_factors"] == ["job_id", "directory", "business_data"]
    assert body["obstacle"] is None
    assert body["plan"]["directory"] == "alpha"
    assert TypeAdapter(tuple[PlanStep, ...]).validate_python(body["plan"]["steps"]) == (STEP,)
    assert eye.asked == [("https://alpha.example/add", PROFILE.business_name, True)]
    assert PROFILE.email not in answer.text


async def test_what_stands_in_the_way_is_an_answer() -> None:
    async with serving(Glance(CAPTCHA)) as client:
        answer = await client.post("/plan", json=request())
    assert answer.status_code == 200
    assert answer.json() == {
        "plan": None,
        "constraints": {"rate_limit_ms": 1500},
        "idempotency_factors": ["job_id", "directory", "business_data"],
        "obstacle": {"failure": "captcha", "reason": CAPTCHA.reason},
    }
