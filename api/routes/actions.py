"""`/api/actions`: what waits for a person, for staff alone."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query
from pydantic import ConfigDict, Field

from api.access import auth
from api.access.auth import StaffActs, StaffReads
from api.dependencies import ServicesDep
from api.handoff.actions import CLAIM, NobodyAnswers, NoSuchAction, NotPossible, Taken
from schema import guidance, ids, problems
from schema.contracts.action import (
    Action,
    ActionDirectory,
    ActionFilter,
    ActionStatus,
    Claim,
    Note,
)
from schema.contracts.base import Contract
from schema.contracts.captcha import Attendance, CaptchaAnswer, ShownChallenge
from schema.contracts.form import CaptchaKind
from schema.contracts.submission import Resolution, SubmissionStatus
from schema.failures import FailureType

_AWAY = {HTTPStatus.SERVICE_UNAVAILABLE: "Nobody is there to carry it out: come again."}
_MISSING = {HTTPStatus.NOT_FOUND: "There is no such action."}
_TAKEN = {HTTPStatus.CONFLICT: "Somebody else holds it, or it is not open any more; `detail` says who and when."}
_WRONG = {HTTPStatus.UNPROCESSABLE_ENTITY: "A field is wrong, or asks for what is not done; `errors` says which."}
_COME_AGAIN = {"Retry-After": "5"}

router = APIRouter(prefix="/api/actions", tags=["actions"])


class ClaimRequest(Contract):
    """With `take_over`, whoever holds the action loses it. Who claims it is said by their token."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"take_over": False}]})

    take_over: bool = False


class ResolveRequest(ClaimRequest):
    """What was decided, and a note for the record."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"resolution": "confirmed", "note": "https://example.com/listing/4711"}]},
    )

    resolution: Resolution
    note: Note = ""


class AnswerRequest(Contract):
    """Which challenge is answered, and with what."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"number": 1, "answer": "K7QX4"}]})

    number: int = Field(ge=1)
    answer: CaptchaAnswer


def _answers(reasons: dict[HTTPStatus, str], example: object) -> dict[int | str, dict[str, Any]]:
    good = {"content": {"application/json": {"example": example}}}
    return {HTTPStatus.OK.value: good, **auth.answers(reasons, _AWAY)}


_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_JOB = UUID("5f0c7d5e-0d4e-4b8e-9f0a-3c1f6f1f2b11")
_OPEN = Action(
    id=UUID("0b9d3f0e-7c55-4a64-8f43-52a6f3a9d2c4"),
    job_id=_JOB,
    workflow_id=ids.directory_workflow_id(_JOB, "members-market"),
    directory=ActionDirectory(
        slug="members-market",
        name="Members Market",
        url="https://members-market.example/add",
        page="https://members-market.example/login",
    ),
    business_name="Bluebird Bakery",
    kind=FailureType.LOGIN_REQUIRED,
    reason="The form is behind a login.",
    steps=guidance.steps(FailureType.LOGIN_REQUIRED),
    choices=guidance.choices(FailureType.LOGIN_REQUIRED, may_be_sent=False),
    may_be_sent=False,
    screenshot="https://artifacts.example/jobs/5f0c7d5e/members-market/1f6f.png?X-Amz-Expires=3600",
    status=ActionStatus.OPEN,
    deadline_at=_AT + timedelta(days=14),
    overdue=False,
    created_at=_AT,
)
_EXAMPLE = _OPEN.model_dump(mode="json")
_CLAIMED = _OPEN.model_copy(update={"claim": Claim(by="ana", at=_AT, until=_AT + CLAIM)}).model_dump(mode="json")
_RESOLVED = _OPEN.model_copy(
    update={
        "status": ActionStatus.RESOLVED,
        "choices": (),
        "may_be_sent": True,
        "resolution": Resolution.CONFIRMED,
        "resolved_by": "ana",
        "note": "https://members-market.example/listing/4711",
        "closed_at": _AT + timedelta(minutes=10),
    }
).model_dump(mode="json")
_ATTENDED = Attendance(
    action_id=_OPEN.id,
    directory="picture-proof-pages",
    status=SubmissionStatus.PLANNED,
    attended=True,
    challenge=ShownChallenge(
        number=1,
        kind=CaptchaKind.IMAGE,
        question="Confirmation code:",
        picture="https://artifacts.example/jobs/5f0c7d5e/picture-proof-pages/77aa.png?X-Amz-Expires=3600",
        asked_at=_AT,
        expires_at=_AT + timedelta(minutes=3),
    ),
).model_dump(mode="json")


