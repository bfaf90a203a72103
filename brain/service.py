"""The planner over HTTP: `POST /plan` says what goes where on a directory's form, `GET /health` that it listens.

It sends nothing and keeps nothing. It knows no browser: it looks at pages through an `Eye`, which whoever starts it
brings along. What stands in a form's way is an answer, not an error: errors are for requests that cannot be understood
or done, and for pages that could not be seen this time.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Protocol, cast

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from brain import planner
from brain.models.advisor import Advisor, Consultation
from brain.sites import same_site
from schema import bearer, problems
from schema.contracts.plan import IDEMPOTENCY_FACTORS, Obstacle, Plan, PlanConstraints, PlanStep
from schema.contracts.planning import PlanAnswer, PlanRequest
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType

_MOST_BODY_BYTES = 16_000_000
"""Room for a profile's logo and four pictures, each as large as a profile takes."""
_PLANNED_WITHIN_S = 90.0
_MOST_AT_A_TIME = 32
"""Those that wait for a page included. Whoever comes then is told to come again."""
_COME_AGAIN = {"Retry-After": "5"}

_ERRORS = problems.answers(
    {
        HTTPStatus.UNAUTHORIZED: "The bearer token is missing or wrong.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"The body is larger than {_MOST_BODY_BYTES:,} bytes.",
        HTTPStatus.UNPROCESSABLE_ENTITY: "A field is wrong, or names what is not done; `errors` says which.",
        HTTPStatus.BAD_GATEWAY: "The directory's page cannot be reached.",
        HTTPStatus.SERVICE_UNAVAILABLE: "The directory or this service is busy: come back after `Retry-After` seconds.",
        HTTPStatus.GATEWAY_TIMEOUT: f"The form was not read within {_PLANNED_WITHIN_S:.0f} seconds.",
    }
)


class AddressRefused(Exception):
    """The address is not one to look at; the text is for people."""


class NotSeen(Exception):
    """The page could not be looked at this time; `retry_after` is what a busy directory asked for."""

    def __init__(self, failure: FailureType, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.failure = failure
        self.retry_after = retry_after


class Eye(Protocol):
    """Looks at a directory's form, step by step, and has each planned as it is seen. It sends nothing."""

    async def walk(
        self, url: str, business: BusinessProfile, *, accept_terms: bool, consultation: Consultation | None
    ) -> tuple[PlanStep, ...] | Obstacle:
        """The plan's steps, the last of which submits, or what stands in the way. Raises AddressRefused, NotSeen."""


@dataclass(frozen=True, slots=True)
class Faculties:
    """What plans are made with: an eye for pages and, where a key is set, models for what the mapper is unsure of."""

    eye: Eye
    advisor: Advisor | None = None


class Health(BaseModel):
    """Answer of `/health`."""

    status: str = "healthy"
    service: str = "brain"


def create_app(awake: Callable[[], AbstractAsyncContextManager[Faculties]], token: str = "") -> FastAPI:
    """The application, `awake` for as long as it runs; with a `token`, /plan is for those who bear it."""

    @contextlib.asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        async with awake() as faculties:
            application.state.desk = _Desk(faculties)
            yield

    app = FastAPI(
        title="DirectoryBolt brain",
        summary="What of a business profile goes where on a directory's form.",
        version="0.1.0",
        lifespan=lifespan,
    )
    app.add_middleware(_BodyLimit)
    problems.install(app)
    app.get("/health", tags=["health"])(health)
    guarded = [Depends(_bearing(token))] if token else []
    app.post("/plan", tags=["plan"], responses=_ERRORS, dependencies=guarded)(plan)
    return app


async def health() -> Health:
    """The process answers."""
    return Health()


async def plan(request: Request, asked: PlanRequest) -> PlanAnswer:
    """What of the business goes into which field of the directory's form, step by step; nothing is sent.

    What stands in the way (a captcha, a login, a field that the profile has nothing for) is an answer too: `plan` is
    then null and `obstacle` says why.
    """
    return await cast("_Desk", request.app.state.desk).answer(asked)


class _Desk:
    """Takes requests, a bounded number at a time and each for a bounded time."""

    def __init__(self, faculties: Faculties) -> None:
        self._faculties = faculties
        self._places = asyncio.Semaphore(_MOST_AT_A_TIME)

    async def answer(self, asked: PlanRequest) -> PlanAnswer:
        if self._places.locked():
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "Too many plans are under way.", _COME_AGAIN)
        advisor = self._faculties.advisor
        consultation = advisor.consultation(asked.business) if advisor else None
        async with self._places:
            try:
                async with asyncio.timeout(_PLANNED_WITHIN_S):
                    steps = await self._steps(asked, consultation)
            except TimeoutError:
                raise HTTPException(HTTPStatus.GATEWAY_TIMEOUT, "The form was not read in time.") from None
            except AddressRefused as refused:
                raise problems.RequestRefused("body.directory.submission_url", str(refused)) from None
            except NotSeen as unseen:
                raise _gateway_error(unseen) from unseen
        return _answer(asked, steps, consultation)

    async def _steps(self, asked: PlanRequest, consultation: Consultation | None) -> tuple[PlanStep, ...] | Obstacle:
        directory, snapshot = asked.directory, asked.hints.snapshot
        if snapshot is None:
            return await self._faculties.eye.walk(
                directory.submission_url,
                asked.business,
                accept_terms=directory.accept_terms,
                consultation=consultation,
            )
        if not same_site(snapshot.url, directory.submission_url):
            raise problems.RequestRefused("body.hints.snapshot.url", "must be of the same site as submission_url")
        if consultation is not None:
            step = await consultation.plan_step(snapshot, accept_terms=directory.accept_terms)
        else:
            step = await asyncio.to_thread(
                planner.plan_step, snapshot, asked.business, accept_terms=directory.accept_terms
            )
        return step if isinstance(step, Obstacle) else (step,)


def _answer(
    asked: PlanRequest, steps: tuple[PlanStep, ...] | Obstacle, consultation: Consultation | None
) -> PlanAnswer:
    constraints = PlanConstraints(rate_limit_ms=asked.directory.interval_ms)
    if isinstance(steps, Obstacle):
        return PlanAnswer(constraints=constraints, idempotency_factors=IDEMPOTENCY_FACTORS, obstacle=steps)
    made = Plan(
        directory=asked.directory.slug,
        url=asked.directory.submission_url,
        steps=steps,
        constraints=constraints,
        source=consultation.source if consultation else "mapper",
        mapper_version=planner.MAPPER_VERSION,
        usage=consultation.usage if consultation else (),
    )
    return PlanAnswer(plan=made, constraints=constraints, idempotency_factors=made.idempotency_factors)


def _gateway_error(unseen: NotSeen) -> HTTPException:
    """502 where the directory does not answer; 503 where it, or our browser, wants to be asked again."""
    if unseen.failure is FailureType.DIRECTORY_UNREACHABLE:
        return HTTPException(HTTPStatus.BAD_GATEWAY, str(unseen))
    wait = unseen.retry_after
    headers = {"Retry-After": str(math.ceil(wait.total_seconds()))} if wait else _COME_AGAIN
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, str(unseen), headers)


def _bearing(token: str) -> Callable[..., Awaitable[None]]:
    scheme = HTTPBearer(auto_error=False, description="The service's BRAIN_TOKEN.")

    async def check(given: Annotated[HTTPAuthorizationCredentials | None, Depends(scheme)]) -> None:
        bearer.demand(token, given)

    return check


class _BodyLimit:
    """Stops reading a body that is too large, whether or not its length was announced."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > _MOST_BODY_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, bounded, send)
