"""`/staff/actions/…`: what waits for a person, and what a person does about it.

Each deed is a post that needs the scope `act`; the services that carry it out write the audit. The answer is where to
look next, or the card again with what is wrong.
"""

import dataclasses
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import RedirectResponse, Response

from api.access.auth import StaffActs
from api.access.looking import StaffLooksAtPage
from api.dependencies import Services, ServicesDep
from api.handoff.actions import NobodyAnswers, NoSuchAction, NotPossible, Taken
from api.routes.staff import staff_page
from schema.contracts.access import Principal
from schema.contracts.action import Action, ActionFilter
from schema.contracts.captcha import Attendance, CaptchaAnswer
from schema.contracts.submission import Resolution
from schema.failures import FailureType

router = APIRouter(prefix="/staff/actions", include_in_schema=False)

_MOST = 200
_LONGEST_NOTE = 2_000
_ANSWER: TypeAdapter[str] = TypeAdapter(CaptchaAnswer)

Typed = Annotated[str, Form()]
Ticked = Annotated[bool, Form()]


@dataclasses.dataclass(frozen=True, slots=True)
class Entered:
    """What came with a form that is shown again, and what is wrong with it, in one sentence."""

    problem: str
    resolution: str = ""
    note: str = ""


@router.get("")
async def list_actions(
    request: Request, services: ServicesDep, who: StaffLooksAtPage, kind: FailureType | None = None
) -> Response:
    """Everything that waits for a person; what is due first comes first."""
    found = await services.actions.list(ActionFilter(kind=kind, limit=_MOST))
    return staff_page(request, services, who, "staff/actions.html", actions=found, kind=kind)


@router.get("/{action_id}")
async def show(request: Request, services: ServicesDep, who: StaffLooksAtPage, action_id: UUID) -> Response:
    """One action, with everything that a person needs to decide about it."""
    return await _card(request, services, who, action_id)


@router.get("/{action_id}/screenshot")
async def screenshot(services: ServicesDep, _: StaffLooksAtPage, action_id: UUID) -> Response:
    """To the picture of the page as it was, by a link that works for an hour."""
    action = await _found(services, action_id)
    if not action.screenshot:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return RedirectResponse(action.screenshot, HTTPStatus.SEE_OTHER)


@router.get("/{action_id}/challenge/{number}")
async def challenge(services: ServicesDep, _: StaffLooksAtPage, action_id: UUID, number: int) -> Response:
    """To the picture of the captcha of that number, as long as it is the one that is asked."""
    try:
        shown = (await services.captchas.look(action_id)).challenge
    except NoSuchAction as missing:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(missing)) from None
    if shown is None or shown.number != number or not shown.picture:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return RedirectResponse(shown.picture, HTTPStatus.SEE_OTHER)


@router.post("/{action_id}/claim")
async def claim(
    request: Request, services: ServicesDep, who: StaffActs, action_id: UUID, take_over: Ticked = False
) -> Response:
    """Take it for half an hour, or keep it longer."""
    doing = services.actions.claim(action_id, who, take_over=take_over)
    return await _done(request, services, who, action_id, doing, f"/staff/actions/{action_id}")


@router.post("/{action_id}/release")
async def release(request: Request, services: ServicesDep, who: StaffActs, action_id: UUID) -> Response:
    """Leave it to others."""
    doing = services.actions.release(action_id, who)
    return await _done(request, services, who, action_id, doing, f"/staff/actions/{action_id}")


@router.post("/{action_id}/resolve")
async def resolve(
    request: Request,
    services: ServicesDep,
    who: StaffActs,
    action_id: UUID,
    resolution: Typed = "",
    note: Typed = "",
    take_over: Ticked = False,
) -> Response:
    """Decide, and let the directory's workflow go on."""
    try:
        decided = Resolution(resolution)
    except ValueError:
        entered = Entered("Choose what is to become of it.", resolution, note)
        return await _card(request, services, who, action_id, entered, HTTPStatus.UNPROCESSABLE_ENTITY)
    if len(note.strip()) > _LONGEST_NOTE:
        entered = Entered(f"The note is longer than {_LONGEST_NOTE} characters.", resolution, note)
        return await _card(request, services, who, action_id, entered, HTTPStatus.UNPROCESSABLE_ENTITY)
    doing = services.actions.resolve(action_id, decided, who, note=note.strip(), take_over=take_over)
    return await _done(request, services, who, action_id, doing, "/staff?said=resolved", resolution, note)


@router.post("/{action_id}/attend")
async def attend(
    request: Request, services: ServicesDep, who: StaffActs, action_id: UUID, take_over: Ticked = False
) -> Response:
    """Say that you are there to answer the captcha: it is shown on the action's page."""
    doing = services.captchas.attend(action_id, who, take_over=take_over)
    return await _done(request, services, who, action_id, doing, f"/staff/actions/{action_id}#captcha")


@router.post("/{action_id}/answer")
async def answer(
    request: Request,
    services: ServicesDep,
    who: StaffActs,
    action_id: UUID,
    number: Annotated[int, Form(ge=1)],
    text: Typed = "",
) -> Response:
    """Answer the challenge of that number."""
    try:
        given = _ANSWER.validate_python(text)
    except ValidationError:
        entered = Entered("Type what the captcha asks for, in one line of at most 100 characters.")
        return await _card(request, services, who, action_id, entered, HTTPStatus.UNPROCESSABLE_ENTITY)
    doing = services.captchas.answer(action_id, number, given, who)
    return await _done(request, services, who, action_id, doing, f"/staff/actions/{action_id}#captcha")


async def _done(
    request: Request,
    services: Services,
    who: Principal,
    action_id: UUID,
    doing: Awaitable[Action | Attendance],
    then: str,
    resolution: str = "",
    note: str = "",
) -> Response:
    try:
        await doing
    except NoSuchAction as missing:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(missing)) from None
    except Taken as taken:
        return await _card(
            request, services, who, action_id, Entered(str(taken), resolution, note), HTTPStatus.CONFLICT
        )
    except NotPossible as refused:
        entered = Entered(str(refused), resolution, note)
        return await _card(request, services, who, action_id, entered, HTTPStatus.UNPROCESSABLE_ENTITY)
    except NobodyAnswers as away:
        entered = Entered(str(away), resolution, note)
        return await _card(request, services, who, action_id, entered, HTTPStatus.SERVICE_UNAVAILABLE)
    services.board.doubt()
    return RedirectResponse(then, HTTPStatus.SEE_OTHER)


async def _card(
    request: Request,
    services: Services,
    who: Principal,
    action_id: UUID,
    typed: Entered | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    action = await _found(services, action_id)
    attendance = await services.captchas.look(action_id) if action.kind is FailureType.CAPTCHA else None
    return staff_page(
        request, services, who, "staff/action.html", status, action=action, attendance=attendance, typed=typed
    )


async def _found(services: Services, action_id: UUID) -> Action:
    try:
        return await services.actions.show(action_id)
    except NoSuchAction as missing:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(missing)) from None
