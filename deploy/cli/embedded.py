"""What `directorybolt local` does: runs the embedded stack, keeps it alive, and puts a whole job through it.

Apart from the commands themselves, because the stack's parts take a quarter of a second to import.
"""

import asyncio
import contextlib
import time
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
from schema.contracts.access import Scope
from schema.store import tokens
from schema.store.database import open_pool

_FOLDER = Path(".local")
_MOST_DEATHS = 5
_WELL_AFTER_S = 20.0
"""What has run so long since it was started again has not died of its start: its deaths are counted anew."""

_STAFF_NAME = "local"


async def run_up() -> None:
    """Until a signal ends it. Raises CommandFailed when a part cannot be started, or be kept alive."""
    async with _running_stack(Configured()) as stack:
        await _stay_up(stack.environment)
    remarks.print("Stopped.")


async def run_demo_on_stack(*, keep: bool) -> int:
    """The number of disagreements. Raises CommandFailed likewise, and when it was interrupted."""
    found = None
    # Its customer can pay on the local Stripe's page alone, and no mail about them is to leave this machine.
    configured = Configured().model_copy(update={"stripe_secret_key": None, "smtp_url": None})
    async with _running_stack(configured) as stack:
        found = await run_demo(stack.environment, _FOLDER / "demo")
        if keep:
            await _stay_up(stack.environment)
    if found is None:
        raise CommandFailed("The demo was interrupted.", SERVICE_FAILED)
    return found


@contextlib.asynccontextmanager
async def _running_stack(configured: Configured) -> AsyncIterator[Stack]:
    """The stack, kept alive, until the block ends or a signal ends it; what went wrong is one sentence."""
    async with stop_on_signals():
        try:
            async with (
                Stack(_FOLDER, plan_stack(_FOLDER, configured=configured), Checklist(remarks)) as stack,
                kept_alive(stack),
            ):
                yield stack
        except (PartFailed, StackRunning, TemporalConfigError, BrowserNotFound) as error:
            raise CommandFailed(str(error), SERVICE_FAILED) from None


@contextlib.asynccontextmanager
async def kept_alive(stack: Stack) -> AsyncIterator[None]:
    """Start again, and say so, whatever dies: any part may be killed at any moment and nothing is lost by it.

    A part that cannot be started again, or that keeps dying, ends the block with its PartFailed.
    """
    owner = asyncio.current_task()
    assert owner is not None
    given_up: list[PartFailed] = []
    deaths: Counter[str] = Counter()
    revived_at: dict[str, float] = {}

    async def revive(failure: PartFailed) -> None:
        if time.monotonic() - revived_at.get(failure.part, 0.0) >= _WELL_AFTER_S:
            deaths[failure.part] = 0
        while True:
            deaths[failure.part] += 1
            if deaths[failure.part] > _MOST_DEATHS:
                raise failure
            remarks.print(f"[yellow]{escape(str(failure).splitlines()[0])}[/] It is started again.")
            try:
                await stack.restart(failure.part)
            except PartFailed as again:
                # What it needs may have died too, and comes back at its side.
                failure = again
            else:
                revived_at[failure.part] = time.monotonic()
                return

    async def keep() -> None:
        try:
            async with asyncio.TaskGroup() as revivals:
                while True:
                    revivals.create_task(revive(await stack.trouble()))
        except* PartFailed as failures:
            given_up.extend(failure for failure in failures.exceptions if isinstance(failure, PartFailed))
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
        await asyncio.wait({keeper})


async def _stay_up(environment: StackEnvironment) -> None:
    """Until a signal ends it, with a token for whoever sits in front of it: it lets nobody in afterwards."""
    async with await open_pool(environment.values["DATABASE_URL"], 1) as pool:
        # One that was killed has left its token behind.
        await tokens.revoke(pool, _STAFF_NAME)
        token = await tokens.create(pool, _STAFF_NAME, [Scope.ADMIN], _STAFF_NAME)
        try:
            _print_addresses(environment, token.secret)
            remarks.print("Ctrl-C stops it.")
            await asyncio.Event().wait()
        finally:
            await tokens.revoke(pool, _STAFF_NAME)


def _print_addresses(environment: StackEnvironment, staff_token: str) -> None:
    values = environment.values
    for name, address in (
        ("Site", values["PUBLIC_URL"]),
        ("Staff page", f"{values['PUBLIC_URL']}/staff/sign-in#{staff_token}"),
        ("Temporal Web UI", values["TEMPORAL_UI_URL"]),
        ("Stripe", values.get("STRIPE_API_BASE", "https://dashboard.stripe.com/test")),
        ("Mails", values.get("LOCAL_MAIL_URL", "sent by SMTP_URL")),
        ("Sandbox street", values["SANDBOX_URL"]),
    ):
        console.print(f"{name:<16} {address}", highlight=False, soft_wrap=True)
