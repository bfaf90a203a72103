"""`directorybolt form map`: what the brain makes of one form. It sends nothing."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape
from rich.table import Table

from activities.boundary import ActivityFailure
from activities.browser.observe import observe
from activities.browser.pool import BrowserFailed, BrowserPool
from activities.browser.visit import DirectoryGone, go_to
from brain import planner
from deploy.cli.directories import AsJson
from deploy.cli.example import example_profile
from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.cli.intake import read_profile
from deploy.cli.output import console, print_json
from deploy.runtime.browser_path import BrowserNotFound, find_browser
from deploy.runtime.settings import load_browser_settings
from schema.contracts.base import Contract
from schema.contracts.form import FormSnapshot
from schema.contracts.plan import Obstacle

app = typer.Typer(no_args_is_help=True)


class FieldMap(Contract):
    """One field: the profile's key that it takes ("" for none), how sure that is (0..1), and why."""

    field: str
    takes: str
    confidence: float
    why: str


class FormMap(Contract):
    """What the command prints with `--json`. An obstacle says why the form would not be sent without a person."""

    url: str
    fingerprint: str
    fields: tuple[FieldMap, ...]
    obstacle: Obstacle | None


@app.command("map")
def map_form(
    where: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="An HTML file, or an http(s) address.")],
    profile: Annotated[Path | None, typer.Option(help="A business profile; an example one if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show which field takes which key of the profile, how sure that is, and why."""
    url = _address(where)
    business = read_profile(profile) if profile else example_profile()
    snapshot = asyncio.run(_snapshot(url))
    step = planner.plan_step(snapshot, business)
    form = FormMap(
        url=snapshot.url,
        fingerprint=snapshot.fingerprint,
        fields=tuple(
            FieldMap(field=row.label, takes=row.key, confidence=row.confidence, why=row.why)
            for row in planner.explain(snapshot)
        ),
        obstacle=step if isinstance(step, Obstacle) else None,
    )
    if as_json:
        print_json(form)
        return
    if form.fields:
        console.print(_table(form, snapshot.heading or snapshot.title or snapshot.url))
    if form.obstacle:
        console.print(f"[yellow]No plan[/] ({form.obstacle.failure}): {escape(form.obstacle.reason)}", highlight=False)


def _address(where: str) -> str:
    """The URL to open. Raises CommandFailed for anything but http(s) and files that are there."""
    scheme = urlsplit(where).scheme.lower()
    if scheme in ("http", "https"):
        return where
    file = Path(where)
    if file.is_file():
        return file.resolve().as_uri()
    if scheme and "://" in where:
        raise CommandFailed(f"{where} is neither a file nor an http(s) address.")
    raise CommandFailed(f"There is no file {where}; an address must begin with http:// or https://.")


async def _snapshot(url: str) -> FormSnapshot:
    settings = load_browser_settings()
    try:
        async with (
            BrowserPool(find_browser(settings.browser_path), 1, settings.user_agent_contact) as pool,
            pool.visit() as visit,
        ):
            await go_to(visit.page, url)
            return (await observe(visit.page)).snapshot
    except BrowserNotFound as error:
        raise CommandFailed(str(error), SERVICE_FAILED) from None
    except (ActivityFailure, DirectoryGone, BrowserFailed) as error:
        raise CommandFailed(f"{url} cannot be opened: {error}", SERVICE_FAILED) from None


def _table(form: FormMap, title: str) -> Table:
    table = Table("field", "takes", "sure", "why", title=escape(title))
    for row in form.fields:
        table.add_row(escape(row.field), row.takes or "–", f"{row.confidence:.2f}", escape(row.why))
    return table
