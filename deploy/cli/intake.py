"""What `jobs create` (and the demo) makes of a profile, a tier and a list: an order, then a job in the ledger."""

from pathlib import Path

from pydantic import ValidationError

from deploy.cli.failures import CommandFailed, first_problem, read_file
from schema.contracts.job import Tier
from schema.contracts.profile import BusinessProfile
from schema.store import orders
from schema.store.database import Pool
from schema.store.orders import NoSuchDirectory, NothingEligible, Order, make_order


def read_order(profile_file: Path, tier: str, slugs: str | None) -> Order:
    """Check what the user typed. Raises CommandFailed with the field and the way out."""
    return make_order(read_profile(profile_file), _tier(tier), _slugs(slugs), source="cli")


def read_profile(file: Path) -> BusinessProfile:
    """Raises CommandFailed, which names the first wrong field."""
    try:
        return BusinessProfile.model_validate_json(read_file(file, "The profile"))
    except ValidationError as error:
        raise first_problem(error, f"The profile {file}") from None


async def place(pool: Pool, order: Order, *, dry_run: bool = False) -> tuple[str, ...]:
    """Write the order in one transaction; returns the directories it would go to now. Raises CommandFailed."""
    try:
        chosen = await orders.chosen(pool, order)
    except NoSuchDirectory as error:
        raise CommandFailed(f"{str(error).rstrip('.')}: `directorybolt directories list` shows them.") from None
    except NothingEligible:
        raise CommandFailed(
            f"No active directory is in tier {order.tier}: import some with `directorybolt directories import`."
        ) from None
    if not dry_run:
        async with pool.acquire() as connection, connection.transaction():
            await orders.place(connection, order)
    return chosen


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
