"""`directorybolt plan preview`: a directory's form filled and photographed. It sends nothing."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.cli.form import address_of
from deploy.cli.intake import read_profile
from deploy.cli.options import AsJson
from deploy.cli.output import print_json

app = typer.Typer(no_args_is_help=True)


@app.callback()
def plan() -> None:
    """What would be filled in, before anything is sent."""


@app.command()
def preview(
    where: Annotated[str, typer.Argument(metavar="URL", help="The form's http(s) address.", show_default=False)] = "",
    profile: Annotated[
        Path | None, typer.Option(help="The business profile to fill in, a JSON file. Required.")
    ] = None,
    as_json: AsJson = False,
    screenshot: Annotated[
        Path | None,
        typer.Option(
            help="Where the picture of the filled page goes; preview-<host>.png by default.", metavar="FILE.png"
        ),
    ] = None,
) -> None:
    """Fill a form as a submission would, all its steps, without sending anything; show and photograph the result."""
    if not where:
        raise CommandFailed("URL is missing: name the http(s) address of a form.")
    if profile is None:
        raise CommandFailed("--profile is missing: name the JSON file of a business.")
    url = address_of(where)
    if url.startswith("file:"):
        raise CommandFailed(f"{where} is a file, which belongs to no directory: `form map` shows what it would take.")
    business = read_profile(profile)
    file = _picture_file(screenshot, url)

    from deploy.cli.plan_preview import fill, keep, show

    found = asyncio.run(fill(url, business))
    try:
        kept = keep(found, url, business, file)
    except OSError as error:
        raise CommandFailed(f"The picture {file} cannot be written: {error.strerror}.", SERVICE_FAILED) from None
    if as_json:
        print_json(kept)
    else:
        show(kept)


def _picture_file(chosen: Path | None, url: str) -> Path:
    """Where the picture goes. Raises CommandFailed before a browser is started in vain."""
    if chosen is None:
        return Path(f"preview-{urlsplit(url).hostname}.png")
    if chosen.suffix.lower() != ".png":
        raise CommandFailed(f"--screenshot {chosen} must end in .png.")
    if not chosen.parent.is_dir():
        raise CommandFailed(f"--screenshot {chosen} lies in a folder that is not there.")
    return chosen
