"""What must be true of every world when it is over, whatever has happened in it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from schema.store.database import Pool
from tests.simulation.world import Post, Site, World

_BREAKER_AT = 3
_LEAST_REST = timedelta(minutes=5)
_LONGEST_REST = timedelta(hours=6)
_MOMENT = timedelta(seconds=1)


async def complaints(pool: Pool, world: World) -> list[str]:
    """Every promise that was not kept; empty where all were."""
    found = [complaint for site in world.sites.values() for complaint in _of_site(site)]
    rows = await pool.fetch(
        """
        select j.id as job_id, j.status as job_status, d.slug, r.status, r.evidence, r.intent_at, r.business_key,
            exists (select from actions a where a.result_id = r.id and a.status = 'open') as asked
        from job_results r join jobs j on j.id = r.job_id join directories d on d.id = r.directory_id
        where j.id = any($1)
        """,
        world.jobs,
    )
    for row in rows:
        who, status = f"{row['job_id']} at {row['slug']}", row["status"]
        waits = status in ("awaiting_action", "uncertain")
        if status in ("pending", "planned", "submitting"):
            found.append(f"{who} is stuck: {status}, and the job is {row['job_status']}")
        if waits and not row["asked"]:
            found.append(f"{who} waits as {status}, and nobody is asked")
        if status == "submitted" and row["evidence"] == "none":
            found.append(f"{who} is submitted without evidence")
        posts = [post for post in world.sites[row["slug"]].posts if post.taken and post.ref.job_id == row["job_id"]]
        if posts and row["intent_at"] is None:
            found.append(f"{who} was taken, and the ledger does not know: {status}")
    unfinished = await pool.fetch(
        "select id, status from jobs where id = any($1) and status in ('pending', 'in_progress')", world.jobs
    )
    return found + [f"{job['id']} has not ended: {job['status']}" for job in unfinished]


def _of_site(site: Site) -> Iterator[str]:
    """What the site's own books say."""
    taken = Counter(post.business for post in site.posts if post.taken)
    for business, number in taken.items():
        if number > 1:
            yield f"{site.slug} took {business[:8]} {number} times"
    yield from site.crowded
    if site.daily_cap is not None:
        most = max(a_day(site.posts, site.daily_cap).values(), default=0)
        if most > site.daily_cap:
            yield f"{site.slug} got {most} submissions on a day, and its cap is {site.daily_cap}"
    yield from of_health(site)


def a_day(posts: Sequence[Post], cap: int) -> Counter[date]:
    """How many submissions came on each day.

    One that was allowed in the last moment of a day may arrive in the first of the next: it is the former's, if that
    had room for it.
    """
    days: Counter[date] = Counter()
    for post in posts:
        before = (post.at - _MOMENT).date()
        days[before if days[before] < cap else post.at.date()] += 1
    return days


def of_health(site: Site) -> Iterator[str]:
    """Whoever fails is left alone: for seconds at first, from the third time on for a rest per probe."""
    failures, earliest, last = 0, None, None
    for visit in site.visits:
        if last is not None and any(last.at < post.at <= visit.at for post in site.posts):
            failures = 0
        # One visit that two workers make, because of a partition, is in the books twice.
        twice = last is not None and last.task == visit.task
        if earliest is not None and visit.at < earliest - _MOMENT and not twice:
            yield f"{site.slug} was visited at {visit.at}, and was to be left alone until {earliest}"
        if visit.failed and not twice:
            failures += 1
            earliest = max(visit.again, visit.at + _rest_after(failures))
        last = visit


def _rest_after(failures: int) -> timedelta:
    if failures < _BREAKER_AT:
        return timedelta(seconds=3 ** (failures - 1))
    doubled = 1 << min(failures - _BREAKER_AT, 10)
    return min(_LEAST_REST * doubled, _LONGEST_REST)
