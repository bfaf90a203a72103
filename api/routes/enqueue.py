"""`POST /api/jobs/enqueue`: other front ends bring what they have sold. They bear a service's token.

Whoever has a link sees the job, so a service gets links to the jobs that it brought itself, and to no other.

Whoever repeats a request, with its job id or its Idempotency-Key, gets the same job: the id is made of the key, so that
this holds when the answer that was kept for the key (`api.middleware.idempotency`) is gone, or was lost with a process.
"""

from http import HTTPStatus
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

import asyncpg
from fastapi import APIRouter, Header, HTTPException, Response
from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from api.access import auth
from api.access.auth import ServiceEnqueues
from api.dependencies import Services, ServicesDep
from api.middleware.idempotency import KEY_PATTERN
from schema.contracts.base import Contract, one_line
from schema.contracts.job import JobStatus, Tier
from schema.contracts.profile import BusinessProfile
from schema.problems import RequestRefused
from schema.store import jobs, links, orders
from schema.store.orders import NoSuchDirectory, NothingEligible, Order

_REASONS = {
    HTTPStatus.CONFLICT: "The job of this id, or of this Idempotency-Key, says something else, or another brought it.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is wrong, or names what there is not; `errors` says which.",
}
_PROFILE: JsonValue = {
    "business_name": "Bluebird Bakery",
    "email": "hello@bluebirdbakery.com",
    "phone": "+1 512 555 0147",
    "website": "https://www.bluebird-bakery.example",
    "street": "418 Congress Avenue",
    "city": "Austin",
    "state": "Texas",
    "postal_code": "78701",
    "country": "US",
    "description": "A neighbourhood bakery in downtown Austin: sourdough, pastries and coffee from six.",
    "category": "Bakery",
}

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
Key = Annotated[str | None, Header(pattern=KEY_PATTERN, description="Makes the request safe to repeat.")]

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


class EnqueueRequest(Contract):
    """What was sold. `directories` are exactly those; otherwise the tier decides. `source` says where it comes from."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"tier": "growth", "source": "shop", "profile": _PROFILE}]},
    )

    tier: Tier
    profile: BusinessProfile
    directories: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=10_000)] | None = None
    source: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), one_line] = ""
    job_id: UUID | None = None


class Enqueued(Contract):
    """The job, and a link of its customer's: whoever has it sees the job. It is shown this once."""

    job_id: UUID
    status: JobStatus
    created: bool
    link: str
    url: str


_MADE = Enqueued(
    job_id=UUID("5f0c7d5e-0d4e-4b8e-9f0a-3c1f6f1f2b11"),
    status=JobStatus.PENDING,
    created=True,
    link="dbl_mZ3oJ0kXv1uWQ8rT5yN7aB2cD4eF6gH8iJ0kL2mN4oP",
    url="https://directorybolt.com/l/dbl_mZ3oJ0kXv1uWQ8rT5yN7aB2cD4eF6gH8iJ0kL2mN4oP",
)
_EXAMPLES = {
    created: {"application/json": {"example": _MADE.model_copy(update={"created": created}).model_dump(mode="json")}}
    for created in (True, False)
}


@router.post(
    "/enqueue",
    status_code=HTTPStatus.CREATED,
    responses={
        201: {"content": _EXAMPLES[True]},
        200: {"model": Enqueued, "description": "It was taken in before: the same job.", "content": _EXAMPLES[False]},
        **auth.answers(_REASONS),
    },
)
async def enqueue_job(
    services: ServicesDep, who: ServiceEnqueues, asked: EnqueueRequest, response: Response, idempotency_key: Key = None
) -> Enqueued:
    """Take in a job that was paid elsewhere: it is in the queue in a moment, and its customer has a link."""
    job_id = asked.job_id
    if job_id is None and idempotency_key is not None:
        job_id = uuid5(NAMESPACE_URL, f"enqueue:{who.name}:{idempotency_key}")
    slugs = tuple(dict.fromkeys(asked.directories)) if asked.directories else None
    order = orders.make_order(asked.profile, asked.tier, slugs, asked.source or who.name, job_id=job_id)
    taken_in = await _take_in(services, order, who.name)
    if not taken_in:
        response.status_code = HTTPStatus.OK
    job = await _same(services, order, who.name)
    secret = await links.mint(services.pool, job.id, f"for {who.name}")
    return Enqueued(
        job_id=job.id,
        status=job.status,
        created=taken_in,
        link=secret,
        url=f"{services.site.public_url}/l/{secret}",
    )


async def _take_in(services: Services, order: Order, service: str) -> bool:
    """False where there is a job of that id already, of whomever."""
    if await jobs.find(services.pool, order.message.job_id) is not None:
        return False
    try:
        await orders.chosen(services.pool, order)
        async with services.pool.acquire() as connection, connection.transaction():
            await orders.place(connection, order, service)
    except NoSuchDirectory as unknown:
        raise RequestRefused("body.directories", str(unknown)) from None
    except NothingEligible:
        raise RequestRefused("body.tier", "No active directory is in this tier.") from None
    except asyncpg.UniqueViolationError:
        # The same request, at the same moment.
        return False
    return True


async def _same(services: Services, order: Order, service: str) -> jobs.Job:
    """The job of the order's id. Raises HTTPException (409) where that is another order, or another service's."""
    job = await jobs.find(services.pool, order.message.job_id)
    asked = (service, order.tier, order.profile, order.slugs)
    if job is None or (job.brought_by, job.tier, job.profile, job.directory_slugs) != asked:
        raise HTTPException(HTTPStatus.CONFLICT, "This id was used for another order.")
    return job