@router.get("", responses=_answers(_WRONG, [_EXAMPLE]))
async def list_actions(
    services: ServicesDep,
    _: StaffReads,
    status: ActionStatus | Literal["all"] = ActionStatus.OPEN,
    kind: FailureType | None = None,
    job_id: UUID | None = None,
    directory: str | None = None,
    overdue: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> tuple[Action, ...]:
    """What waits for a person; what is due first comes first."""
    return await services.actions.list(
        ActionFilter(
            status=None if status == "all" else status,
            kind=kind,
            job_id=job_id,
            directory=directory,
            overdue=overdue,
            limit=limit,
        )
    )


@router.get("/{action_id}", responses=_answers({**_MISSING, **_WRONG}, _EXAMPLE))
async def show_action(services: ServicesDep, _: StaffReads, action_id: UUID) -> Action:
    """One action: what to do, step by step, and what each way to resolve it would do."""
    with _said():
        return await services.actions.show(action_id)


@router.post("/{action_id}/claim", responses=_answers({**_MISSING, **_TAKEN, **_WRONG}, _CLAIMED))
async def claim_action(services: ServicesDep, who: StaffActs, action_id: UUID, asked: ClaimRequest) -> Action:
    """Take the action for half an hour, or renew the claim."""
    with _said():
        return await services.actions.claim(action_id, who, take_over=asked.take_over)


@router.post("/{action_id}/release", responses=_answers({**_MISSING, **_TAKEN, **_WRONG}, _EXAMPLE))
async def release_action(services: ServicesDep, who: StaffActs, action_id: UUID) -> Action:
    """Leave a claimed action to others."""
    with _said():
        return await services.actions.release(action_id, who)


@router.post("/{action_id}/resolve", responses=_answers({**_MISSING, **_TAKEN, **_WRONG}, _RESOLVED))
async def resolve_action(services: ServicesDep, who: StaffActs, action_id: UUID, asked: ResolveRequest) -> Action:
    """Decide, and let the directory's workflow go on. Of two who resolve at once one wins; the other gets 409."""
    with _said():
        return await services.actions.resolve(
            action_id, asked.resolution, who, note=asked.note, take_over=asked.take_over
        )


@router.post("/{action_id}/attend", responses=_answers({**_MISSING, **_TAKEN, **_WRONG}, _ATTENDED))
async def attend_captcha(services: ServicesDep, who: StaffActs, action_id: UUID, asked: ClaimRequest) -> Attendance:
    """Say that you are there to answer the captcha: the form is opened in its turn, and shows you what it asks."""
    with _said("path.action_id"):
        return await services.captchas.attend(action_id, who, take_over=asked.take_over)


@router.get("/{action_id}/challenge", responses=_answers(_MISSING, _ATTENDED))
async def show_challenge(services: ServicesDep, _: StaffReads, action_id: UUID) -> Attendance:
    """How far the attended captcha is, and what it asks, once it does: ask again every second."""
    with _said():
        return await services.captchas.look(action_id)


@router.post("/{action_id}/answer", responses=_answers({**_MISSING, **_TAKEN, **_WRONG}, _ATTENDED))
async def answer_captcha(services: ServicesDep, who: StaffActs, action_id: UUID, asked: AnswerRequest) -> Attendance:
    """Answer the challenge of that number. One whose page is gone takes no answer (409): the next one is shown soon."""
    with _said():
        return await services.captchas.answer(action_id, asked.number, asked.answer, who)


@contextlib.contextmanager
def _said(field: str = "body.resolution") -> Iterator[None]:
    try:
        yield
    except NoSuchAction as missing:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(missing)) from None
    except Taken as taken:
        raise HTTPException(HTTPStatus.CONFLICT, str(taken)) from None
    except NotPossible as refused:
        raise problems.RequestRefused(field, str(refused)) from None
    except NobodyAnswers as away:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, str(away), _COME_AGAIN) from None
