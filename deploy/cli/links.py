"""`directorybolt links`: how customers get to their jobs, for who helps one that has lost or spread theirs."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Column, Table

from deploy.cli.failures import CommandFailed, database
from deploy.cli.options import AsJson
from deploy.cli.output import console, plain, print_json, remarks
from deploy.cli.principal import cli_principal
from deploy.runtime.settings import load_settings
from schema.contracts.link import Link, MadeLink, address
from schema.spelling import counted
from schema.store import audit, jobs, links
from schema.store.database import Executor

app = typer.Typer(no_args_is_help=True)

JobId = Annotated[str, typer.Argument(help="The job's id: `directorybolt jobs list` shows them.")]


@app.command("list")
def list_links(job: JobId, as_json: AsJson = False) -> None:
    """All links that a job ever had. Their secrets are stored nowhere."""
    found = asyncio.run(_listed(_job(job)))
    if as_json:
        print_json(found)
        return
    table = Table(Column("link", no_wrap=True), "made", "why", "last used", "")
    for link in found:
        used = f"{link.used_at:%Y-%m-%d %H:%M} UTC" if link.used_at else "never"
        table.add_row(str(link.id), f"{link.created_at:%Y-%m-%d %H:%M} UTC", plain(link.why), used, _state(link))
    console.print(table)


@app.command("create")
def create(job: JobId, as_json: AsJson = False) -> None:
    """Make a link and show it, this once. Whoever has it sees the job: send it to its customer only."""
    made = asyncio.run(_made(_job(job)))
    if as_json:
        print_json(made)
    else:
        console.print(made.url, soft_wrap=True, highlight=False)
        remarks.print("It is shown this once, and opens the job to whoever has it.")


@app.command("revoke")
def revoke(
    job: JobId,
    link: Annotated[str | None, typer.Option(help="Only this one: `links list` shows their ids.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every link of the job, those in our mails too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be revoked and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put links out of force: pages that they opened are closed at once."""
    if (link is None) is not every:
        raise CommandFailed("Say which: --link with a link's id, or --all.")
    revoked = asyncio.run(_revoked(_job(job), _uuid(link, "--link") if link else None, dry_run=dry_run))
    if as_json:
        print_json(revoked)
        return
    number = counted(len(revoked), "link")
    remarks.print(f"{number} would be revoked." if dry_run else f"{number} revoked.")


def _job(text: str) -> UUID:
    return _uuid(text, "JOB")


def _uuid(text: str, what: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        shown_by = "links list" if what == "--link" else "jobs list"
        raise CommandFailed(f"{what} {text!r} is not an id: `directorybolt {shown_by}` shows them.") from None


async def _listed(job_id: UUID) -> tuple[Link, ...]:
    async with database(load_settings()) as pool:
        found = await links.listed(pool, job_id)
        if not found:
            await _must_exist(pool, job_id)
        return found


async def _must_exist(db: Executor, job_id: UUID) -> None:
    if await jobs.summary(db, job_id) is None:
        raise CommandFailed(f"There is no job {job_id}: `directorybolt jobs list` shows them.")


async def _made(job_id: UUID) -> MadeLink:
    settings = load_settings()
    async with database(settings) as pool, pool.acquire() as connection, connection.transaction():
        await _must_exist(connection, job_id)
        made = await links.create(connection, job_id, f"made by {cli_principal().name}")
        await audit.write(connection, cli_principal(), "link.create", job_id, link=str(made.id))
        return MadeLink(**made.model_dump(), url=address(settings.public_url, made.secret))


async def _revoked(job_id: UUID, only: UUID | None, *, dry_run: bool) -> tuple[Link, ...]:
    async with database(load_settings()) as pool, pool.acquire() as connection, connection.transaction():
        found = [link for link in await links.listed(connection, job_id) if only in (None, link.id)]
        if only is not None and not found:
            raise CommandFailed(f"The job {job_id} has no link {only}: `directorybolt links list` shows them.")
        if not found:
            await _must_exist(connection, job_id)
        revoked = tuple(link for link in found if link.in_force)
        if not dry_run:
            for link in revoked:
                await links.revoke(connection, link.id)
            await audit.write(
                connection, cli_principal(), "link.revoke", job_id, links=[str(link.id) for link in revoked]
            )
        return revoked


def _state(link: Link) -> str:
    if link.in_force:
        return (
            f"[green]opens the job[/] until {link.expires_at:%Y-%m-%d}"
            if link.expires_at
            else "[green]opens the job[/]"
        )
    return "[red]revoked[/]" if link.revoked_at else "expired"
