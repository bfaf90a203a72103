"""Is the process alive (`/health`), and may it be sent requests (`/ready`)?"""

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, ConfigDict

from api.dependencies import ServicesDep
from api.patience import within

router = APIRouter(tags=["health"])

_PATIENCE_S = 3.0
_log = structlog.get_logger(__name__)


class Health(BaseModel):
    """Answer of `/health`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "healthy", "service": "api"}]})

    status: str = "healthy"
    service: str = "api"


class PartState(StrEnum):
    OK = "ok"
    FAILED = "failed"


class Readiness(BaseModel):
    """Answer of `/ready`: each part by itself, so that one glance says which is down.

    `draining`: this process was told to stop, and takes no more requests soon.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ready": False, "draining": False, "database": "failed", "temporal": "ok"}]}
    )

    ready: bool
    draining: bool = False
    database: PartState
    temporal: PartState


@router.get("/health")
async def health() -> Health:
    """The process answers."""
    return Health()


@router.get("/ready", responses={503: {"model": Readiness, "description": "Not now; it says what is away."}})
async def ready(request: Request, services: ServicesDep, response: Response) -> Readiness:
    """Whether the database and Temporal can be reached, each within three seconds; 503 when one cannot."""
    draining: bool = getattr(request.app.state, "draining", False)
    database, temporal = await asyncio.gather(
        _try("database", services.pool.execute("select from jobs limit 1")), _try("temporal", services.gateway.check())
    )
    answer = Readiness(
        ready=database is PartState.OK and temporal is PartState.OK and not draining,
        draining=draining,
        database=database,
        temporal=temporal,
    )
    if not answer.ready:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return answer


async def _try(part: str, check: Coroutine[Any, Any, object]) -> PartState:
    try:
        await within(_PATIENCE_S, check)
    except Exception as error:
        _log.warning("not ready", part=part, error=type(error).__name__)
        return PartState.FAILED
    return PartState.OK
