"""A service in the middle of its week, written into the ledger: for pages that must be looked at, and for benches.

Businesses, directories and outcomes are made up, and the same every time.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from schema.contracts.job import Tier
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.contracts.worker import WorkerBeat, WorkerStatus
from schema.failures import FailureType
from schema.store import actions, jobs, results, workers
from schema.store.database import Pool
from tests.factories import PROFILE, add_directories, add_job, row

_BUSINESSES = (
    "Bluebird Bakery", "Harbour Dental", "Oak & Iron Joinery", "Casa Verde Landscaping", "Müller Heizung und Sanitär",
    "Northside Physio", "The Paper Lantern", "Redwood Legal", "Quick Spin Bicycles", "Sunny Paws Grooming",
)  # fmt: skip
_PLACES = ("Austin", "City", "Local", "Metro", "Members", "Trusted", "Open", "Prime", "County", "Blue")
_KINDS = ("Market", "Pages", "Guide", "Listings", "Square", "Finder", "Book", "Index")


def slugs(number: int) -> tuple[str, ...]:
    """So many directories, by name."""
    names = [f"{place}-{kind}".lower() for kind in _KINDS for place in _PLACES]
    return tuple(names[n % len(names)] + (f"-{n // len(names) + 1}" if n >= len(names) else "") for n in range(number))


async def fill(pool: Pool, *, directories: int = 60, results_: int = 3_000) -> tuple[UUID, ...]:
    """A week of results, a handful of jobs under way and what waits for people; the jobs under way, newest first."""
    known = slugs(directories)
    await add_directories(pool, known, priority_tier=1, interval_ms=60_000, daily_cap=200)
    await pool.execute("update directories set name = initcap(replace(slug, '-', ' '))")
    await _the_past(pool, results_)
    await _gates(pool)
    return await _under_way(pool, known)


async def _the_past(pool: Pool, number: int) -> None:
    """Ended jobs with results all over the week, most of them listed."""
    await pool.execute(
        """
        with customer as (insert into customers (email, name) values ('ana@example.com', 'Ana') returning id),
        job as (
            insert into jobs (customer_id, tier, package_size, status, business_name, business_key, business_data,
                created_at, started_at, completed_at)
            select customer.id, 'growth', 100, 'completed', ($2::text[])[1 + n % 10], md5(n::text), '{}',
                now() - n * interval '160 hours' / $3, now() - n * interval '160 hours' / $3,
                now() - n * interval '160 hours' / $3 + interval '40 minutes'
            from customer, generate_series(1, $3) as n returning id, created_at
        ), numbered as (
            select job.*, d.id as directory_id, row_number() over () as n
            from job cross join lateral (
                select id from directories order by md5(slug || job.id::text) limit $1 / $3 + 1) as d
        )
        insert into job_results (job_id, directory_id, status, idempotency_key, business_key, attempt, intent_at,
            evidence, failure, started_at, finished_at)
        select id, directory_id,
            case when n % 13 = 0 then 'failed' when n % 17 = 0 then 'skipped' else 'submitted' end,
            md5(id::text || directory_id::text), md5(id::text || directory_id::text), 1,
            case when n % 13 <> 0 and n % 17 <> 0 then created_at end,
            case when n % 13 <> 0 and n % 17 <> 0 then 'text' else 'none' end,
            case when n % 13 = 0 then (array['refused', 'directory_unreachable', 'form_not_found', 'refused',
                'action_expired', 'directory_busy'])[1 + n % 6] when n % 17 = 0 then 'already_listed' end,
            least(now(), created_at + (n % 40) * interval '1 minute') - (3 + n % 50) * interval '1 second',
            least(now(), created_at + (n % 40) * interval '1 minute')
        from numbered limit $1
        """,
        number,
        list(_BUSINESSES),
        max(1, number // 60),
        timeout=120,
    )


async def _gates(pool: Pool) -> None:
    await pool.execute(
        "update directories set failures = 4, resting_until = now() + interval '14 minutes' where slug = 'metro-market'"
    )
    await pool.execute("update directories set next_slot_at = now() + interval '40 seconds' where slug = 'city-pages'")
    await pool.execute(
        """
        insert into form_changes (directory_id, fingerprint, changes)
        select id, 'f1', array['The field "Phone" is now required.', 'A field "Year founded" is new.']
        from directories where slug = 'trusted-pages'
        """
    )


async def _under_way(pool: Pool, known: Sequence[str]) -> tuple[UUID, ...]:
    """Jobs in progress, each further than the one before, some of their directories waiting for a person."""
    made = []
    for number, business in enumerate(_BUSINESSES[:5]):
        profile = PROFILE.model_copy(update={"business_name": business, "street": f"{number} Main Street"})
        tier = list(Tier)[number % 4]
        job_id = await add_job(pool, None, tier=tier, profile=profile)
        await pool.execute(
            "update jobs set created_at = now() - $2 * interval '11 minutes' where id = $1", job_id, number
        )
        job = await jobs.find(pool, job_id)
        assert job is not None
        if number == 0:
            made.append(job_id)
            continue
        async with pool.acquire() as connection, connection.transaction():
            await jobs.begin(connection, job)
        await pool.execute("update outbox set sent_at = now(), sends = 1 where job_id = $1", job_id)
        await _go_on(pool, job_id, known[: 8 + 9 * number], number)
        made.append(job_id)
    await _workers(pool, made[1])
    return tuple(made)


async def _go_on(pool: Pool, job_id: UUID, known: Sequence[str], number: int) -> None:
    chosen = await pool.fetch(
        "select d.slug from job_results r join directories d on d.id = r.directory_id where r.job_id = $1 and "
        "d.slug = any($2) order by md5(d.slug)", job_id, list(known)
    )  # fmt: skip
    for place, found in enumerate(chosen):
        if place >= len(chosen) - 3:
            break
        await ended(pool, job_id, found["slug"], _OUTCOMES[(place * 7 + number) % len(_OUTCOMES)])


async def ended(pool: Pool, job_id: UUID, slug: str, outcome: Outcome) -> None:
    """The directory as the worker would have left it, a person asked where one is needed."""
    submission = await row(pool, job_id, slug)
    await results.mark_visited(pool, submission)
    attempt = submission.attempt
    if outcome.may_be_sent:
        attempt = await results.claim_intent(pool, submission)
    await results.record(pool, submission, outcome, attempt)
    if outcome.status.waits_for_person:
        await actions.open_for(pool, submission.id, outcome, timedelta(days=14))


async def _workers(pool: Pool, job_id: UUID) -> None:
    for number, status in enumerate((WorkerStatus.RUNNING, WorkerStatus.RUNNING, WorkerStatus.RUNNING)):
        beat = WorkerBeat(
            worker_id=uuid4(),
            host=f"worker-{number + 1}",
            pid=41 + number,
            status=status,
            build_id="4f2a91c",
            work=(f"job-{job_id}-city-guide",) if number == 0 else (),
            done=412 * (number + 1),
            failed=3,
            submissions=97 * (number + 1),
        )
        await workers.beat(pool, beat)


_LISTED = Outcome(
    status=SubmissionStatus.SUBMITTED,
    evidence=Evidence.TEXT,
    may_be_sent=True,
    reason="Thank you, your listing will be reviewed.",
    screenshot="shots/listed.png",
)
_OUTCOMES = (
    _LISTED,
    _LISTED,
    _LISTED,
    _LISTED,
    Outcome(
        status=SubmissionStatus.AWAITING_ACTION,
        failure=FailureType.CAPTCHA,
        reason="The form asks for a captcha.",
        screenshot="shots/captcha.png",
    ),
    _LISTED,
    _LISTED,
    Outcome(status=SubmissionStatus.FAILED, failure=FailureType.REFUSED, reason="phone: not a valid phone number"),
    _LISTED,
    _LISTED,
    Outcome(
        status=SubmissionStatus.UNCERTAIN,
        failure=FailureType.OUTCOME_UNKNOWN,
        may_be_sent=True,
        reason="The page answered with nothing that could be understood.",
        screenshot="shots/unknown.png",
    ),
    _LISTED,
    Outcome(status=SubmissionStatus.SKIPPED, failure=FailureType.POLICY_FORBIDS, reason="robots.txt forbids /submit."),
    _LISTED,
    Outcome(
        status=SubmissionStatus.AWAITING_ACTION,
        failure=FailureType.LOGIN_REQUIRED,
        reason="The form is behind a login.",
        screenshot="shots/login.png",
    ),
    _LISTED,
)
