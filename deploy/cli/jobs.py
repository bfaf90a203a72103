"""`directorybolt jobs`: take a job in, see how far it is, and hold it back or end it.

All but `cancel`, `pause` and `resume` is read from and written to the ledger, never Temporal.
"""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Column, Table

from deploy.cli.failures import SERVICE_FAILED, CommandFailed, database
from deploy.cli.intake import place, read_order
from deploy.cli.options import AsJson, DryRun
from deploy.cli.output import console, counted, plain, print_json, remarks
from deploy.cli.principal import cli_principal
from deploy.cli.progress import follow
from deploy.cli.report import linked, print_report
from deploy.runtime.settings import load_settings
from schema.contracts.base import Contract
from schema.contracts.job import JobCounts, JobReport, JobStatus, JobSummary, Tier
from schema.contracts.steering import Became, Steer
from schema.store import audit, jobs
from schema.store.database import Pool
from schema.store.orders import Order

app = typer.Typer(no_args_is_help=True)


class Preview(Contract):
    """What `jobs create --dry-run --json` prints."""

    tier: Tier
    directories: tuple[str, ...]


class Steered(Contract):
    """What `jobs cancel|pause|resume --json` print. A job that is being cancelled ends when its pages are closed."""

    job_id: UUID
    became: Became


class SteerPreview(Contract):
    """What they print with `--dry-run`: whom it would concern."""

    job_id: UUID
    status: JobStatus
    counts: JobCounts


JobId = Annotated[str, typer.Argument(help="The job's id.")]


