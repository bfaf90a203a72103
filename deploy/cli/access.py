"""`directorybolt tokens` and `directorybolt audit`: who may do what, and what they did."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.table import Table

from deploy.cli.failures import CommandFailed, database, named_field, one_of
from deploy.cli.options import AsJson, DryRun
from deploy.cli.output import console, plain, print_json, remarks
from deploy.cli.principal import cli_principal
from deploy.runtime.settings import load_settings
from schema import spelling
from schema.contracts.access import AuditEntry, AuditFilter, NewToken, Scope, Token, TokenName
from schema.store import audit, sessions, tokens
from schema.store.database import at_once
from schema.store.tokens import NameTaken

token_app = typer.Typer(no_args_is_help=True)
audit_app = typer.Typer(no_args_is_help=True)

_NAME: TypeAdapter[str] = TypeAdapter(TokenName)
_BACK = re.compile(r"(\d{1,6})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str, option: str) -> datetime:
    """A time as people write it. Raises CommandFailed that names the option."""
    try:
        back = length(text)
        at = datetime.now(UTC) - back if back is not None else datetime.fromisoformat(text)
        # A time without a zone is UTC; one that no calendar has there is none.
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandFailed(
            f"{option} {text!r} is not a time: write 2026-11-20, 2026-11-20T14:00Z, or 90m, 36h, 7d before now."
        ) from None


def length(text: str) -> timedelta | None:
    """So much time: 90m, 36h, 7d; None for what is written otherwise."""
    found = _BACK.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


@token_app.command("create")
def create(
    name: Annotated[str, typer.Option(help="Whose it is: what they do is written down under this name.")],
    scope: Annotated[
        list[str], typer.Option(help="read, act or admin (each includes those before it); enqueue for a service.")
    ],
    expires: Annotated[str | None, typer.Option(help="After so long: 12h, 90d. Never by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token for somebody of the staff, or for a service. Its secret is shown this once."""
    scopes = [one_of(Scope, given, "--scope") for given in scope]
    lifetime = length(expires) if expires is not None else None
    if expires is not None and not lifetime:
        raise CommandFailed(f"--expires {expires!r} is not a length of time: write 90m, 12h or 90d.")
    with named_field("--name"):
        checked = _NAME.validate_python(name)
    made = asyncio.run(_create(checked, scopes, lifetime))
    if as_json:
        print_json(made)
        return
    until = f", until {made.expires_at:%Y-%m-%d %H:%M} UTC" if made.expires_at else ""
    remarks.print(f"A token for {plain(made.name)} ({', '.join(made.scopes)}){until}. It is shown this once:")
    typer.echo(made.secret)


@token_app.command("list")
def list_tokens(
    as_json: AsJson = False,
    every: Annotated[bool, typer.Option("--all", help="Also what was revoked, or has expired.")] = False,
) -> None:
    """Who has a token, and when it was last used. No secret is shown: there is none to show."""
    found = asyncio.run(_listed(every=every))
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("There is no token: `directorybolt tokens create` makes one.")
        return
    table = Table("name", "scopes", "made by", "made", "last used", "holds until")
    for token in found:
        table.add_row(
            plain(token.name, 40),
            ", ".join(token.scopes),
            plain(token.created_by, 40),
            _at(token.created_at),
            _at(token.used_at) or "never",
            _until(token),
        )
    console.print(table)
    remarks.print("Times are UTC.")


@token_app.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(help="Whose, as `tokens list` shows it.")], dry_run: DryRun = False
) -> None:
    """Let nobody in by this token from now on, and end the browser sessions that began with it."""
    asyncio.run(_revoke(name, dry_run=dry_run))
    remarks.print(f"The token {plain(name)} {'would let' if dry_run else 'lets'} nobody in any more.")


@token_app.command("sign-out")
def sign_out(
    name: Annotated[str, typer.Argument(help="Who: the token's name, or the e-mail address.")], dry_run: DryRun = False
) -> None:
    """Sign somebody out in every browser. Whoever still has a token, or is in a group, may sign in again."""
    ended = asyncio.run(_sign_out(name, dry_run=dry_run))
    remarks.print(
        f"{plain(name)} {'would be' if dry_run else 'is'} signed out, in {spelling.counted(ended, 'browser')}."
    )


@audit_app.command("list")
def list_audit(
    as_json: AsJson = False,
    who: Annotated[str | None, typer.Option(help="By this person or service, by name.")] = None,
    what: Annotated[str | None, typer.Option(help="This deed, or deeds of this kind: action.resolve, token.")] = None,
    target: Annotated[str | None, typer.Option(help="To this thing, by its id.")] = None,
    since: Annotated[str | None, typer.Option(help="At or after: 2026-11-20, 2026-11-20T14:00Z, 36h, 7d.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 100,
) -> None:
    """What staff did, the newest first."""
    at = moment(since, "--since") if since else None
    found = asyncio.run(_audited(AuditFilter(who=who, what=what, target=target, since=at, limit=limit)))
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("Nothing of the kind was done.")
        return
    table = Table("at", "who", "what", "target", "detail")
    for entry in found:
        detail = json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
        table.add_row(
            f"{entry.at:%Y-%m-%d %H:%M:%S}", plain(entry.who, 40), entry.what, plain(entry.target), plain(detail, 200)
        )
    console.print(table)
    remarks.print("Times are UTC.")


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _until(token: Token) -> str:
    if token.revoked_at:
        return f"[red]revoked {_at(token.revoked_at)}[/]"
    if token.expires_at is None:
        return "revoked"
    return _at(token.expires_at) if token.in_force else f"[red]expired {_at(token.expires_at)}[/]"


async def _create(name: str, scopes: list[Scope], lifetime: timedelta | None) -> NewToken:
    who = cli_principal()
    async with database(load_settings()) as pool, pool.acquire() as connection, connection.transaction():
        try:
            made = await tokens.create(connection, name, scopes, who.name, lifetime)
        except NameTaken as taken:
            raise CommandFailed(str(taken)) from None
        await audit.write(connection, who, "token.create", made.id, name=name, scopes=list(made.scopes))
        return made


async def _listed(*, every: bool) -> tuple[Token, ...]:
    async with database(load_settings()) as pool:
        return await tokens.listed(pool, every=every)


async def _revoke(name: str, *, dry_run: bool) -> None:
    async with database(load_settings()) as pool, pool.acquire() as connection, at_once(connection, dry_run=dry_run):
        token_id = await tokens.revoke(connection, name)
        if token_id is None:
            raise CommandFailed(f"There is no token {name!r} to revoke: `directorybolt tokens list` shows them.")
        await audit.write(connection, cli_principal(), "token.revoke", token_id, name=name)


async def _sign_out(name: str, *, dry_run: bool) -> int:
    async with database(load_settings()) as pool, pool.acquire() as connection, at_once(connection, dry_run=dry_run):
        ended = await sessions.end_all(connection, name)
        if not ended:
            raise CommandFailed(f"{name!r} is signed in nowhere.")
        await audit.write(connection, cli_principal(), "session.end", name, browsers=ended)
        return ended


async def _audited(wanted: AuditFilter) -> tuple[AuditEntry, ...]:
    async with database(load_settings()) as pool:
        return await audit.listed(pool, wanted)
