"""`directorybolt local`: the embedded stack, left running (`up`) or put through one whole job (`demo`)."""

import asyncio
from typing import Annotated

import typer

from deploy.cli.failures import SERVICE_FAILED, CommandFailed

app = typer.Typer(no_args_is_help=True)


@app.command()
def up() -> None:
    """Start everything and keep it running until Ctrl-C."""
    from deploy.cli.embedded import run_up

    asyncio.run(run_up())


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running afterwards, until Ctrl-C.")] = False,
) -> None:
    """Start everything, buy fifty listings on the site as a customer does, and audit what came of it."""
    from deploy.cli.embedded import run_demo_on_stack

    disagreements = asyncio.run(run_demo_on_stack(keep=keep))
    if disagreements:
        raise CommandFailed(f"The demo failed: {disagreements} disagreements between the books.", SERVICE_FAILED)
