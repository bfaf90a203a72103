"""`robots_files`: what each site asks of robots, fetched by one worker for all. What it means is not decided here.

A copy is fetched anew after a day, and used for a week where that fails.
"""

from typing import NamedTuple

from schema.store.database import Executor


class RobotsFile(NamedTuple):
    """The last answer that could be used. `status` is HTTP's."""

    body: str
    status: int


async def claim_fetch(db: Executor, origin: str) -> bool:
    """True for the one worker that is to fetch the origin's file now; others need not for half a minute."""
    claimed = await db.fetchval(
        """
        insert into robots_files as known (origin, next_fetch_at) values ($1, now() + interval '30 seconds')
        on conflict (origin) do update set next_fetch_at = excluded.next_fetch_at where known.next_fetch_at <= now()
        returning true
        """,
        origin,
    )
    return bool(claimed)


async def keep(db: Executor, origin: str, file: RobotsFile) -> None:
    await db.execute(
        """
        update robots_files set body = $2, status = $3, fetched_at = now(), next_fetch_at = now() + interval '1 day'
        where origin = $1
        """,
        origin,
        file.body,
        file.status,
    )


async def note_failure(db: Executor, origin: str) -> None:
    """The fetch came to nothing: with an old copy it is tried again later, without one by the next who comes."""
    await db.execute(
        """
        update robots_files set next_fetch_at =
            now() + case when fetched_at > now() - interval '7 days' then interval '10 minutes' else interval '0' end
        where origin = $1
        """,
        origin,
    )


async def find(db: Executor, origin: str) -> RobotsFile | None:
    """The copy, as long as it may be used."""
    row = await db.fetchrow(
        "select body, status from robots_files where origin = $1 and fetched_at > now() - interval '7 days'", origin
    )
    return RobotsFile(row["body"], row["status"]) if row else None
