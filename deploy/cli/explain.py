"""`directorybolt jobs explain`: why each directory of a job is where it is, and what happens next.

Facts of the ledger, the history and Temporal, put into words by `schema.explain`. Without Temporal, the ledger's alone.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.progress import Progress
from rich.table import Table

from deploy.cli.failures import CommandFailed, database
from deploy.cli.jobs import JobId, parse_job_id
from deploy.cli.options import AsJson
from deploy.cli.output import STATUS_STYLE, console, plain, print_json, remarks
from deploy.runtime.settings import Settings, load_settings
from schema.contracts.explanation import (
    DirectoryFacts,
    JobExplanation,
    JobFacts,
    WorkflowState,
)
from schema.explain.whole import explain_whole
from schema.store import facts

if TYPE_CHECKING:
    from temporalio.client import Client

_AT_ONCE = 10
"""Workflows that Temporal is asked about at a time."""

_PATIENCE_S = 10.0
"""The longest that Temporal may take to answer at all, in seconds."""

_LONGEST = 600


def explain(
    job_id: JobId,
    directory: Annotated[str | None, typer.Option(help="This directory alone, by its slug, with its history.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why each directory is where it is, and what happens next."""
    explanation = asyncio.run(_explained(parse_job_id(job_id), directory, quiet=as_json))
    if as_json:
        print_json(explanation)
        return
    _print(explanation)
    if directory:
        _print_history(explanation.directories[0].facts)


async def _explained(job_id: UUID, slug: str | None, *, quiet: bool) -> JobExplanation:
    settings = load_settings()
    async with database(settings) as pool:
        job = await facts.of_job(pool, job_id)
        if job is None:
            raise CommandFailed(f"There is no job {job_id}: `directorybolt jobs list` shows the newest.")
        found = await facts.of_directories(pool, job_id, slug)
    if slug is not None and not found:
        raise CommandFailed(f"{slug!r} is not one of the job's directories: `directorybolt jobs show` lists them.")
    job, found = await _seen(settings, job, found, quiet=quiet)
    return explain_whole(job, found)


async def _seen(
    settings: Settings, job: JobFacts, found: tuple[DirectoryFacts, ...], *, quiet: bool
) -> tuple[JobFacts, tuple[DirectoryFacts, ...]]:
    """The facts with what Temporal says of the workflows; where it does not answer, as they were."""
    from temporalio.service import RPCError

    from activities.executions import is_paused, look_at
    from deploy.runtime.client import connect

    try:
        async with asyncio.timeout(_PATIENCE_S):
            client = await connect(settings)
            job = job.model_copy(update={"execution": await look_at(client, job.execution.workflow_id, timers=False)})
        if job.execution.state is WorkflowState.RUNNING and job.worker_alive:
            job = job.model_copy(update={"paused": await is_paused(client, job.execution.workflow_id)})
        return job, await _all_seen(client, found, quiet=quiet)
    except (RuntimeError, RPCError, TimeoutError) as error:
        remarks.print(
            f"Temporal at {settings.temporal_address} does not answer ({type(error).__name__}): "
            "this is what the ledger knows.",
            style="yellow",
        )
        return job, found


async def _all_seen(client: "Client", found: tuple[DirectoryFacts, ...], *, quiet: bool) -> tuple[DirectoryFacts, ...]:
    from activities.executions import look_at

    at_once = asyncio.Semaphore(_AT_ONCE)
    with Progress(console=remarks, transient=True, disable=quiet) as progress:
        task = progress.add_task("looking at the workflows", total=len(found))

        async def seen(one: DirectoryFacts) -> DirectoryFacts:
            async with at_once:
                # Of what has ended, the ledger knows all there is to say.
                execution = one.execution if one.status.ended else await look_at(client, one.execution.workflow_id)
                progress.advance(task)
                return one.model_copy(update={"execution": execution})

        return tuple(await asyncio.gather(*map(seen, found)))


def _print(explanation: JobExplanation) -> None:
    table = Table("directory", "state", "why", "what next")
    for one in explanation.directories:
        style = STATUS_STYLE.get(one.facts.status, "white")
        # A directory's own words may be among them: shown, never interpreted.
        table.add_row(
            one.facts.directory, f"[{style}]{one.facts.status}[/]", plain(one.why, _LONGEST), plain(one.next, _LONGEST)
        )
    if explanation.directories:
        console.print(table)
    job = explanation.facts
    console.print(f"Job {job.job_id} is [bold]{job.status}[/]. {plain(explanation.why, _LONGEST)}", highlight=False)
    console.print(plain(explanation.next, _LONGEST), highlight=False)


def _print_history(directory: DirectoryFacts) -> None:
    table = Table("when (UTC)", "what", "")
    for entry in directory.history:
        table.add_row(f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.event, plain(entry.detail, _LONGEST))
    for activity in directory.execution.activities:
        state = "runs" if activity.started else "waits"
        table.add_row("now", f"{activity.name}, attempt {activity.attempt}, {state}", plain(activity.last_failure, 300))
    for timer in directory.execution.timers:
        table.add_row(f"{timer.fires_at:%Y-%m-%d %H:%M:%S}", "timer", plain(timer.summary))
    console.print(table)