@app.command()
def create(
    profile: Annotated[Path, typer.Option(help="The business profile, a JSON file.")],
    directories: Annotated[
        str | None, typer.Option(help="Slugs, separated by commas; otherwise the tier decides.")
    ] = None,
    tier: Annotated[str, typer.Option(help="starter, growth, professional (or pro), enterprise.")] = "starter",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every directory ended or needs a person.")] = False,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Take in a paid job: it is written to the ledger and, through the outbox, to the queue."""
    order = read_order(profile, tier, directories)
    asyncio.run(_create(order, wait=wait, as_json=as_json, dry_run=dry_run))


@app.command("list")
def list_recent(
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
) -> None:
    """The newest jobs."""
    found = asyncio.run(_recent(limit))
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("There is no job yet: take one in with `directorybolt jobs create`.")
        return
    table = Table(Column("job", no_wrap=True), "business", "tier", "status", "ended", "waiting", "created")
    for job in found:
        table.add_row(
            str(job.job_id),
            plain(job.business_name),
            job.tier,
            job.status,
            f"{job.ended}/{job.total}",
            str(job.waiting),
            f"{job.created_at:%Y-%m-%d %H:%M} UTC",
        )
    console.print(table)


@app.command()
def show(job_id: JobId, as_json: AsJson = False) -> None:
    """A job and each of its directories, with evidence and screenshot."""
    report = asyncio.run(_report(parse_job_id(job_id)))
    if as_json:
        print_json(report)
    else:
        print_report(report)


@app.command()
def watch(job_id: JobId, as_json: AsJson = False) -> None:
    """Follow a job until every directory has ended or waits for a person."""
    report = asyncio.run(_watch(parse_job_id(job_id), quiet=as_json))
    if as_json:
        print_json(report)
    else:
        print_report(report)


@app.command()
def cancel(job_id: JobId, as_json: AsJson = False, dry_run: DryRun = False) -> None:
    """End a job for good: what is under way ends in good order, nothing further is sent."""
    _steer(job_id, Steer.CANCEL, as_json=as_json, dry_run=dry_run)


@app.command()
def pause(job_id: JobId, as_json: AsJson = False, dry_run: DryRun = False) -> None:
    """Start no further directory of a job; those under way go on."""
    _steer(job_id, Steer.PAUSE, as_json=as_json, dry_run=dry_run)


@app.command()
def resume(job_id: JobId, as_json: AsJson = False, dry_run: DryRun = False) -> None:
    """Go on with a paused job."""
    _steer(job_id, Steer.RESUME, as_json=as_json, dry_run=dry_run)


def _steer(job_id: str, steer: Steer, *, as_json: bool, dry_run: bool) -> None:
    chosen = parse_job_id(job_id)
    if dry_run:
        preview = asyncio.run(_concerned(chosen))
        if as_json:
            print_json(preview)
        else:
            remarks.print(_in_words(preview, steer), highlight=False, soft_wrap=True)
        return
    steered = asyncio.run(_steered(chosen, steer))
    if as_json:
        print_json(steered)
    else:
        remarks.print(f"Job {steered.job_id} is {steered.became.replace('_', ' ')}.")


def _in_words(preview: SteerPreview, steer: Steer) -> str:
    counts = preview.counts
    return (
        f"Job {preview.job_id} is {preview.status.replace('_', ' ')}; asked to {steer}, its workflow would decide. "
        f"Of {counted(counts.total)}, {counts.ended} ended, {counts.waiting} waiting for a person, "
        f"{counts.planned + counts.submitting} under way, {counts.pending} not begun."
    )


def parse_job_id(job_id: str) -> UUID:
    """Raises CommandFailed."""
    try:
        return UUID(job_id)
    except ValueError:
        raise CommandFailed(f"{job_id!r} is not a job id: `directorybolt jobs list` shows them.") from None


async def _create(order: Order, *, wait: bool, as_json: bool, dry_run: bool) -> None:
    settings = load_settings()
    async with database(settings) as pool:
        chosen = await place(pool, order, dry_run=dry_run)
        if dry_run:
            if as_json:
                print_json(Preview(tier=order.tier, directories=chosen))
            else:
                remarks.print(f"The job would go to {counted(len(chosen))}: {', '.join(chosen)}.", highlight=False)
            return
        await audit.write(pool, cli_principal(), "job.create", order.message.job_id, tier=order.tier)
        if not as_json:
            remarks.print(f"Job {order.message.job_id} is taken in, for {counted(len(chosen))}.")
        if wait:
            await follow(pool, order.message.job_id, quiet=as_json)
        report = linked(settings, await _found(pool, order.message.job_id))
    if as_json:
        print_json(report)
    elif wait:
        print_report(report)
    if wait and report.status is JobStatus.FAILED:
        raise CommandFailed(f"Job {report.job_id} failed: no directory could be submitted to.", SERVICE_FAILED)


async def _recent(limit: int) -> tuple[JobSummary, ...]:
    async with database(load_settings()) as pool:
        return await jobs.recent(pool, limit)


async def _report(job_id: UUID) -> JobReport:
    settings = load_settings()
    async with database(settings) as pool:
        return linked(settings, await _found(pool, job_id))


async def _watch(job_id: UUID, *, quiet: bool) -> JobReport:
    settings = load_settings()
    async with database(settings) as pool:
        await _found(pool, job_id)
        await follow(pool, job_id, quiet=quiet)
        return linked(settings, await _found(pool, job_id))


async def _found(pool: Pool, job_id: UUID) -> JobReport:
    report = await jobs.report(pool, job_id)
    if report is None:
        raise CommandFailed(f"There is no job {job_id}: `directorybolt jobs list` shows the newest.")
    return report


async def _concerned(job_id: UUID) -> SteerPreview:
    """Raises CommandFailed where the job has ended."""
    from api.staff.steering import NoSuchJob, NotNow, steerable

    async with database(load_settings()) as pool:
        try:
            status = await steerable(pool, job_id)
        except (NoSuchJob, NotNow) as refused:
            raise CommandFailed(str(refused)) from None
        return SteerPreview(job_id=job_id, status=status, counts=(await _found(pool, job_id)).counts)


async def _steered(job_id: UUID, steer: Steer) -> Steered:
    """Raises CommandFailed where the job has ended, has not begun, or is so already."""
    from api.gateway import WorkflowGateway
    from api.staff.steering import NobodyThere, NoSuchJob, NotNow, SteeringService
    from deploy.cli.temporal import temporal

    settings = load_settings()
    async with database(settings) as pool, temporal(settings) as client:
        service = SteeringService(pool, WorkflowGateway(client), settings.temporal_task_queue)
        try:
            return Steered(job_id=job_id, became=await service.steer(job_id, steer, cli_principal()))
        except (NoSuchJob, NotNow) as refused:
            raise CommandFailed(str(refused)) from None
        except NobodyThere as away:
            raise CommandFailed(str(away), SERVICE_FAILED) from None
