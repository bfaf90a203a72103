"""`directorybolt actions`: what waits for a person: list, show, claim, release, resolve."""

import asyncio
import contextlib
import dataclasses
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from pydantic import TypeAdapter
from rich.table import Table

from deploy.cli.failures import SERVICE_FAILED, CommandFailed, database, named_field, one_of
from deploy.cli.options import AsJson
from deploy.cli.output import console, plain, print_json, remarks
from deploy.cli.principal import cli_principal
from deploy.runtime.settings import load_settings
from schema.contracts.access import Principal
from schema.contracts.action import Action, ActionFilter, ActionStatus, Note, PersonName
from schema.contracts.submission import Resolution
from schema.failures import FailureType

if TYPE_CHECKING:
    from activities.artifacts import ArtifactStore
    from api.handoff.actions import ActionsService
    from api.handoff.captchas import CaptchaService

app = typer.Typer(no_args_is_help=True)

_PREFIX = re.compile(r"[0-9a-f-]{8,36}")
_PERSON: TypeAdapter[str] = TypeAdapter(PersonName)
_NOTE: TypeAdapter[str] = TypeAdapter(Note)

ActionId = Annotated[str, typer.Argument(help="The action's id, or its first eight characters or more.")]
By = Annotated[str, typer.Option(help="Who you are, for the record and for your colleagues. Required.")]
TakeOver = Annotated[bool, typer.Option("--take-over", help="Even if somebody else has claimed it.")]


@app.command("list")
def list_actions(
    as_json: AsJson = False,
    status: Annotated[str, typer.Option(help="open, resolved, expired, cancelled, or all.")] = "open",
    kind: Annotated[str | None, typer.Option(help="captcha, login_required, outcome_unknown, and so on.")] = None,
    job: Annotated[str | None, typer.Option(help="Of this job alone, by its id.")] = None,
    directory: Annotated[str | None, typer.Option(help="Of this directory alone, by its slug.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only open ones past their deadline.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many; what is due first comes first.")] = 100,
) -> None:
    """What waits for a person; what is due first comes first."""
    wanted = ActionFilter(
        status=None if status == "all" else one_of(ActionStatus, status, "--status", "all"),
        kind=one_of(FailureType, kind, "--kind") if kind else None,
        job_id=_job(job) if job else None,
        directory=directory,
        overdue=overdue,
        limit=limit,
    )
    found = asyncio.run(_list(wanted))
    if as_json:
        print_json(found)
        return
    if not found:
        everything = status == "open" and not (kind or job or directory or overdue)
        remarks.print("Nothing waits for a person." if everything else "There is no such action.")
        return
    table = Table("action", "directory", "kind", "business", "status", "claimed by", "deadline", "reason")
    for action in found:
        table.add_row(
            str(action.id)[:8],
            action.directory.slug,
            action.kind,
            plain(action.business_name, 40),
            action.status,
            plain(action.claim.by, 40) if action.claim else "",
            f"[red]{action.deadline_at:%Y-%m-%d %H:%M}[/]"
            if action.overdue
            else f"{action.deadline_at:%Y-%m-%d %H:%M}",
            plain(action.reason),
        )
    console.print(table)
    remarks.print("Times are UTC. `directorybolt actions show ID` says what to do.")


@app.command()
def show(action_id: ActionId, as_json: AsJson = False) -> None:
    """What to do about one action, step by step, and what each way to resolve it would do."""
    _print(asyncio.run(_show(checked_id(action_id))), as_json=as_json)


@app.command()
def claim(action_id: ActionId, by: By = "", take_over: TakeOver = False, as_json: AsJson = False) -> None:
    """Take an action for half an hour, or keep it for another: nobody else resolves it meanwhile."""
    action = asyncio.run(_claim(checked_id(action_id), person(by), take_over=take_over))
    _print(action, as_json=as_json)


@app.command()
def release(action_id: ActionId, by: By = "", as_json: AsJson = False) -> None:
    """Leave a claimed action to others."""
    action = asyncio.run(_release(checked_id(action_id), person(by)))
    if as_json:
        print_json(action)
    else:
        remarks.print(f"Action {action.id} is free again.")


@app.command()
def resolve(
    action_id: ActionId,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="The directory has it: you saw to it.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="What stood in the way is gone: send it now.")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="The business will not be listed there.")] = False,
    by: By = "",
    note: Annotated[str, typer.Option(help="For the record: the listing's address, what you saw, why.")] = "",
    take_over: TakeOver = False,
    as_json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and decide nothing.")] = False,
) -> None:
    """Decide what becomes of an action, and let its directory go on."""
    chosen = {Resolution.CONFIRMED: confirmed, Resolution.RETRY: retry, Resolution.GIVE_UP: give_up}
    resolutions = [resolution for resolution, wanted in chosen.items() if wanted]
    if len(resolutions) != 1:
        raise CommandFailed("Say what you decided, by exactly one of --confirmed, --retry and --give-up.")
    with named_field("--note"):
        remark = _NOTE.validate_python(note)
    [asked] = resolutions
    who = person(by)
    action = asyncio.run(_resolve(checked_id(action_id), asked, who, remark, take_over=take_over, dry_run=dry_run))
    if as_json:
        print_json(action)
    elif dry_run:
        [effect] = [choice.effect for choice in action.choices if choice.resolution is asked]
        remarks.print(f"Action {action.id} would be resolved as {asked}. {effect}")
    else:
        remarks.print(f"Action {action.id} is resolved as {asked}: {action.directory.slug} goes on.")


