"""`/staff`: the pages on which staff see how it goes. Reading alone; what they do is in `staff_acts`."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api.access.looking import StaffLooksAtPage
from api.dependencies import Services, ServicesDep
from api.pages import page
from api.routes.status import find_directories
from api.staff.desk import WORDS, TemporalLinks, desk
from schema.contracts.access import Principal, Scope
from schema.contracts.status import Window

router = APIRouter(prefix="/staff", include_in_schema=False)

_DIRECTORIES_SHOWN = 12
_PAGE = 50


@router.get("")
async def overview(
    request: Request, services: ServicesDep, who: StaffLooksAtPage, window: Window = Window.DAY, said: str = ""
) -> HTMLResponse:
    """Everything at one glance."""
    found = await desk(services.board, window)
    return staff_page(
        request,
        services,
        who,
        "staff/overview.html",
        desk=found,
        windows=tuple(Window),
        directories=(found.now.directories.figure or ())[:_DIRECTORIES_SHOWN],
        said=said_of(said),
    )


@router.get("/directories")
async def directories(
    request: Request,
    services: ServicesDep,
    who: StaffLooksAtPage,
    text: Annotated[str, Query(max_length=100)] = "",
    trouble: bool = False,
    page_number: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> HTMLResponse:
    """Every directory, those in trouble first."""
    found = await find_directories(
        services.board, text=text, trouble=trouble, limit=_PAGE, offset=(page_number - 1) * _PAGE
    )
    again = urlencode({"text": text, **({"trouble": "true"} if trouble else {})})
    return staff_page(
        request,
        services,
        who,
        "staff/directories.html",
        found=found,
        directories=found.directories,
        text=text,
        trouble=trouble,
        page_number=page_number,
        pages=max(1, -(-found.total // _PAGE)),
        again=again,
    )


_SAID = {
    "resolved": "Resolved. The directory goes on by what you decided.",
    "paused": "The job is paused: no further directory is started; those under way go on.",
    "resumed": "The job goes on.",
    "being_cancelled": "The job is being cancelled: what is under way ends in good order, nothing further is sent.",
    "cancelled": "The job is cancelled. Nothing was sent.",
    "retried": "They are tried again, each in its turn.",
}


def said_of(word: str) -> str:
    """What a page says of what was done just before it was opened; nothing for a word that is none of ours."""
    return _SAID.get(word, "")


def staff_page(
    request: Request, services: Services, who: Principal, name: str, status: HTTPStatus = HTTPStatus.OK, **context: Any
) -> HTMLResponse:
    """A page of the staff's, with what each of them needs."""
    return page(
        request,
        name,
        status,
        who=who,
        may_act=who.may(Scope.ACT),
        temporal=TemporalLinks(services.site),
        words=WORDS,
        **context,
    )
