"""`/jobs/{job_id}`: how far a job is, as its customer sees it, and what they can do there. Works without JavaScript."""

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from api.access.auth import CustomerDep, ViewerDep, let_in
from api.dependencies import ServicesDep
from api.handoff.actions import NobodyAnswers, NoSuchAction, NotPossible, Taken
from api.handoff.customer_actions import CustomerDecision
from api.pages import page
from api.pages.by_link import ByLink
from schema.contracts.progress import DirectoryView, StateGroup

router = APIRouter(prefix="/jobs/{job_id}", route_class=ByLink, include_in_schema=False)


class Show(StrEnum):
    """Which of the directories are wanted."""

    ALL = "all"
    LISTED = "listed"
    NEEDS_YOU = "needs_you"
    IN_PROGRESS = "in_progress"
    NOT_POSSIBLE = "not_possible"

    @property
    def groups(self) -> frozenset[StateGroup]:
        if self is Show.ALL:
            return frozenset(StateGroup)
        if self is Show.IN_PROGRESS:
            return frozenset({StateGroup.WAITING, StateGroup.WORKING, StateGroup.NEEDS_US})
        return frozenset({StateGroup(self)})


class Said(StrEnum):
    """What became of what was pressed a moment ago."""

    CONFIRMED = "confirmed"
    LEFT_OUT = "left_out"
    TOO_LATE = "too_late"
    NOBODY = "nobody"
    RENEWED = "renewed"


_LABELS = {
    Show.ALL: "All",
    Show.LISTED: "Sent or listed",
    Show.NEEDS_YOU: "Need you",
    Show.IN_PROGRESS: "In progress",
    Show.NOT_POSSIBLE: "Not possible",
}


@router.get("")
async def show_job(
    request: Request, services: ServicesDep, viewer: ViewerDep, show: str = "", q: str = "", said: str = ""
) -> Response:
    """The whole state at once; the page's script takes it from there."""
    # In an order that does not change while it is read: the best directories first.
    now = await services.progress.changes(viewer.job_id)
    if now is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    shown = Show(show) if show in set(Show) else Show.ALL
    counted = {each: sum(now.job.groups.get(group, 0) for group in each.groups) for each in Show}
    return page(
        request,
        "job.html",
        viewer=viewer,
        job=now.job,
        directories=now.directories,
        wanted={view.slug for view in now.directories if _wanted(view, shown, q)},
        todo=[view for view in now.directories if view.action],
        filters=[(each, _LABELS[each], counted[each]) for each in Show],
        show=shown,
        q=q,
        said=Said(said) if said in set(Said) else None,
    )


@router.post("/actions/{action_id}")
async def decide(
    services: ServicesDep, viewer: CustomerDep, action_id: UUID, decision: Annotated[CustomerDecision, Form()]
) -> Response:
    """What the page's forms send where there is no JavaScript."""
    try:
        await services.customer_actions.resolve(viewer.job_id, action_id, decision)
    except NoSuchAction:
        raise HTTPException(HTTPStatus.NOT_FOUND) from None
    except (NotPossible, Taken):
        return _back(viewer.job_id, Said.TOO_LATE)
    except NobodyAnswers:
        return _back(viewer.job_id, Said.NOBODY)
    return _back(viewer.job_id, Said.CONFIRMED if decision is CustomerDecision.CONFIRMED else Said.LEFT_OUT)


@router.post("/link")
async def replace_link(services: ServicesDep, viewer: CustomerDep) -> Response:
    """The link has reached the wrong person: no link that was given out opens the job any more, but for a new one."""
    secret = await services.links.renew(viewer.job_id)
    answer = _back(viewer.job_id, Said.RENEWED)
    let_in(answer, services.site, viewer.job_id, secret)
    return answer


def _wanted(view: DirectoryView, show: Show, search: str) -> bool:
    return view.group in show.groups and search.strip().lower() in view.name.lower()


def _back(job_id: UUID, said: Said) -> Response:
    return RedirectResponse(f"/jobs/{job_id}?said={said}", HTTPStatus.SEE_OTHER)
