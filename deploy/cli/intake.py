"""What `jobs create` (and the demo) makes of a profile, a tier and a list: an order, then a job in the ledger."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError

from deploy.cli.failures import CommandFailed, first_problem, read_file
from schema import ids
from schema.contracts.job import Tier
from schema.contracts.profile import BusinessProfile
from schema.contracts.queue import JobMessage
from schema.store import directories, jobs
from schema.store.database import Pool


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """A job before it is in the ledger. `slugs` is None where the tier decides."""

    message: JobMessage
    tier: Tier
    profile: BusinessProfile
    slugs: tuple[str, ...] | None


def read_order(profile_file: Path, tier: str, slugs: str | None) -> Order:
    """Check what the user typed. Raises CommandFailed with the field and the way out."""
    return make_order(read_profile(profile_file), _tier(tier), _slugs(slugs), source="cli")


def read_profile(file: Path) -> BusinessProfile:
    """Raises CommandFailed, which names the first wrong field."""
    try:
        return BusinessProfile.model_validate_json(read_file(file, "The profile"))
    except ValidationError as error:
        raise first_problem(error, f"The profile {file}") from None


def make_order(profile: BusinessProfile, tier: Tier, slugs: tuple[str, ...] | None, source: str) -> Order:
    """An order with a new job id; the customer is known by their e-mail address."""
    message = JobMessage(
        job_id=uuid4(),
        customer_id=ids.customer_id(profile.email),
        package_size=len(slugs) if slugs is not None else tier.package_size,
        priority=tier,
        created_at=datetime.now(UTC),
        source=source,
    )
    return Order(message=message, tier=tier, profile=profile, slugs=slugs)


async def place(pool: Pool, order: Order, *, dry_run: bool = False) -> tuple[str, ...]:
    """Write the order in one transaction; returns the directories it would go to now."""
    if order.slugs is not None:
        unknown = await directories.unknown_slugs(pool, order.slugs)
        if unknown:
            raise CommandFailed(f"There is no directory {unknown[0]!r}: `directorybolt directories list` shows them.")
        chosen = await directories.named(pool, order.slugs)
    else:
        chosen = await directories.eligible(pool, order.tier, order.message.package_size)
        if not chosen:
            raise CommandFailed(
                f"No active directory is in tier {order.tier}: import some with `directorybolt directories import`."
            )
    if not dry_run:
        async with pool.acquire() as connection, connection.transaction():
            await jobs.take_in(connection, order.message, order.tier, order.profile, order.slugs)
    return tuple(slug for _, slug in chosen)


def _tier(word: str) -> Tier:
    spelled = "professional" if word.strip().lower() == "pro" else word.strip().lower()
    try:
        return Tier(spelled)
    except ValueError:
        raise CommandFailed(f"--tier {word!r} is unknown: it is one of {', '.join(Tier)}.") from None


def _slugs(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    slugs = tuple(dict.fromkeys(slug.strip() for slug in text.split(",") if slug.strip()))
    if not slugs:
        raise CommandFailed("--directories names no directory: give slugs separated by commas.")
    return slugs
