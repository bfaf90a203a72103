"""`/api/jobs/{job_id}/actions`: what a customer decides about a directory of their own job."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import ConfigDict

from api.access import auth
from api.access.auth import CustomerDep
from api.dependencies import ServicesDep
from api.handoff.actions import NobodyAnswers, NoSuchAction, NotPossible, Taken
from api.handoff.customer_actions import CustomerDecision
from schema.contracts.base import Contract

router = APIRouter(prefix="/api/jobs/{job_id}/actions", tags=["jobs"])

_REASONS = {
    HTTPStatus.NOT_FOUND: "There is no such job or action, it is not yours, or it is not for a customer to decide.",
    HTTPStatus.CONFLICT: "It is not open any more; `detail` says what became of it.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Nobody is there to carry it out: come again.",
}


class Decide(Contract):
    """What the customer decided about one directory."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"decision": "confirmed"}]})

    decision: CustomerDecision


class Decided(Contract):
    """It is decided, and the directory goes on; how, the job's events tell."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action_id": "0b9d3f0e-7c55-4a64-8f43-52a6f3a9d2c4", "decision": "confirmed"}]}
    )

    action_id: UUID
    decision: CustomerDecision


@router.post("/{action_id}", responses=auth.answers(_REASONS))
async def decide(viewer: CustomerDep, services: ServicesDep, action_id: UUID, asked: Decide) -> Decided:
    """Say that you have followed the directory's message, or that you do not want to be listed there."""
    try:
        await services.customer_actions.resolve(viewer.job_id, action_id, asked.decision)
    except NoSuchAction:
        raise HTTPException(HTTPStatus.NOT_FOUND) from None
    except (NotPossible, Taken) as refused:
        raise HTTPException(HTTPStatus.CONFLICT, str(refused)) from None
    except NobodyAnswers as away:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, str(away), {"Retry-After": "5"}) from None
    return Decided(action_id=action_id, decision=asked.decision)
