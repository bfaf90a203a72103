"""What `directorybolt local` does: runs the embedded stack, keeps it alive, and puts a whole job through it.

Apart from the commands themselves, because the stack's parts take a quarter of a second to import.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from rich.markup import escape

from deploy.cli.demo import run_demo
from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.cli.output import console, remarks
from deploy.local.checklist import Checklist
from deploy.local.environment import Configured, StackEnvironment
from deploy.local.parts import plan_stack
from deploy.local.process import PartFailed
from deploy.local.stack import Stack, StackRunning, stop_on_signals
from deploy.local.temporal import TemporalConfigError
from deploy.runtime.browser_path import BrowserNotFound

_FOLDER = Path(".local")
_MOST_DEATHS = 5


async def run_up() -> None:
    """Until a signal ends it. Raises CommandFailed when a part cannot be started, or be kept alive."""
    async with _running_stack() as stack:
        _print_addresses(stack.environment)
        remarks.print("Ctrl-C stops it.")
        await asyncio.Event().wait()
    remarks.print("Stopped.")


async def run_demo_on_stack(*, keep: bool) -> int:
    """The number of disagreements. Raises CommandFailed likewise, and when it was interrupted."""
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
