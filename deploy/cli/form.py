"""`directorybolt form map`: what the brain makes of one form. It sends nothing."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from deploy.cli.example import example_profile
from deploy.cli.failures import CommandFailed
from deploy.cli.intake import read_profile
from deploy.cli.options import AsJson
from deploy.cli.output import print_json

app = typer.Typer(no_args_is_help=True)


@app.command("map")
def map_form(
    where: Annotated[
        str, typer.Argument(metavar="[FILE_OR_URL]", help="An HTML file, or an http(s) address.", show_default=False)
    ] = "",
    profile: Annotated[Path | None, typer.Option(help="A business profile; an example one if not given.")] = None,
    as_json: AsJson = False,
    explained: Annotated[
        bool, typer.Option("--explain", help="All that was weighed: clues, runners-up, values, forms, the guard.")
    ] = False,
    corpus: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Map every page of DIR/html instead, without scripts or network.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where --corpus writes its predictions, a JSON object a line.")
    ] = None,
) -> None:
    """Show which field takes which key of the profile, how sure that is, and why."""
    if corpus or out:
        _map_corpus(corpus, out, where)
        return
    if not where:
        raise CommandFailed("FILE_OR_URL is missing: name an HTML file or an http(s) address, or --corpus DIR.")
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


def _map_corpus(corpus: Path | None, out: Path | None, where: str) -> None:
    if corpus is None or out is None:
        raise CommandFailed("--corpus DIR and --out FILE go together: the pages to map, and where to write the result.")
    if where:
        raise CommandFailed(f"--corpus maps a folder of pages: leave out {where}, or --corpus.")

    from deploy.cli.form_corpus import map_corpus

    asyncio.run(map_corpus(corpus, out))


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
