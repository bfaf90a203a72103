"""What tests put into the ledger: directories and jobs, with everything a test does not care about filled in."""

from collections.abc import Sequence
from uuid import UUID

from deploy.cli.example import example_profile
from deploy.cli.intake import place
from schema.contracts.access import Principal, Scope
from schema.contracts.directory import DirectoryEntry
from schema.contracts.job import Tier
from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import SubmissionRef
from schema.store import directories, jobs, submissions, tokens
from schema.store.database import Pool
from schema.store.orders import make_order
from schema.store.submissions import Submission

PROFILE = example_profile()


def entry(slug: str, **changes: object) -> DirectoryEntry:
    """A directory of tier 1 that allows everything, at any time."""
    url = f"https://{slug}.example/submit"
    return DirectoryEntry.model_validate(
        {"slug": slug, "name": slug.title(), "submission_url": url, "interval_ms": 0, **changes}
    )


async def add_directories(pool: Pool, slugs: Sequence[str], **changes: object) -> None:
    await directories.import_entries(pool, [entry(slug, **changes) for slug in slugs])


async def add_job(
    pool: Pool, slugs: Sequence[str] | None = None, *, tier: Tier = Tier.STARTER, profile: BusinessProfile = PROFILE
) -> UUID:
    """A paid job that nobody has begun; with slugs, those directories are made too."""
    if slugs is not None:
        await add_directories(pool, slugs)
    order = make_order(profile, tier, tuple(slugs) if slugs is not None else None, source="test")
    await place(pool, order)
    return order.message.job_id


async def add_begun_job(pool: Pool, slugs: Sequence[str], *, profile: BusinessProfile = PROFILE) -> UUID:
    """A job whose directories have been chosen."""
    job_id = await add_job(pool, slugs, profile=profile)
    job = await jobs.find(pool, job_id)
    assert job is not None
    async with pool.acquire() as connection, connection.transaction():
        await jobs.begin(connection, job)
    return job_id


async def row(pool: Pool, job_id: UUID, slug: str) -> Submission:
    return await submissions.find(pool, SubmissionRef(job_id=job_id, slug=slug))


def staff(name: str = "ana", scope: Scope = Scope.ACT) -> Principal:
    """Somebody of the staff, as the API knows them once they have shown who they are."""
    return Principal(name=name, scopes=frozenset({scope}))


async def bearer(pool: Pool, name: str = "ana", scope: Scope = Scope.ACT) -> dict[str, str]:
    """The header by which somebody is let in, with a token made for them."""
    token = await tokens.create(pool, name, [scope], "test")
    return {"Authorization": f"Bearer {token.secret}"}
