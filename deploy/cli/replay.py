"""`directorybolt replay`: have failed work tried again. The ledger decides what may be; a job's workflow does the rest.

Safe to run twice, and to interrupt at any moment: each job is asked in one request, and what was asked for already is
not asked for again.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.cli.access import moment
from deploy.cli.failures import SERVICE_FAILED, CommandFailed, database, named_field, one_of
from deploy.cli.jobs import parse_job_id
from deploy.cli.options import AsJson
from deploy.cli.output import console, counted, plain, print_json, remarks
from deploy.cli.principal import cli_principal
from deploy.runtime.settings import Settings, load_settings
from schema import spelling
from schema.contracts.access import Principal
from schema.contracts.action import Note, PersonName
from schema.contracts.replay import (
    JobReplay,
    ReplayAnswer,
    ReplayedJob,
    ReplayPreview,
    ReplayResult,
    ReplaySelection,
    RetryRequest,
    VisibleWork,
)
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType
from schema.store import audit, directories, jobs, replays
from schema.store.database import Pool

if TYPE_CHECKING:
    from api.gateway import WorkflowGateway

INTERRUPTED = 130
"""The shell's own exit code for Ctrl-C."""

_PERSON: TypeAdapter[str] = TypeAdapter(PersonName)
_NOTE: TypeAdapter[str] = TypeAdapter(Note)

_MOST_FAILURES = 3
"""So many jobs in a row that nobody answers for: then somebody has to look first."""

_MEANING = {
    ReplayAnswer.ACCEPTED: "tried again",
    ReplayAnswer.ALREADY_REQUESTED: "asked for already, and not ended since",
    ReplayAnswer.UNDER_WAY: "refused: it is under way",
    ReplayAnswer.WAITS_FOR_PERSON: "refused: it waits for a person (`directorybolt actions list`)",
    ReplayAnswer.ALREADY_SUBMITTED: "refused: it was submitted",
    ReplayAnswer.MAY_BE_SENT: "refused: the directory may hold the business",
    ReplayAnswer.ALREADY_LISTED: "refused: the directory lists the business",
    ReplayAnswer.POLICY_FORBIDS: "refused: the directory is inactive, or its terms forbid it",
    ReplayAnswer.JOB_CANCELLED: "refused: the job was cancelled",
    ReplayAnswer.NOT_IN_JOB: "refused: it is not one of the job's directories",
}


