"""`directorybolt mails`: what customers were promised to be mailed, and what became of it."""

import asyncio
from typing import Annotated

import typer
from rich.table import Column, Table

from deploy.cli.failures import database
from deploy.cli.options import AsJson
from deploy.cli.output import console, plain, print_json, remarks
from deploy.runtime.settings import load_settings
from schema.contracts.mail import MailState, PromisedMail
from schema.store import mails

app = typer.Typer(no_args_is_help=True)

_STYLE = {MailState.SENT: "green", MailState.WAITING: "yellow", MailState.GIVEN_UP: "red"}


@app.callback()
def mail() -> None:
    """What customers are mailed."""


@app.command("list")
def list_mails(
    as_json: AsJson = False,
    state: Annotated[MailState | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 50,
) -> None:
    """The newest mails: to which job they belong, whether they are sent, and why not."""
    found = asyncio.run(_listed(state, limit))
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("There are no such mails.")
        return
    table = Table("mail", "kind", Column("job", no_wrap=True), "promised", "", "tries", "why not")
    for each in found:
        table.add_row(
            str(each.id)[:8],
            each.kind,
            str(each.job_id or ""),
            f"{each.created_at:%Y-%m-%d %H:%M} UTC",
            f"[{_STYLE[each.state]}]{each.state.replace('_', ' ')}[/]",
            str(each.tries),
            plain(each.error, 200),
        )
    console.print(table)


async def _listed(state: MailState | None, limit: int) -> tuple[PromisedMail, ...]:
    async with database(load_settings()) as pool:
        return await mails.listed(pool, state, limit)