def _job(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CommandFailed(f"--job {text!r} is not a job id: `directorybolt jobs list` shows them.") from None


def checked_id(text: str) -> str:
    if not _PREFIX.fullmatch(text.lower()):
        raise CommandFailed(
            f"{text!r} is not an action's id, nor its first eight characters or more: "
            "`directorybolt actions list` shows them."
        )
    return text.lower()


def person(by: str) -> Principal:
    """Whoever says so. Raises CommandFailed."""
    if not by.strip():
        raise CommandFailed("--by is missing: say who you are, for the record.")
    with named_field("--by"):
        return cli_principal(_PERSON.validate_python(by))


async def _list(wanted: ActionFilter) -> tuple[Action, ...]:
    async with desk() as opened:
        return await opened.actions.list(wanted)


async def _show(prefix: str) -> Action:
    async with desk() as opened:
        return await opened.actions.show(await opened.actions.named(prefix))


async def _claim(prefix: str, who: Principal, *, take_over: bool) -> Action:
    async with desk() as opened:
        return await opened.actions.claim(await opened.actions.named(prefix), who, take_over=take_over)


async def _release(prefix: str, who: Principal) -> Action:
    async with desk() as opened:
        return await opened.actions.release(await opened.actions.named(prefix), who)


async def _resolve(
    prefix: str, asked: Resolution, who: Principal, note: str, *, take_over: bool, dry_run: bool
) -> Action:
    async with desk() as opened:
        action_id = await opened.actions.named(prefix)
        if dry_run:
            return await opened.actions.check(action_id, asked, who, take_over=take_over)
        with remarks.status("The directory's workflow is told."):
            return await opened.actions.resolve(action_id, asked, who, note=note, take_over=take_over)


@dataclasses.dataclass(frozen=True, slots=True)
class Desk:
    """The services of one command. Captchas' pictures are named by their keys in the artifact store."""

    actions: "ActionsService"
    captchas: "CaptchaService"
    artifacts: "ArtifactStore"


@contextlib.asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """What they do not do is said in their own sentence. Raises CommandFailed."""
    from activities.artifacts import ArtifactStore
    from api.gateway import WorkflowGateway
    from api.handoff.actions import ActionsService, NobodyAnswers, NoSuchAction, NotPossible, Taken
    from api.handoff.captchas import CaptchaService
    from deploy.runtime.artifacts import FOR_A_LOOK, linker
    from deploy.runtime.aws import s3_client
    from deploy.runtime.client import connect

    settings = load_settings()
    async with database(settings) as pool:
        try:
            gateway = WorkflowGateway(await connect(settings, lazy=True))
            actions = ActionsService(pool, gateway, linker(settings, FOR_A_LOOK))
            artifacts = ArtifactStore(s3_client(settings), settings.artifact_bucket, pool)
            yield Desk(actions, CaptchaService(pool, actions, str), artifacts)
        except (NoSuchAction, NotPossible, Taken) as refused:
            raise CommandFailed(str(refused)) from None
        except NobodyAnswers as away:
            raise CommandFailed(str(away), SERVICE_FAILED) from None


def _print(action: Action, *, as_json: bool) -> None:
    if as_json:
        print_json(action)
        return
    rows = {
        "action": str(action.id),
        "status": _status(action),
        "job": f"{action.job_id} ({plain(action.business_name)})",
        "directory": f"{action.directory.slug} ({plain(action.directory.name)})",
        "form": plain(action.directory.url, 300),
        "page": plain(action.directory.page, 300),
        "kind": action.kind,
        "reason": plain(action.reason, 600),
        "screenshot": plain(action.screenshot, 2_000),
        "deadline": f"{action.deadline_at:%Y-%m-%d %H:%M} UTC" + (" [red](over)[/]" if action.overdue else ""),
        "note": plain(action.note, 2_000),
    }
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        if value:
            table.add_row(f"[bold]{name}[/]", value)
    console.print(table)
    if action.status is not ActionStatus.OPEN:
        return
    console.print("\n[bold]What to do[/]")
    for number, step in enumerate(action.steps, start=1):
        console.print(f"{number}. {step}", highlight=False)
    console.print("\n[bold]How it can be resolved[/]")
    for choice in action.choices:
        how = "actions solve" if choice.resolution is Resolution.ATTEND else f"--{choice.resolution.replace('_', '-')}"
        console.print(f"{how}: {choice.effect}", highlight=False)


def _status(action: Action) -> str:
    if action.claim:
        return f"{action.status}, claimed by {plain(action.claim.by)} until {action.claim.until:%H:%M} UTC"
    if action.resolution:
        return f"{action.resolution} by {plain(action.resolved_by or '')} at {action.closed_at:%Y-%m-%d %H:%M} UTC"
    return action.status
