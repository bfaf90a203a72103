"""`directorybolt jobs`: what is paid for is taken in, shown and followed."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from schema.contracts.job import JobStatus, Tier
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store import jobs, results
from schema.store.database import Pool
from tests.cli.conftest import Command, Ran, has_looked
from tests.factories import PROFILE, add_begun_job, add_directories, add_job, row
from tests.patience import PATIENCE_S, eventually

ACCEPTED = Outcome(
    status=SubmissionStatus.SUBMITTED,
    evidence=Evidence.TEXT,
    reason="Thank you [/]",
    final_url="https://alpha.example/thanks",
    screenshot="jobs/1/alpha/shot.png",
    may_be_sent=True,
)
REFUSED = Outcome(status=SubmissionStatus.FAILED, failure=FailureType.REFUSED, reason="phone is invalid")
WAITS = Outcome(status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.CAPTCHA, reason="There is a captcha.")


async def end(pool: Pool, job_id: UUID, slug: str, outcome: Outcome) -> None:
    submission = await row(pool, job_id, slug)
    attempt = await results.claim_intent(pool, submission) if outcome.may_be_sent else submission.attempt
    await results.record(pool, submission, outcome, attempt)


async def finish(pool: Pool, job_id: UUID) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await jobs.finish(connection, job_id, cancelled=False)


def keys_of_a_report(report: Any) -> None:
    assert {"job_id", "status", "counts", "results"} <= set(report)
    for result in report["results"]:
        assert {"directory", "status", "evidence", "final_url", "screenshot", "seconds", "reason"} <= set(result)


async def test_an_order_is_written_with_its_message_and_answered_as_json(command: Command, pool: Pool) -> None:
    await add_directories(pool, ["alpha", "beta"])
    ran = command("jobs", "create", "--profile", command.profile(), "--directories", "beta, alpha,beta", "--json")
    assert (ran.code, ran.err) == (0, "")
    keys_of_a_report(ran.json)
    assert (ran.json["status"], ran.json["results"]) == ("pending", [])
    job = await jobs.find(pool, UUID(ran.json["job_id"]))
    assert job is not None
    assert (job.profile, job.tier, job.directory_slugs) == (PROFILE, Tier.STARTER, ("beta", "alpha"))
    message = await pool.fetchval("select message from outbox")
    assert (message["job_id"], message["package_size"], message["priority"]) == (ran.json["job_id"], 2, "starter")


@pytest.mark.parametrize("word", ["pro", "Professional"])
async def test_a_tier_is_taken_in_either_spelling(command: Command, pool: Pool, word: str) -> None:
    await add_directories(pool, ["alpha"], priority_tier=3)
    ran = command("jobs", "create", "--profile", command.profile(), "--tier", word)
    assert (ran.code, ran.out) == (0, "")
    assert "1 directory" in ran.err
    (job,) = await jobs.recent(pool, 5)
    assert job.tier is Tier.PROFESSIONAL
    assert str(job.job_id) in ran.err


async def test_a_dry_run_says_where_it_would_go_and_writes_nothing(command: Command, pool: Pool) -> None:
    await add_directories(pool, ["alpha"], domain_authority=1)
    await add_directories(pool, ["beta"], domain_authority=2)
    order = ("jobs", "create", "--profile", command.profile(), "--dry-run")
    ran = command(*order)
    assert (ran.code, ran.out) == (0, "")
    assert "2 directories: beta, alpha" in ran.err
    assert command(*order, "--json").json == {"tier": "starter", "directories": ["beta", "alpha"]}
    for table in ("customers", "jobs", "outbox"):
        assert await pool.fetchval(f"select count(*) from {table}") == 0


async def test_a_report_holds_every_directory_with_its_proof(command: Command, pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha", "beta", "gamma"])
    await end(pool, job_id, "alpha", ACCEPTED)
    await end(pool, job_id, "beta", REFUSED)
    ran = command("jobs", "show", str(job_id), "--json")
    assert (ran.code, ran.err) == (0, "")
    keys_of_a_report(ran.json)
    assert ran.json["counts"]["submitted"] == ran.json["counts"]["failed"] == ran.json["counts"]["pending"] == 1
    shown = {result["directory"]: result for result in ran.json["results"]}
    assert (shown["alpha"]["evidence"], shown["alpha"]["final_url"]) == ("text", "https://alpha.example/thanks")
    assert shown["alpha"]["screenshot"] == "jobs/1/alpha/shot.png", "without credentials a link cannot be made"
    assert (shown["beta"]["failure"], shown["beta"]["reason"]) == ("refused", "phone is invalid")
    assert shown["gamma"]["seconds"] is None
    table = command("jobs", "show", str(job_id))
    assert table.code == 0
    for word in ("alpha", "submitted", "Thank you [/]", "refused", "1 under way"):
        assert word in table.out


async def test_a_screenshots_key_becomes_a_link(command: Command, pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    await end(pool, job_id, "alpha", ACCEPTED)
    store = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}
    (result,) = command("jobs", "show", str(job_id), "--json", **store).json["results"]
    assert result["screenshot"].startswith("http://127.0.0.1:9/directorybolt-artifacts/jobs/1/alpha/shot.png?")


async def test_a_report_of_an_archived_job_says_where_its_words_are(command: Command, pool: Pool) -> None:
    job_id = await add_begun_job(pool, ["alpha"])
    assert "archived" not in command("jobs", "show", str(job_id)).out
    await pool.execute("update jobs set archive = 'archive/jobs/1-abc.json.gz', archived_at = now()")
    assert "1-abc.json.gz" in command("jobs", "show", str(job_id)).out
    assert command("jobs", "show", str(job_id), "--json").json["archive"] == "archive/jobs/1-abc.json.gz"


async def test_a_list_shows_the_newest_first_whatever_the_business_is_called(command: Command, pool: Pool) -> None:
    odd = PROFILE.model_copy(update={"business_name": "[/] Rosa's [red]"})
    made = [await add_job(pool, ["alpha"]), await add_job(pool, ["alpha"], profile=odd)]
    ran = command("jobs", "list")
    assert ran.code == 0
    assert ran.out.index("[/] Rosa's [red]") < ran.out.index("Bluebird")
    listed = command("jobs", "list", "--json").json
    assert [job["job_id"] for job in listed] == [str(made[1]), str(made[0])]
    assert len(command("jobs", "list", "--json", "--limit", "1").json) == 1


async def test_a_list_of_nothing_is_an_empty_list(command: Command, pool: Pool) -> None:
    assert command("jobs", "list", "--json").json == []
    ran = command("jobs", "list")
    assert ran.code == 0
    assert "jobs create" in ran.err


@pytest.mark.parametrize("outcome", [ACCEPTED, WAITS], ids=["ended", "waits for a person"])
async def test_following_a_job_ends_when_nothing_happens_without_a_person(
    command: Command, pool: Pool, outcome: Outcome
) -> None:
    odd = PROFILE.model_copy(update={"business_name": "[/] Rosa's"})
    job_id = await add_begun_job(pool, ["alpha"], profile=odd)
    following = asyncio.create_task(asyncio.to_thread(command, "jobs", "watch", str(job_id)))
    await has_looked(pool)
    assert not following.done()
    await end(pool, job_id, "alpha", outcome)
    if outcome is ACCEPTED:
        await finish(pool, job_id)
    async with asyncio.timeout(PATIENCE_S):
        ran = await following
    assert ran.code == 0
    assert outcome.status.value in ran.out


async def test_waiting_for_a_job_tells_where_no_worker_runs_and_how_it_ended(command: Command, pool: Pool) -> None:
    await add_directories(pool, ["alpha"])
    waiting = asyncio.create_task(
        asyncio.to_thread(command, "jobs", "create", "--profile", command.profile(), "--wait", "--json")
    )
    job_id = await begun(pool)
    await end(pool, job_id, "alpha", REFUSED)
    # Its workflow says a moment later how the job ended.
    await has_looked(pool)
    assert not waiting.done()
    await finish(pool, job_id)
    async with asyncio.timeout(PATIENCE_S):
        ran: Ran = await waiting
    assert ran.code == 1
    assert ran.json["status"] == JobStatus.FAILED
    assert str(job_id) in ran.err


async def begun(pool: Pool) -> UUID:
    """The job that a command has just made, with its directories chosen."""
    await eventually(lambda: jobs.recent(pool, 1))
    (made,) = await jobs.recent(pool, 1)
    job = await jobs.find(pool, made.job_id)
    assert job is not None
    async with pool.acquire() as connection, connection.transaction():
        await jobs.begin(connection, job)
    return job.id


async def test_a_job_id_is_taken_in_every_spelling(command: Command, pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha"])
    for spelling in (str(job_id), str(job_id).upper(), job_id.hex):
        assert command("jobs", "show", spelling, "--json").json["job_id"] == str(job_id)
    assert command("jobs", "show", str(uuid4())).code == 2
