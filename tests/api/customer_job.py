"""A paid job in every state that a customer may find it in, written through the ledger as the workers do."""

import functools
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from PIL import Image, ImageDraw

from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store import actions, directories, jobs, links, pending_artifacts, results
from schema.store.database import Pool
from tests.factories import PROFILE, add_job, entry, row

_FIRST = ("Harbor", "Maple", "Golden", "Civic", "Summit", "Orchard", "Beacon", "Prairie", "Cobalt", "Juniper")
_SECOND = ("Pages", "Local", "Directory", "Finder", "Yellowbook", "Index", "Town Guide", "Listings", "Business Hub")


class CustomerJob:
    """One job and its link; directories are named by their slugs, `d001` first."""

    def __init__(self, pool: Pool, job_id: UUID, slugs: Sequence[str], secret: str) -> None:
        self.pool = pool
        self.id = job_id
        self.slugs = tuple(slugs)
        self.secret = secret

    @classmethod
    async def paid(cls, pool: Pool, number: int = 50, *, profile: BusinessProfile = PROFILE) -> "CustomerJob":
        """Nobody has begun it."""
        slugs = [f"d{count:03}" for count in range(1, number + 1)]
        entries = [
            entry(
                slug,
                name=f"{_FIRST[count % 10]} {_SECOND[count % 9]}{count // 90 or ''}",
                domain_authority=90 - count % 90,
            )
            for count, slug in enumerate(slugs)
        ]
        await directories.import_entries(pool, entries)
        job_id = await add_job(pool, profile=profile)
        await pool.execute("update jobs set directory_slugs = $2 where id = $1", job_id, slugs)
        return cls(pool, job_id, slugs, await links.mint(pool, job_id, "test"))

    async def begin(self) -> None:
        job = await jobs.find(self.pool, self.id)
        assert job
        async with self.pool.acquire() as connection, connection.transaction():
            await jobs.begin(connection, job)

    async def send(self, slug: str, **outcome: object) -> None:
        """Its click and what came of it; with a proof that waits for the artifact store."""
        attempt = await results.claim_intent(self.pool, await row(self.pool, self.id, slug))
        key = f"jobs/{self.id}/{slug}/proof.png"
        await pending_artifacts.keep(self.pool, key, picture(slug))
        known = {
            "status": SubmissionStatus.SUBMITTED,
            "evidence": Evidence.TEXT,
            "may_be_sent": True,
            "screenshot": key,
            **outcome,
        }
        await results.record(self.pool, await row(self.pool, self.id, slug), Outcome.model_validate(known), attempt)

    async def working(self, slugs: Iterable[str]) -> None:
        """It is their turn at this moment."""
        await self.pool.execute(
            """
            update directories d set held_by = r.id, held_until = now() + interval '10 minutes'
            from job_results r where r.directory_id = d.id and r.job_id = $1 and d.slug = any($2)
            """,
            self.id,
            list(slugs),
        )

    async def ask(self, slug: str, failure: FailureType) -> UUID:
        """The directory needs a person; returns the action."""
        await self.send(slug, status=SubmissionStatus.AWAITING_ACTION, failure=failure)
        submission = await row(self.pool, self.id, slug)
        await actions.open_for(self.pool, submission.id, submission.outcome, timedelta(days=14))
        action: UUID = await self.pool.fetchval(
            "select id from actions where result_id = $1 and status = 'open'", submission.id
        )
        return action

    async def ask_customer(self, slug: str) -> UUID:
        """The directory wants a confirmation; returns the action."""
        return await self.ask(slug, FailureType.CONFIRMATION_NEEDED)

    async def fail(self, slug: str, failure: FailureType) -> None:
        before = await row(self.pool, self.id, slug)
        given_up = Outcome(status=SubmissionStatus.FAILED, failure=failure)
        await results.record(self.pool, before, given_up, before.attempt)

    async def finish(self, *, cancelled: bool = False) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await jobs.finish(connection, self.id, cancelled=cancelled)


@functools.cache
def picture(slug: str) -> bytes:
    """What stands in for a directory's page."""
    drawn = Image.new("RGB", (1280, 1500), "#f4f6fa")
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((0, 0, 1280, 90), fill="#24507a")
    pen.text((40, 30), slug, fill="white", font_size=34)
    pen.rectangle((140, 180, 1140, 420), fill="#e0f3e6", outline="#0b6b3a", width=3)
    pen.text((190, 260), "Thank you! Your listing was received.", fill="#0b3d22", font_size=44)
    for line in range(12):
        pen.rectangle((140, 520 + line * 70, 1140 - (line * 137) % 400, 548 + line * 70), fill="#d6dce6")
    file = io.BytesIO()
    drawn.save(file, "png")
    return file.getvalue()
