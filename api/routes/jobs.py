"""`/api/jobs/{job_id}`: a job as its customer is shown it: now, in pages, live, and with its proof."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from sse_starlette import ServerSentEvent
from starlette.responses import RedirectResponse

from api.access import auth
from api.access.auth import LinkGiven, SessionGiven, Viewer, ViewerDep
from api.dependencies import Services, ServicesDep
from api.job.feed import HEARTBEAT_S, Note
from api.routes import job_examples
from api.streams import EventStream
from schema import problems
from schema.contracts.progress import JobView, ResultsFilter, ResultsPage, StateGroup
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType
from schema.store.database import AWAY
from schema.store.progress import BadCursor

_SENT_WITHIN_S = 15.0
"""A client that takes nothing for so long is let go."""

_LARGEST = 2**63 - 1

router = APIRouter(prefix="/api/jobs/{job_id:uuid}", tags=["jobs"])

_NO_PROOF = {HTTPStatus.NOT_FOUND: "There is no such job, it is not yours, or there is no proof of this directory."}


def _answers(example: object) -> dict[int | str, dict[str, Any]]:
    good = {"content": {"application/json": {"example": example}}}
    return {HTTPStatus.OK.value: good, **auth.answers(auth.NOT_YOURS)}


@router.get("", responses=_answers(job_examples.JOB))
async def show(viewer: ViewerDep, services: ServicesDep) -> JobView:
    """The job as a whole: how far it is, what is happening now, and when it will be done."""
    job = await services.progress.job(viewer.job_id)
    if job is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return job


@router.get("/results", responses=_answers(job_examples.RESULTS))
async def results(
    viewer: ViewerDep,
    services: ServicesDep,
    request: Request,
    response: Response,
    group: StateGroup | None = None,
    status: SubmissionStatus | None = None,
    failure: FailureType | None = None,
    search: Annotated[str | None, Query(max_length=100, description="A part of the directory's name.")] = None,
    cursor: Annotated[str | None, Query(max_length=300, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ResultsPage:
    """The job's directories, best first, a page at a time. `Link: …; rel="next"` leads to the next one, as `next`."""
    wanted = ResultsFilter(group=group, status=status, failure=failure, search=search)
    try:
        page = await services.progress.results(viewer.job_id, wanted, limit, cursor)
    except BadCursor:
        raise problems.RequestRefused("query.cursor", "is not the `next` of a page of ours") from None
    if not page.results:
        await _must_exist(viewer, services)
    if page.next is not None:
        query = {**request.query_params, "cursor": page.next}
        response.headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
    return page


async def _must_exist(viewer: Viewer, services: Services) -> None:
    """A customer's link is of a job that there is; staff may have mistyped."""
    if viewer.staff and await services.progress.job(viewer.job_id) is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)


StillAllowed = Callable[[], Awaitable[bool]]


async def _watching(
    request: Request, services: ServicesDep, job_id: UUID, given: LinkGiven, session: SessionGiven
) -> StillAllowed:
    """Lets in as `job_viewer` does, and can say later whether it still would."""
    await _must_exist(await auth.job_viewer(request, services, job_id, given, session), services)

    async def still_allowed() -> bool:
        try:
            await auth.job_viewer(request, services, job_id, given, session)
        except HTTPException:
            return False
        except (*AWAY, TimeoutError):
            # Nobody can say; and while the ledger is away there is nothing to be seen either.
            return True
        return True

    return still_allowed


@router.get(
    "/events",
    response_class=EventStream,
    responses={
        HTTPStatus.OK.value: {
            "description": "Events `snapshot`, `directory`, `job` and `state`, each with a JSON document as its data.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": job_examples.STREAM}},
        },
        **auth.answers(auth.NOT_YOURS),
    },
)
async def events(
    job_id: UUID,
    services: ServicesDep,
    allowed: Annotated[StillAllowed, Depends(_watching)],
    last_event_id: Annotated[str | None, Query(max_length=20, description="For the first connection.")] = None,
    seen: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20)] = None,
) -> EventStream:
    """The job live: first as it is, or what has changed since `Last-Event-ID`; then whatever changes."""
    return EventStream(
        _events(services, job_id, _number(seen or last_event_id), allowed),
        ping=HEARTBEAT_S,
        ping_message_factory=lambda: services.hub.heartbeat(job_id),
        send_timeout=_SENT_WITHIN_S,
    )


async def _events(services: Services, job_id: UUID, since: int | None, allowed: StillAllowed) -> AsyncIterator[bytes]:
    async with services.hub.watch(job_id, since) as subscription:
        # Not all at once, when a server has been restarted.
        yield ServerSentEvent(retry=random.randint(500, 2_500)).encode()  # noqa: S311
        while (item := await subscription.next()) is not Note.END:
            if item is not Note.DOUBT:
                yield item
            elif not await allowed():
                return


@router.get(
    "/proof/{slug}",
    status_code=HTTPStatus.TEMPORARY_REDIRECT,
    response_class=RedirectResponse,
    responses={
        HTTPStatus.OK.value: {"description": "The picture itself.", "content": {"image/png": {}}},
        **auth.answers(_NO_PROOF),
    },
)
async def proof(viewer: ViewerDep, services: ServicesDep, slug: str) -> Response:
    """The screenshot that proves what became of one directory, by an address that holds for five minutes."""
    found = await services.progress.proof(viewer.job_id, slug)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if found.picture:
        return Response(found.picture, media_type="image/png", headers={"Cache-Control": "private, max-age=60"})
    return RedirectResponse(found.link, headers={"Cache-Control": "private, max-age=60"})


def _number(text: str | None) -> int | None:
    """None for what is none of our numbers: the whole job is sent then."""
    if not text or not text.isascii() or not text.isdigit():
        return None
    number = int(text)
    return number if number <= _LARGEST else None
