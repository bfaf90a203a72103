"""`/staff/jobs`: find a job, see why each of its directories is where it is, and hold it back, end it or try again."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from api.access.auth import StaffActs
from api.access.looking import StaffLooksAtPage
from api.dependencies import Services, ServicesDep
from api.routes.staff import said_of, staff_page
from api.staff.explained import explained
from api.staff.steering import NobodyThere, NoSuchJob, NotNow
from schema.contracts.access import AuditFilter, Principal
from schema.contracts.directory import Slug
from schema.contracts.job import JobStatus
from schema.contracts.replay import RetryReport
from schema.contracts.status import JobSearch, JobsPage
from schema.contracts.steering import Steer
from schema.store import audit, status_lists
from schema.store.status_lists import CursorUnknown

router = APIRouter(prefix="/staff/jobs", include_in_schema=False)

_PAGE = 50
_DEEDS_SHOWN = 10


@router.get("")
async def search(
    request: Request,
    services: ServicesDep,
    who: StaffLooksAtPage,
    text: Annotated[str, Query(max_length=100)] = "",
    status: JobStatus | Literal[""] = "",
    waiting: bool = False,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Jobs by business or id, the newest first; a whole id leads to the job itself."""
    wanted = JobSearch(status=status or None, text=text.strip() or None, waiting=waiting, cursor=cursor, limit=_PAGE)
    try:
        found: JobsPage = await services.board.ask(lambda db: status_lists.jobs(db, wanted))
    except CursorUnknown:
        return RedirectResponse("/staff/jobs", HTTPStatus.SEE_OTHER)
    again = {"text": text, "status": status, "waiting": "true" if waiting else None, "cursor": found.next}
    more = urlencode({name: value for name, value in again.items() if value}) if found.next else ""
    return staff_page(
        request, services, who, "staff/jobs.html", found=found, wanted=wanted, more=more, statuses=tuple(JobStatus)
    )


@router.get("/{job_id}")
async def show(
    request: Request, services: ServicesDep, who: StaffLooksAtPage, job_id: UUID, said: str = ""
) -> Response:
    """One job, each of its directories, why it is where it is, and what staff did to it."""
    return await _job(request, services, who, job_id, said=said_of(said))


@router.post("/{job_id}/retry")
async def retry(
    request: Request, services: ServicesDep, who: StaffActs, job_id: UUID, slug: Annotated[list[Slug], Form()]
) -> Response:
    """Have directories tried again that ended without having been sent."""
    return await _done(request, services, who, job_id, services.steering.retry(job_id, tuple(slug), who))


@router.post("/{job_id}/{steer}")
async def steer(request: Request, services: ServicesDep, who: StaffActs, job_id: UUID, steer: Steer) -> Response:
    """Pause, resume or cancel the job."""
    return await _done(request, services, who, job_id, services.steering.steer(job_id, steer, who))


async def _done(request: Request, services: Services, who: Principal, job_id: UUID, doing: Awaitable[Any]) -> Response:
    try:
        became = await doing
    except NoSuchJob as missing:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(missing)) from None
    except NotNow as refused:
        return await _job(request, services, who, job_id, HTTPStatus.CONFLICT, problem=str(refused))
    except NobodyThere as away:
        return await _job(request, services, who, job_id, HTTPStatus.SERVICE_UNAVAILABLE, problem=str(away))
    said = became if not isinstance(became, RetryReport) else "retried"
    if isinstance(became, RetryReport) and not any(one.answer.granted for one in became.directories):
        refused_all = "Nothing was tried again: " + ", ".join(
            f"{one.slug} ({one.answer.replace('_', ' ')})" for one in became.directories
        )
        return await _job(request, services, who, job_id, HTTPStatus.CONFLICT, problem=f"{refused_all}.")
    services.board.doubt()
    return RedirectResponse(f"/staff/jobs/{job_id}?said={said}", HTTPStatus.SEE_OTHER)


async def _job(
    request: Request,
    services: Services,
    who: Principal,
    job_id: UUID,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    said: str = "",
    problem: str = "",
) -> Response:
    found = await explained(services.board, services.executions, job_id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no job {job_id}.")
    [line] = await services.board.ask(lambda db: status_lists.of_jobs(db, [job_id]))
    deeds = await services.board.ask(lambda db: audit.listed(db, AuditFilter(target=str(job_id), limit=_DEEDS_SHOWN)))
    return staff_page(
        request,
        services,
        who,
        "staff/job.html",
        status,
        job=line,
        explained=found,
        directories=sorted(found.directories, key=lambda one: _ORDER.get(one.facts.status.value, 7)),
        deeds=deeds,
        said=said,
        problem=problem,
    )


_ORDER = {
    "awaiting_action": 0,
    "uncertain": 0,
    "submitting": 1,
    "planned": 2,
    "failed": 3,
    "rejected": 4,
    "skipped": 5,
    "pending": 6,
}
"""What somebody may have to look at comes first; what was listed is last."""
