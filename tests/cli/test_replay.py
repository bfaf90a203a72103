"""`directorybolt replay` against the real server: it shows, refuses, asks each job once, and may be run again."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from deploy.cli.example import example_profile
from deploy.local.stack import Stack
from schema.contracts.submission import SubmissionStatus
from schema.store.database import Pool
from tests.cli.conftest import Command, Ran
from tests.factories import add_job, row
from tests.patience import PATIENCE_S, eventually
from tests.serving import NOWHERE
from tests.workflows.bench import Bench, working
from tests.workflows.scripted import Turn
from workflows.job import JobWorkflow


@pytest.fixture
def replaying(command: Command, temporal: Stack) -> Command:
    """The command with this test's database, the real server, and a task queue of its own."""
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"):
        command.environment[name] = temporal.environment.values[name]
    command.environment["TEMPORAL_TASK_QUEUE"] = f"test-{uuid4()}"
    return command


async def run(command: Command, *arguments: str) -> Ran:
    return await asyncio.to_thread(command, *arguments)


async def requested(pool: Pool) -> dict[tuple[UUID, str], int]:
    """How often each row was reopened, by the history."""
    rows = await pool.fetch(
        """
        select job_id, directory, count(*) as times from queue_history where event = 'replay_requested' group by 1, 2
        """
    )
    return {(found["job_id"], found["directory"]): found["times"] for found in rows}


async def failed_jobs(bench: Bench, pool: Pool, *slugs: str) -> list[UUID]:
    """An ended job for each directory; what they refuse is in their scripts."""
    jobs = [await add_job(pool, [slug], profile=example_profile(number)) for number, slug in enumerate(slugs)]
    await asyncio.gather(*map(bench.run_job, jobs))
    return jobs


