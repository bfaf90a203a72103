"""An order from elsewhere than the checkout: paid to somebody else, or by nobody. It becomes a job like any other."""

import dataclasses
from datetime import UTC, datetime
from uuid import UUID, uuid4

from schema import ids
from schema.contracts.job import Tier
from schema.contracts.profile import BusinessProfile
from schema.contracts.queue import JobMessage
from schema.store import directories, jobs
from schema.store.database import Connection, Executor


class NoSuchDirectory(Exception):
    """The order names a directory that there is not; `slug` is the first."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no directory {slug!r}.")
        self.slug = slug


class NothingEligible(Exception):
    """No active directory is in the order's tier."""


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """A job before it is in the ledger. `slugs` is None where the tier decides."""

    message: JobMessage
    tier: Tier
    profile: BusinessProfile
    slugs: tuple[str, ...] | None


def make_order(
    profile: BusinessProfile, tier: Tier, slugs: tuple[str, ...] | None, source: str, *, job_id: UUID | None = None
) -> Order:
    """An order with a new job id, unless the caller has one; the customer is known by their e-mail address."""
    message = JobMessage(
        job_id=job_id or uuid4(),
        customer_id=ids.customer_id(profile.email),
        package_size=len(slugs) if slugs is not None else tier.package_size,
        priority=tier,
        created_at=datetime.now(UTC),
        source=source,
    )
    return Order(message=message, tier=tier, profile=profile, slugs=slugs)


async def chosen(db: Executor, order: Order) -> tuple[str, ...]:
    """The directories it would go to now, best first. Raises NoSuchDirectory or NothingEligible."""
    if order.slugs is not None:
        unknown = await directories.unknown_slugs(db, order.slugs)
        if unknown:
            raise NoSuchDirectory(unknown[0])
        found = await directories.named(db, order.slugs)
    else:
        found = await directories.eligible(db, order.tier, order.message.package_size)
        if not found:
            raise NothingEligible
    return tuple(slug for _, slug in found)


async def place(connection: Connection, order: Order, brought_by: str | None = None) -> None:
    """Write customer, job and outbox row: call it inside a transaction. `brought_by` names the service it came from."""
    await jobs.take_in(connection, order.message, order.tier, order.profile, order.slugs, brought_by=brought_by)
