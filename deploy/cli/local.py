"""`directorybolt local`: the embedded stack, left running (`up`) or put through one whole job (`demo`)."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

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
_MOST_DEATHS = 5


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


async def _up() -> None:
    async with _running_stack() as stack:
        _print_addresses(stack.environment)
        remarks.print("Ctrl-C stops it.")
        await asyncio.Event().wait()
    remarks.print("Stopped.")


async def _demo(*, keep: bool) -> int:
    from deploy.cli.demo import run_demo

    found = None
    async with _running_stack() as stack:
        found = await run_demo(stack.environment, _FOLDER / "demo")
        if keep:
            _print_addresses(stack.environment)
            remarks.print("Ctrl-C stops it.")
            await asyncio.Event().wait()
    if found is None:
        raise CommandFailed("The demo was interrupted.", SERVICE_FAILED)
    return found


@contextlib.asynccontextmanager
async def _running_stack() -> AsyncIterator[Stack]:
    """The stack, kept alive, until the block ends or a signal ends it; what went wrong is one sentence."""
    async with stop_on_signals():
        try:
            async with (
                Stack(_FOLDER, plan_stack(_FOLDER, configured=Configured()), Checklist(remarks)) as stack,
                _kept_alive(stack),
            ):
                yield stack
        except (PartFailed, StackRunning, TemporalConfigError, BrowserNotFound) as error:
            raise CommandFailed(str(error), SERVICE_FAILED) from None


@contextlib.asynccontextmanager
async def _kept_alive(stack: Stack) -> AsyncIterator[None]:
    """Start again, and say so, whatever dies: any part may be killed at any moment and nothing is lost by it.

    A part that cannot be started again, or that keeps dying, ends the block with its PartFailed.
    """
    owner = asyncio.current_task()
    assert owner is not None
    given_up: list[PartFailed] = []

    async def keep() -> None:
        deaths: Counter[str] = Counter()
        try:
            while True:
                failure = await stack.trouble()
                deaths[failure.part] += 1
                if deaths[failure.part] > _MOST_DEATHS:
                    raise failure
                remarks.print(f"[yellow]{escape(str(failure).splitlines()[0])}[/] It is started again.")
                await stack.restart(failure.part)
        except PartFailed as failure:
            given_up.append(failure)
            owner.cancel()

    keeper = asyncio.create_task(keep())
    try:
        yield
    except asyncio.CancelledError:
        if not given_up:
            raise
        owner.uncancel()
        raise given_up[0] from None
    finally:
        keeper.cancel()


def _print_addresses(environment: StackEnvironment) -> None:
    values = environment.values
    for name, address in (
        ("API", f"http://{values['API_HOST']}:{values['API_PORT']}/ready"),
        ("Temporal Web UI", values["TEMPORAL_UI_URL"]),
        ("Sandbox street", values["SANDBOX_URL"]),
    ):
        console.print(f"{name:<16} {address}", highlight=False)
