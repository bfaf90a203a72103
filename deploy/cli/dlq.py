"""`directorybolt dlq`: messages that were never handled: which, why, and back into the queue."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter
from rich.progress import Progress
from rich.table import Column, Table

from deploy.cli.failures import SERVICE_FAILED, CommandFailed, database, named_field
from deploy.cli.options import AsJson
from deploy.cli.output import console, plain, print_json, remarks
from deploy.cli.principal import cli_principal
from deploy.runtime.settings import load_settings
from schema.contracts.access import Principal
from schema.contracts.action import PersonName
from schema.contracts.dead_letter import DeadLetter, DeadLetterBody, Redrive, Redriven
from schema.store import audit

if TYPE_CHECKING:
    from activities.dead_letters import DeadLetters

app = typer.Typer(no_args_is_help=True)

_PERSON: TypeAdapter[str] = TypeAdapter(PersonName)


@app.command("list")
def list_letters(
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, oldest first.")] = 100,
) -> None:
    """The messages, and why each of them is there."""
    found, count = asyncio.run(_listed(limit))
    if as_json:
        print_json([DeadLetter.model_validate(letter.model_dump()) for letter in found])
        return
    if not found:
        remarks.print("The dead-letter queue is empty.")
        return
    table = Table(Column("message", no_wrap=True), "sent", "job", "reason", "if redriven")
    for letter in found:
        again = "[green]taken[/]"
        if letter.rejected:
            again = "[red]rejected again[/]"
            if letter.rejected != letter.reason:
                again += f": {plain(letter.rejected, 300)}"
        table.add_row(
            plain(letter.message_id),
            f"{letter.sent_at:%Y-%m-%d %H:%M}",
            letter.job_status or "",
            plain(letter.reason, 300),
            again,
        )
    console.print(table)
    shown = f"{len(found)} of about {count}; --limit shows more. " if count > len(found) else ""
    remarks.print(f"{shown}Times are UTC. `directorybolt dlq show ID` prints the message itself.")


@app.command()
def show(
    message_id: Annotated[str, typer.Argument(metavar="ID", help="The message's id, from `dlq list`.")],
    as_json: AsJson = False,
) -> None:
    """One message as it came, and why it is there."""
    letter = asyncio.run(_shown(message_id))
    if as_json:
        print_json(letter)
        return
    table = Table.grid(padding=(0, 2))
    rows = {
        "message": plain(letter.message_id),
        "sent": f"{letter.sent_at:%Y-%m-%d %H:%M:%S} UTC",
        "job": f"{letter.job_id} ({letter.job_status or 'unknown'})" if letter.job_id else "",
        "reason": plain(letter.reason, 600),
        "if redriven": f"rejected: {plain(letter.rejected, 600)}" if letter.rejected else "taken",
    }
    for name, value in rows.items():
        if value:
            table.add_row(f"[bold]{name}[/]", value)
    console.print(table)
    # Whole, but a stranger's: control characters are shown as what they are.
    body = "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in letter.body)
    console.print(body, markup=False, highlight=False, soft_wrap=True)


@app.command()
def redrive(
    message_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which, from `dlq list`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also those that the bridge would reject again.")] = False,
    by: Annotated[str | None, typer.Option(help="Who you are, for the record; your login name by default.")] = None,
    as_json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and send nothing.")] = False,
) -> None:
    """Send messages to the job queue again. Safe to repeat and to interrupt: one that comes twice changes nothing."""
    if bool(message_ids) == every:
        raise CommandFailed("Say which messages: their ids from `directorybolt dlq list`, or --all.")
    wanted = None if every else frozenset(message_ids or ())
    with named_field("--by"):
        who = cli_principal(_PERSON.validate_python(by) if by is not None else None)
    results = asyncio.run(_redriven(wanted, who, force=force, dry_run=dry_run, quiet=as_json))
    if as_json:
        print_json(results)
    else:
        _say(results)
    missing = sorted((wanted or frozenset()) - {result.message_id for result in results})
    if missing:
        raise CommandFailed(
            f"Not in the dead-letter queue: {', '.join(missing)}. They may be redriven already, "
            "or in somebody else's hand for a minute: `directorybolt dlq list` shows what is there."
        )
    if wanted and any(result.became is Redrive.REFUSED for result in results):
        raise CommandFailed(
            "Some were refused, because the bridge would reject them again: --force sends them all the same."
        )


def _say(results: tuple[Redriven, ...]) -> None:
    for result in results:
        if result.rejected:
            console.print(f"{plain(result.message_id)} {result.became}: {plain(result.rejected, 600)}", highlight=False)
    count = Counter(result.became for result in results)
    parts = [
        f"{count[became]} {word}"
        for became, word in (
            (Redrive.SENT, "sent"),
            (Redrive.WOULD_BE_SENT, "would be sent"),
            (Redrive.REFUSED, "refused"),
        )
        if count[became]
    ]
    remarks.print(f"{', '.join(parts) or 'Nothing to redrive'}.")


async def _listed(limit: int) -> tuple[tuple[DeadLetterBody, ...], int]:
    async with _dead_letters() as letters:
        # Before they are in our hand, or they would not be counted.
        count = await letters.count()
        return await letters.listed(limit), count


async def _shown(message_id: str) -> DeadLetterBody:
    async with _dead_letters() as letters:
        letter = await letters.find(message_id)
    if letter is None:
        raise CommandFailed(
            f"There is no message {message_id!r} in the dead-letter queue: `directorybolt dlq list` shows them."
        )
    return letter


async def _redriven(
    wanted: frozenset[str] | None, who: Principal, *, force: bool, dry_run: bool, quiet: bool
) -> tuple[Redriven, ...]:
    results: list[Redriven] = []
    if not dry_run:
        async with database(load_settings()) as pool:
            await audit.write(pool, who, "dlq.redrive", messages=sorted(wanted) if wanted else "all", force=force)
    async with _dead_letters() as letters:
        total = await letters.count() if wanted is None else len(wanted)
        with Progress(console=remarks, disable=quiet, transient=True) as progress:
            task = progress.add_task("redriving", total=total)
            async with contextlib.aclosing(letters.redrive(wanted, who.name, force=force, dry_run=dry_run)) as redriven:
                async for result in redriven:
                    results.append(result)
                    progress.update(task, completed=len(results), total=max(total, len(results)))
    return tuple(results)


@contextlib.asynccontextmanager
async def _dead_letters() -> AsyncIterator["DeadLetters"]:
    """For one command. Raises CommandFailed where SQS does not answer."""
    from activities.dead_letters import DeadLetters
    from activities.queues import Queue
    from deploy.runtime.aws import sqs_client
    from deploy.runtime.queues import QueueUnusable, using_queue

    settings = load_settings()
    name = settings.dead_letter_queue_name
    async with database(settings) as pool:
        try:
            with using_queue(name):
                sqs = sqs_client(settings)
                yield DeadLetters(pool, Queue(sqs, settings.sqs_queue_name), Queue(sqs, name))
        except QueueUnusable as error:
            raise CommandFailed(str(error), SERVICE_FAILED) from None
