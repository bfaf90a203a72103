"""`directorybolt deployments`: which builds work, which one begins new work, and what still waits for an old one."""

import asyncio
from typing import Annotated

import typer

from deploy.cli.options import AsJson, DryRun

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_versions(as_json: AsJson = False) -> None:
    """Every build that workers have reported, newest first, and how many open workflows each still has."""
    from deploy.cli.versions import show_versions

    asyncio.run(show_versions(as_json=as_json))


@app.command()
def promote(
    build_id: Annotated[str, typer.Argument(help="The build to begin new work with.")], dry_run: DryRun = False
) -> None:
    """Make a build the current one: jobs move to it at once, directories under way end on their own build."""
    from deploy.cli.versions import promote_build

    asyncio.run(promote_build(build_id, dry_run=dry_run))


@app.command()
def move(
    source: Annotated[str, typer.Option("--from", help="The build that has no workers any more.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take directories that wait on an old build to the current one, where this build's code can go on with them."""
    from deploy.cli.versions import move_pinned

    asyncio.run(move_pinned(source, dry_run=dry_run, as_json=as_json))
