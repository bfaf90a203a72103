"""`directorybolt form map`: what the brain makes of one form. It sends nothing."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from deploy.cli.directories import AsJson
from deploy.cli.example import example_profile
from deploy.cli.failures import CommandFailed
from deploy.cli.intake import read_profile
from deploy.cli.output import print_json

app = typer.Typer(no_args_is_help=True)


@app.command("map")
def map_form(
    where: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="An HTML file, or an http(s) address.")],
    profile: Annotated[Path | None, typer.Option(help="A business profile; an example one if not given.")] = None,
    as_json: AsJson = False,
    explained: Annotated[
        bool, typer.Option("--explain", help="All that was weighed: clues, runners-up, values, forms, the guard.")
    ] = False,
) -> None:
    """Show which field takes which key of the profile, how sure that is, and why."""
    url = address_of(where)
    business = read_profile(profile) if profile else example_profile()

    from deploy.cli.form_explained import show_explained
    from deploy.cli.form_map import look, read, show

    page = asyncio.run(look(url))
    form = read(page, business)
    title = page.snapshot.heading or page.snapshot.title or page.snapshot.url
    if as_json:
        print_json(form if explained else form.short())
    elif explained:
        show_explained(form, title)
    else:
        show(form.short(), title)


def address_of(where: str) -> str:
    """The URL to open. Raises CommandFailed for anything but http(s) and files that are there."""
    try:
        parts = urlsplit(where)
        if parts.scheme.lower() in ("http", "https") and parts.hostname:
            return where
    except ValueError as error:
        raise CommandFailed(f"{where} is not an http(s) address: {error}.") from None
    file = Path(where)
    try:
        if file.is_file():
            return file.resolve().as_uri()
    except OSError as error:
        raise CommandFailed(f"{where[:40]}… is neither a file ({error.strerror}) nor an http(s) address.") from None
    if "://" in where:
        raise CommandFailed(f"{where} is neither a file nor an http(s) address.")
    raise CommandFailed(f"There is no file {where}; an address must begin with http:// or https://.")