def replay(
    job: Annotated[str | None, typer.Option(help="Of this job, by its id.")] = None,
    directory: Annotated[str | None, typer.Option(help="At this directory, by its slug.")] = None,
    outcome: Annotated[str | None, typer.Option(help="What ended so: failed or skipped.")] = None,
    failure: Annotated[str | None, typer.Option(help="For this reason: directory_unreachable, and so on.")] = None,
    since: Annotated[str | None, typer.Option(help="Ended at or after: 2026-11-20, 2026-11-20T14:00Z, 36h.")] = None,
    until: Annotated[str | None, typer.Option(help="Ended before; written like --since.")] = None,
    query: Annotated[str | None, typer.Option(help="Of these workflows: a Temporal visibility query.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything that may be tried again.")] = False,
    by: Annotated[str | None, typer.Option(help="Who you are, for the record; your login name by default.")] = None,
    reason: Annotated[str, typer.Option(help="Why it is worth another try, for the record.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done and why not, and do nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Have failed directories tried again: all that is given must hold, and whatever may have been sent is refused."""
    selection = ReplaySelection(
        job_id=parse_job_id(job) if job else None,
        slug=directory,
        outcome=one_of((SubmissionStatus.FAILED, SubmissionStatus.SKIPPED), outcome, "--outcome") if outcome else None,
        failure=one_of(tuple(FailureType), failure, "--failure") if failure else None,
        since=moment(since, "--since") if since else None,
        until=moment(until, "--until") if until else None,
    )
    if selection == ReplaySelection() and not query and not every:
        raise CommandFailed(
            "Say what to replay, by --job, --directory, --outcome, --failure, --since, --until or --query, or --all."
        )
    settings = load_settings()
    preview = asyncio.run(_preview(settings, selection, query))
    if dry_run:
        _print_preview(preview, console, as_json=as_json)
        return
    with named_field("--by"):
        who = cli_principal(_PERSON.validate_python(by) if by is not None else None)
    with named_field("--reason"):
        note = _NOTE.validate_python(reason)
    result = ReplayResult()
    if preview.jobs:
        if not yes:
            _ask(preview, as_json=as_json)
        result = asyncio.run(_request(settings, preview.jobs, who, note, quiet=as_json))
    if as_json:
        print_json(result)
    else:
        _print_result(preview, result)
    _end(result)


async def _preview(settings: Settings, selection: ReplaySelection, query: str | None) -> ReplayPreview:
    async with database(settings) as pool:
        if selection.job_id is not None and await jobs.find(pool, selection.job_id) is None:
            raise CommandFailed(f"There is no job {selection.job_id}: `directorybolt jobs list` shows the newest.")
        if selection.slug is not None and not await directories.named(pool, [selection.slug]):
            raise CommandFailed(
                f"There is no directory {selection.slug!r}: `directorybolt directories list` shows them."
            )
        if query:
            visible = await _visible(settings, query)
            selection = selection.model_copy(update={"visible": visible})
        return await replays.preview(pool, selection)


async def _visible(settings: Settings, query: str) -> tuple[VisibleWork, ...]:
    from api.gateway import QueryInvalid, Unanswered, WorkflowGateway
    from deploy.cli.temporal import temporal

    try:
        async with temporal(settings) as client:
            return await WorkflowGateway(client).visible_work(query)
    except QueryInvalid as error:
        raise CommandFailed(f"--query is not understood by Temporal: {plain(str(error), 300)}.") from None
    except Unanswered as error:
        raise CommandFailed(str(error), SERVICE_FAILED) from None


def _ask(preview: ReplayPreview, *, as_json: bool) -> None:
    if not sys.stdin.isatty() or as_json:
        raise CommandFailed("Nobody can be asked here: look with --dry-run, and add --yes.")
    _print_preview(preview, remarks, as_json=False)
    if not typer.confirm("Try them again?", err=True):
        raise CommandFailed("Nothing was asked for.", 0)


async def _request(
    settings: Settings, wanted: Sequence[JobReplay], who: Principal, reason: str, *, quiet: bool
) -> ReplayResult:
    """Ask one job after the other; what was asked for when it ends early, by Ctrl-C or a failing service, is told."""
    from api.gateway import WorkflowGateway
    from deploy.cli.temporal import temporal

    asked: list[ReplayedJob] = []
    interrupted = False
    columns = (TextColumn("replaying"), BarColumn(bar_width=40), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        async with database(settings) as pool, temporal(settings) as client:
            gateway = WorkflowGateway(client)
            with Progress(*columns, console=remarks, disable=quiet, transient=True) as progress:
                task = progress.add_task("", total=sum(len(job.slugs) for job in wanted))
                for job in wanted:
                    request = RetryRequest(slugs=job.slugs, by=who.name, reason=reason)
                    await audit.write(pool, who, "job.replay", job.job_id, directories=len(job.slugs), reason=reason)
                    asked.append(await _ask_job(pool, gateway, settings, job, request))
                    progress.advance(task, len(job.slugs))
                    if len(asked) >= _MOST_FAILURES and all(job.error for job in asked[-_MOST_FAILURES:]):
                        break
    except asyncio.CancelledError:
        interrupted = True
    return ReplayResult(jobs=tuple(asked), left=tuple(wanted[len(asked) :]), interrupted=interrupted)


async def _ask_job(
    pool: Pool, gateway: "WorkflowGateway", settings: Settings, wanted: JobReplay, request: RetryRequest
) -> ReplayedJob:
    from api.gateway import Unanswered, UpdateRefused

    job = await jobs.find(pool, wanted.job_id)
    assert job is not None, "jobs are never deleted"
    try:
        report = await gateway.retry_directories(job, request, settings.temporal_task_queue)
    except (Unanswered, UpdateRefused) as error:
        return ReplayedJob(job_id=job.id, error=str(error))
    return ReplayedJob(job_id=job.id, directories=report.directories)


def _print_preview(preview: ReplayPreview, where: Console, *, as_json: bool) -> None:
    if as_json:
        print_json(preview)
        return
    if not preview.counts:
        remarks.print("Nothing is selected.")
        return
    table = Table("state", "failure", "directories", "what becomes of it")
    for count in preview.counts:
        style = "green" if count.answer.granted else "yellow"
        table.add_row(
            count.status, count.failure or "", str(count.directories), f"[{style}]{_MEANING[count.answer]}[/]"
        )
    where.print(table)
    total = sum(len(job.slugs) for job in preview.jobs)
    remarks.print(f"{counted(total)} of {spelling.counted(len(preview.jobs), 'job')} may be tried again.")


def _print_result(preview: ReplayPreview, result: ReplayResult) -> None:
    for job in result.jobs:
        if job.error:
            remarks.print(f"Job {job.job_id}: {plain(job.error, 300)}", style="red", markup=False, highlight=False)
    answers = Counter(retry.answer for job in result.jobs for retry in job.directories)
    selected = sum(count.directories for count in preview.counts if not count.answer.granted)
    if not preview.jobs:
        remarks.print(
            f"Nothing may be tried again, of {counted(selected)} selected: `--dry-run` says why."
            if selected
            else "Nothing is selected."
        )
    for answer, number in answers.most_common():
        remarks.print(f"{counted(number)}: {_MEANING[answer]}.", highlight=False)


def _end(result: ReplayResult) -> None:
    """Raises CommandFailed where not everything could be asked for."""
    left = sum(len(job.slugs) for job in result.left)
    if result.interrupted:
        raise CommandFailed(
            f"Interrupted: {counted(left)} not asked for yet. Run it again: nothing is asked for twice.", INTERRUPTED
        )
    failed = sum(1 for job in result.jobs if job.error)
    if failed:
        more = f", and {counted(left)} not asked for" if left else ""
        raise CommandFailed(
            f"{spelling.counted(failed, 'job')} gave no answer{more}: see that a worker runs, and run it again. "
            "Nothing is asked for twice.",
            SERVICE_FAILED,
        )