@contextlib.asynccontextmanager
async def between_two_jobs(pool: Pool, asked: int) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Whoever replays is held up in front of the next job when so many were asked; tells whether it is there."""
    await pool.execute(
        f"""
        create function hold_up() returns trigger language plpgsql as $$
        begin
            if (select count(*) from audit where what = 'job.replay') = {asked} then
                perform pg_advisory_xact_lock(1);
            end if;
            return new;
        end $$;
        create trigger hold_up before insert on audit for each row execute function hold_up();
        """
    )

    async def reached() -> bool:
        return bool(
            await pool.fetchval("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
        )

    async with pool.acquire() as holding, holding.transaction():
        await holding.execute("select pg_advisory_xact_lock(1)")
        yield reached


async def test_what_failed_is_shown_and_then_tried_again(
    replaying: Command, dev: WorkflowEnvironment, pool: Pool
) -> None:
    queue = replaying.environment["TEMPORAL_TASK_QUEUE"]
    async with working(dev, pool, {"alpha": [Turn.REFUSE, Turn.ACCEPT]}, task_queue=queue) as bench:
        job_id = await add_job(pool, ["alpha", "beta"])
        await bench.run_job(job_id)
        shown = (await run(replaying, "replay", "--job", str(job_id), "--dry-run", "--json")).json
        assert shown["jobs"] == [{"job_id": str(job_id), "slugs": ["alpha"]}]
        refused = {"status": "failed", "failure": "refused", "answer": "accepted", "directories": 1}
        submitted = {"status": "submitted", "failure": None, "answer": "already_submitted", "directories": 1}
        assert shown["counts"] == [refused, submitted]
        table = await run(replaying, "replay", "--job", str(job_id), "--dry-run")
        assert (table.code, "refused: it was submitted" in table.out) == (0, True)
        assert "1 directory of 1 job may be tried again." in table.err
        assert (await run(replaying, "replay", "--job", str(job_id))).failed(2, "--dry-run", "--yes")
        assert await requested(pool) == {}

        arguments = ("replay", "--job", str(job_id), "--by", "ana", "--reason", "mended", "--yes")
        asked = await run(replaying, *arguments)
        assert (asked.code, asked.out, "1 directory: tried again." in asked.err) == (0, "", True), asked
        assert (await bench.job(job_id).result()).counts.submitted == 2
        assert bench.directories.clicks == {"alpha": 2, "beta": 1}
        again = await run(replaying, *arguments)
        assert (again.code, "Nothing may be tried again, of 2 directories selected" in again.err) == (0, True)
        assert (await run(replaying, *arguments, "--json")).json == {"jobs": [], "left": [], "interrupted": False}
        assert await requested(pool) == {(job_id, "alpha"): 1}


async def test_workflows_are_selected_as_the_web_ui_lists_them(
    replaying: Command, dev: WorkflowEnvironment, pool: Pool
) -> None:
    queue = replaying.environment["TEMPORAL_TASK_QUEUE"]
    async with working(dev, pool, {"alpha": [Turn.REFUSE], "beta": [Turn.REFUSE]}, task_queue=queue) as bench:
        first, second = await failed_jobs(bench, pool, "alpha", "beta")
        await bench.replay(first, "alpha")
        await bench.job(first).result()

        async def selected(query: str) -> list[dict[str, object]]:
            selection = ("replay", "--query", query, "--dry-run", "--json")
            async with asyncio.timeout(PATIENCE_S):
                while not (jobs := (await run(replaying, *selection)).json["jobs"]):
                    await asyncio.sleep(0.2)
            return list(jobs)

        # The one is listed twice, as its first try and as its second; a job stands for all its directories.
        for query in ("Outcome = 'failed' AND Directory = 'alpha'", "WorkflowType = 'JobWorkflow'"):
            assert await selected(f"{query} AND JobId = '{first}'") == [{"job_id": str(first), "slugs": ["alpha"]}]
        assert await selected(f"JobId = '{second}'") == [{"job_id": str(second), "slugs": ["beta"]}]
        assert (await run(replaying, "replay", "--query", "Outcome = ", "--dry-run")).failed(2, "--query")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
async def test_a_replay_that_dies_between_two_jobs_is_run_again(
    replaying: Command, dev: WorkflowEnvironment, pool: Pool, how: signal.Signals
) -> None:
    queue = replaying.environment["TEMPORAL_TASK_QUEUE"]
    slugs = [f"site-{number:02}" for number in range(12)]
    scripts = {slug: [Turn.REFUSE, Turn.ACCEPT] for slug in slugs}
    async with working(dev, pool, scripts, task_queue=queue) as bench:
        jobs = await failed_jobs(bench, pool, *slugs)
        async with between_two_jobs(pool, 3) as reached:
            command = await asyncio.create_subprocess_exec(
                *(Path(sys.executable).with_name("directorybolt"), "replay", "--outcome", "failed", "--yes"),
                env=replaying.environment,
                cwd=replaying.folder,
                stderr=asyncio.subprocess.PIPE,
            )
            await eventually(reached)
            command.send_signal(how)
            async with asyncio.timeout(PATIENCE_S):
                _, said = await command.communicate()
        assert len(await requested(pool)) == 3
        if how is signal.SIGINT:
            assert command.returncode == 130
            for words in ("3 directories: tried again", "Interrupted", "9 directories not asked for yet"):
                assert words in said.decode()
        again = await run(replaying, "replay", "--outcome", "failed", "--yes")
        assert again.code == 0, again
        for job_id in jobs:
            assert (await bench.job(job_id).result()).counts.submitted == 1
        assert await requested(pool) == dict.fromkeys(zip(jobs, slugs, strict=True), 1)
        assert bench.directories.clicks == dict.fromkeys(slugs, 2)


async def test_what_cannot_be_asked_for_is_told_and_left_for_another_time(
    replaying: Command, dev: WorkflowEnvironment, pool: Pool
) -> None:
    queue = replaying.environment["TEMPORAL_TASK_QUEUE"]
    async with working(dev, pool, {"alpha": [Turn.REFUSE]}, task_queue=queue) as bench:
        (job_id,) = await failed_jobs(bench, pool, "alpha")
    replaying.environment["TEMPORAL_ADDRESS"] = NOWHERE
    assert (await run(replaying, "replay", "--job", str(job_id), "--yes")).failed(1, NOWHERE)
    assert (await row(pool, job_id, "alpha")).status is SubmissionStatus.FAILED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["--job", "--directory", "--query", "--all"]),
        (("--job", "7"), ["'7' is not a job id"]),
        (("--job", str(uuid4())), ["There is no job"]),
        (("--directory", "nowhere"), ["There is no directory 'nowhere'"]),
        (("--outcome", "submitted"), ["--outcome", "failed, skipped"]),
        (("--failure", "bad"), ["--failure", "directory_unreachable"]),
        (("--since", "yesterday"), ["--since", "36h"]),
        (("--all", "--yes", "--by", " "), ["--by"]),
    ],
)
def test_a_selection_that_is_not_understood_names_the_option(
    command: Command, arguments: tuple[str, ...], words: list[str]
) -> None:
    assert command("replay", *arguments).failed(2, *words)


async def test_a_job_is_held_back_resumed_and_ended(replaying: Command, dev: WorkflowEnvironment, pool: Pool) -> None:
    queue = replaying.environment["TEMPORAL_TASK_QUEUE"]
    waiting, unbegun = await add_job(pool, ["alpha"]), await add_job(pool, ["alpha"])
    async with working(dev, pool, {"alpha": [Turn.CAPTCHA]}, task_queue=queue) as bench:
        await bench.start_job(waiting)
        await bench.until(waiting, "alpha", SubmissionStatus.AWAITING_ACTION)
        assert (await run(replaying, "jobs", "resume", str(waiting))).failed(2, "The job is not paused.")
        for asked in ("cancel", "pause"):
            preview = (await run(replaying, "jobs", asked, str(waiting), "--dry-run", "--json")).json
            assert (preview["status"], preview["counts"]["awaiting_action"]) == ("in_progress", 1)
        said = (await run(replaying, "jobs", "cancel", str(waiting), "--dry-run")).err
        assert "Of 1 directory, 0 ended, 1 waiting for a person, 0 under way, 0 not begun." in said
        assert not (await bench.job(waiting).query(JobWorkflow.progress)).paused
        assert (await run(replaying, "jobs", "pause", str(waiting), "--json")).json["became"] == "paused"
        assert (await bench.job(waiting).query(JobWorkflow.progress)).paused
        assert (await run(replaying, "jobs", "pause", str(waiting))).failed(2, "paused already")
        assert "is resumed" in (await run(replaying, "jobs", "resume", str(waiting))).err
        assert (await run(replaying, "jobs", "cancel", str(waiting), "--json")).json["became"] == "being_cancelled"
        await eventually(lambda: pool.fetchval("select status = 'skipped' from job_results where job_id = $1", waiting))
        assert (await run(replaying, "jobs", "pause", str(unbegun))).failed(2, "has not begun")
        assert (await run(replaying, "jobs", "cancel", str(unbegun), "--json")).json["became"] == "cancelled"
        for further in ((), ("--dry-run",)):
            again = await run(replaying, "jobs", "cancel", str(unbegun), *further)
            assert again.failed(2, "ended already", "cancelled")
        # Its message comes all the same.
        assert (await bench.run_job(unbegun)).status.value == "cancelled"
    assert (await run(replaying, "jobs", "cancel", str(uuid4()))).failed(2, "There is no job")
