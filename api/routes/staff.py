"""`/staff`: the pages on which staff see how it goes. Reading alone; what they do is in `staff_acts`."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.dependencies import Services, ServicesDep
from api.desk import WORDS, TemporalLinks, desk
from api.looking import StaffLooksAtPage
from api.pages import page
from schema.contracts.access import Principal, Scope
from schema.contracts.status import Window

router = APIRouter(prefix="/staff", include_in_schema=False)

_DIRECTORIES_SHOWN = 20


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
        said=SAID.get(said, ""),
    )


SAID: dict[str, str] = {}
"""What a page says of what was done just before it was opened."""


def staff_page(request: Request, services: Services, who: Principal, name: str, **context: Any) -> HTMLResponse:
    """A page of the staff's, with what each of them needs."""
    return page(
        request,
        name,
        who=who,
        may_act=who.may(Scope.ACT),
        temporal=TemporalLinks(services.site),
        words=WORDS,
        **context,
    )
