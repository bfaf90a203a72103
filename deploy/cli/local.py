"""`directorybolt local`: the embedded stack, left running (`up`) or put through one whole job (`demo`)."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.cli.output import console, remarks
from deploy.local.checklist import Checklist
from deploy.local.environment import Configured, StackEnvironment
from deploy.local.parts import plan_stack
from deploy.local.process import PartFailed
from deploy.local.stack import Stack, StackRunning, stop_on_signals
from deploy.local.temporal import TemporalConfigError
from deploy.runtime.browser_path import BrowserNotFound

app = typer.Typer(no_args_is_help=True)

_FOLDER = Path(".local")


@app.command()
def up() -> None:
    """Start everything and keep it running until Ctrl-C."""
    asyncio.run(_up())


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running afterwards, until Ctrl-C.")] = False,
) -> None:
    """Start everything, submit one business to fifty sandbox directories, and audit the result."""
    disagreements = asyncio.run(_demo(keep=keep))
    if disagreements:
        raise CommandFailed(f"The demo failed: {disagreements} disagreements between the two books.", SERVICE_FAILED)


def _stack() -> Stack:
    return Stack(_FOLDER, plan_stack(_FOLDER, configured=Configured()), Checklist(remarks))


async def _up() -> None:
    async with stop_on_signals():
        try:
            async with _stack() as stack:
                _print_addresses(stack.environment)
                remarks.print("Ctrl-C stops it.")
                failure = await stack.trouble()
            raise CommandFailed(f"The stack was stopped: {failure}", SERVICE_FAILED)
        except (PartFailed, StackRunning, TemporalConfigError, BrowserNotFound) as error:
            raise CommandFailed(str(error), SERVICE_FAILED) from None
    remarks.print("Stopped.")


async def _demo(*, keep: bool) -> int:
    from deploy.cli.demo import run_demo

    async with stop_on_signals() as stop:
        try:
            async with _stack() as stack:
                demo_run = asyncio.create_task(run_demo(stack.environment, _FOLDER / "demo"))
                trouble = asyncio.create_task(stack.trouble())
                try:
                    await asyncio.wait({demo_run, trouble}, return_when=asyncio.FIRST_COMPLETED)
                    if not demo_run.done():
                        raise CommandFailed(f"The stack failed: {trouble.result()}", SERVICE_FAILED)
                    found = demo_run.result()
                    if keep:
                        _print_addresses(stack.environment)
                        remarks.print("Ctrl-C stops it.")
                        raise CommandFailed(f"The stack was stopped: {await trouble}", SERVICE_FAILED)
                    return found
                finally:
                    demo_run.cancel()
                    trouble.cancel()
        except (PartFailed, StackRunning, TemporalConfigError, BrowserNotFound) as error:
            raise CommandFailed(str(error), SERVICE_FAILED) from None
    if stop.by is not None and not keep:
        raise CommandFailed("The demo was interrupted.", 128 + stop.by)
    return 0


def _print_addresses(environment: StackEnvironment) -> None:
    values = environment.values
    for name, address in (
        ("API", f"http://{values['API_HOST']}:{values['API_PORT']}/ready"),
        ("Temporal Web UI", values["TEMPORAL_UI_URL"]),
        ("Sandbox street", values["SANDBOX_URL"]),
    ):
        console.print(f"{name:<16} {address}", highlight=False)
