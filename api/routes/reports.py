"""`/api/jobs/{job_id}/report.…`: what became of a job, to keep."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.responses import HTMLResponse

from api.access import auth
from api.access.auth import Viewer, ViewerDep
from api.dependencies import Services, ServicesDep
from api.job import reports
from api.job.reports import NotPrinted
from api.pages import page
from api.routes import job_examples
from schema.contracts.progress import Snapshot

_COME_AGAIN = {"Retry-After": "10"}
_AWAY = {HTTPStatus.SERVICE_UNAVAILABLE: "Nobody is there to print it: come again, or take the page and print it."}

router = APIRouter(prefix="/api/jobs/{job_id:uuid}", tags=["reports"])


def _file(
    media: str, *more: dict[HTTPStatus, str], example: object = None, binary: bool = False
) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "string", "format": "binary"} if binary else {"type": "string"}
    good = {"content": {media: {"schema": schema, **({"example": example} if example else {})}}}
    return {HTTPStatus.OK.value: good, **auth.answers(auth.NOT_YOURS, *more)}


@router.get("/report.csv", response_class=Response, responses=_file("text/csv", example=job_examples.TABLE))
async def table(viewer: ViewerDep, services: ServicesDep) -> Response:
    """One line for each directory, for a spreadsheet: UTF-8, with a header; times are UTC."""
    snapshot = await _snapshot(viewer, services)
    # Spreadsheets know by the mark that it is UTF-8.
    content = services.reports.table(snapshot).encode("utf-8-sig")
    return Response(content, media_type="text/csv; charset=utf-8", headers=_attached(snapshot, "csv"))


@router.get(
    "/report.json",
    responses={
        HTTPStatus.OK.value: {"content": {"application/json": {"example": job_examples.DOCUMENT}}},
        **auth.answers(auth.NOT_YOURS),
    },
)
async def document(viewer: ViewerDep, services: ServicesDep, response: Response) -> Snapshot:
    """The job and all of its directories in one document."""
    snapshot = await _snapshot(viewer, services)
    response.headers.update(_attached(snapshot, "json"))
    return snapshot


@router.get("/report.html", response_class=HTMLResponse, responses=_file("text/html"))
async def sheet(viewer: ViewerDep, services: ServicesDep, request: Request) -> HTMLResponse:
    """A page that is fit to be printed."""
    return page(request, "report.html", **reports.context(await _snapshot(viewer, services)))


@router.get("/report.pdf", response_class=Response, responses=_file("application/pdf", _AWAY, binary=True))
async def pdf(viewer: ViewerDep, services: ServicesDep) -> Response:
    """That page on paper. It is printed at the first time, which takes some seconds."""
    snapshot = await _snapshot(viewer, services)
    try:
        content = await services.reports.pdf(viewer.job_id, snapshot)
    except NotPrinted as why:
        raise HTTPException(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{why} Try again in a moment, or open /api/jobs/{viewer.job_id}/report.html and print it.",
            headers=_COME_AGAIN,
        ) from None
    return Response(content, media_type="application/pdf", headers=_attached(snapshot, "pdf"))


async def _snapshot(viewer: Viewer, services: Services) -> Snapshot:
    snapshot = await services.progress.snapshot(viewer.job_id)
    if snapshot is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return snapshot


def _attached(snapshot: Snapshot, kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{reports.file_name(snapshot, kind)}"'}
