"""`/api/status`: how the whole service is, for staff who may read. It answers, whatever is down."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sse_starlette.event import ServerSentEvent

from api.access import auth
from api.access.looking import StaffLooks
from api.dependencies import Services, ServicesDep
from api.routes import status_examples as examples
from api.staff.status import StatusBoard
from api.streams import EventStream
from schema import problems
from schema.contracts.job import JobStatus, Tier
from schema.contracts.status import (
    DirectoriesPage,
    JobSearch,
    JobsPage,
    Part,
    QueueStatus,
    StatusBeat,
    StatusOverview,
    WorkerFigures,
)
from schema.store import status_lists
from schema.store.status_lists import CursorUnknown

_AWAY = {HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer, and what is asked is nowhere else: come again."}
_WRONG = {HTTPStatus.UNPROCESSABLE_ENTITY: "A parameter is wrong; `errors` says which."}

_NOT_OFTENER_S = 1.0
_AT_LEAST_S = 5.0
"""What announces nothing (queues, workers, Temporal) is looked at so often while somebody watches."""

_AT_MOST_S = 600.0
"""Then the stream ends, and who watches shows anew who they are."""

_NAMED = 50

router = APIRouter(prefix="/api/status", tags=["status"])


def _answers(example: object, *more: dict[HTTPStatus, str]) -> dict[int | str, dict[str, Any]]:
    good = {"content": {"application/json": {"example": example}}}
    return {HTTPStatus.OK.value: good, **auth.answers(*more)}


@router.get("", responses=_answers(examples.OVERVIEW, _AWAY))
async def overview(services: ServicesDep, _: StaffLooks) -> StatusOverview:
    """The whole service at one glance, each part with a health of its own: 200 even while parts of it are down.

    Of the directories, those in trouble come first; fifty at most are named here.
    """
    found = await services.board.overview()
    first = (found.directories.figure or ())[:_NAMED]
    return found.model_copy(update={"directories": found.directories.model_copy(update={"figure": first})})


@router.get("/queue", responses=_answers(examples.QUEUE))
async def queue(services: ServicesDep, _: StaffLooks) -> QueueStatus:
    """The way of a paid job to its workflow: outbox, queue, dead-letter queue."""
    return await services.board.queue_status()


@router.get("/workers", responses=_answers(examples.WORKERS))
async def workers(services: ServicesDep, _: StaffLooks) -> Part[WorkerFigures]:
    """The workers of the last day: what each is at, and which builds live."""
    return await services.board.workers.read()


@router.get("/directories", responses=_answers(examples.DIRECTORIES, _WRONG))
async def directories(
    services: ServicesDep,
    _: StaffLooks,
    text: Annotated[str | None, Query(max_length=100, description="A part of the slug or the name.")] = None,
    trouble: Annotated[bool, Query(description="Only those that somebody should look at.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> DirectoriesPage:
    """Every directory with its rates, pace, drift, breaker, next slot and cap; those in trouble first."""
    return await find_directories(services.board, text=text, trouble=trouble, limit=limit, offset=offset)


@router.get("/jobs", responses=_answers(examples.JOBS, _WRONG, _AWAY))
async def jobs(
    services: ServicesDep,
    _: StaffLooks,
    status: JobStatus | None = None,
    tier: Tier | None = None,
    text: Annotated[
        str | None, Query(max_length=100, description="A part of the business's name, or how the job's id begins.")
    ] = None,
    waiting: Annotated[bool, Query(description="Only those that wait for a person.")] = False,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobsPage:
    """Jobs, the newest first."""
    wanted = JobSearch(status=status, tier=tier, text=text, waiting=waiting, cursor=cursor, limit=limit)
    try:
        return await services.board.ask(lambda db: status_lists.jobs(db, wanted))
    except CursorUnknown as unknown:
        raise problems.RequestRefused("query.cursor", str(unknown)) from None


@router.get(
    "/events",
    response_class=EventStream,
    responses={
        HTTPStatus.OK.value: {
            "description": "Events `status`, each with a StatusBeat as its data.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": f"event: status\ndata: {examples.BEAT}\n\n",
                }
            },
        },
        **auth.answers(),
    },
)
async def events(services: ServicesDep, _: StaffLooks) -> EventStream:
    """A stream of `status` events, each a StatusBeat: something may be other than before, so look again.

    One at once, then whenever anything of any job changes, at most every second and at least every five. It ends after
    ten minutes; whoever comes back is told at once how it is then.
    """
    return EventStream(_beats(services), ping=15, headers={"Cache-Control": "no-store"})


async def find_directories(
    board: StatusBoard, *, text: str | None, trouble: bool, limit: int, offset: int
) -> DirectoriesPage:
    """One page of the directories, from the last look at them."""
    part = await board.directories.read()
    wanted = (text or "").strip().casefold()
    found = [
        one
        for one in part.figure or ()
        if (not trouble or one.in_trouble) and (wanted in one.slug or wanted in one.name.casefold())
    ]
    return DirectoriesPage(
        health=part.health,
        error=part.error,
        age_s=part.age_s,
        total=len(found),
        directories=tuple(found[offset : offset + limit]),
    )


async def _beats(services: Services) -> AsyncIterator[ServerSentEvent]:
    ends_at = time.monotonic() + _AT_MOST_S
    with services.hub.hear() as told:
        while time.monotonic() < ends_at:
            told.clear()
            now = await services.board.overview()
            parts = {name: part.health for name, part in now if isinstance(part, Part)}
            beat = StatusBeat(at=datetime.now(UTC), health=now.health, parts=parts)
            yield ServerSentEvent(beat.model_dump_json(), event="status")
            await asyncio.sleep(_NOT_OFTENER_S)
            try:
                await asyncio.wait_for(told.wait(), _AT_LEAST_S - _NOT_OFTENER_S)
            except TimeoutError:
                continue
