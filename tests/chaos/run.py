"""One run: the story happens to a real stack, peace returns, everything settles, and then the books are compared."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.cli.example import example_profile
from deploy.cli.intake import place
from schema.contracts.job import Tier
from schema.store.database import AWAY
from schema.store.orders import Order, make_order
from tests.chaos.audit import Verdict, judge
from tests.chaos.faults import Havoc
from tests.chaos.story import Purchase, Story, Trouble
from tests.chaos.wire import open_wire
from tests.e2e.street import Street, open_street

_LOOK_S = 1.0
_PAUSE_S = 0.5


async def run(story: Story, folder: Path, kept: Path, console: Console, settle_s: float) -> Verdict:
    """Raises PartFailed where the stack does not start at all. `settle_s` is how long peace may take to heal.

    What the parts have said is in `kept` after a run that failed; all else goes with `folder`.
    """
    started = time.monotonic()
    async with (
        open_street(folder, len(story.workers)) as street,
        open_wire(street.stack.environment.values["SANDBOX_URL"]) as wire,
    ):
        await street.pool.execute(
            "update directories set submission_url = replace(submission_url, $1, $2)", wire.street, wire.url
        )
        havoc = Havoc(street, wire)
        with _shown(console, story) as progress:
            async with havoc.supervised():
                orders = await _happen(story, street, havoc, progress)
                settled = await _settle(street, orders, settle_s, progress)
        verdict = await judge(street, orders, havoc, settled=settled, seconds=time.monotonic() - started)
        if not verdict.passed:
            shutil.copytree(folder / "log", kept, dirs_exist_ok=True)
        return verdict


class _Bars:
    """How far the story is, and how far the submissions."""

    def __init__(self, progress: Progress, story: Story) -> None:
        self._progress = progress
        self._orders = progress.add_task("orders", total=len(story.purchases))
        self._faults = progress.add_task("faults", total=len(story.troubles))
        rows = sum(len(purchase.slugs) for purchase in story.purchases)
        self._rows = progress.add_task("directories settled", total=rows)

    def ordered(self) -> None:
        self._progress.advance(self._orders)

    def broke(self, trouble: Trouble) -> None:
        self._progress.advance(self._faults)
        self._progress.console.print(
            f"{trouble.at_s:7.1f} s  {trouble.fault}, {trouble.place}, {trouble.lasts_s:.1f} s", highlight=False
        )

    def settled(self, rows: int) -> None:
        self._progress.update(self._rows, completed=rows)


@contextlib.contextmanager
def _shown(console: Console, story: Story) -> Iterator[_Bars]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield _Bars(progress, story)


async def _happen(story: Story, street: Street, havoc: Havoc, bars: _Bars) -> list[Order]:
    """Every order and every fault at its time; returns once all faults are over."""
    begun = time.monotonic()

    async def at(seconds: float) -> None:
        await asyncio.sleep(max(0.0, begun + seconds - time.monotonic()))

    async def buy(purchase: Purchase) -> Order:
        await at(purchase.at_s)
        order = await _pay(street, purchase)
        bars.ordered()
        return order

    async def suffer(trouble: Trouble) -> None:
        await at(trouble.at_s)
        bars.broke(trouble)
        await havoc.cause(trouble)

    async def watch() -> None:
        while True:
            with contextlib.suppress(*AWAY, TimeoutError):
                bars.settled(await _settled_rows(street))
            await asyncio.sleep(_LOOK_S)

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        buying = [group.create_task(buy(purchase)) for purchase in story.purchases]
        suffering = [group.create_task(suffer(trouble)) for trouble in story.troubles]
        await asyncio.gather(*buying, *suffering)
        watching.cancel()
    return [task.result() for task in buying]


async def _pay(street: Street, purchase: Purchase) -> Order:
    """As the webhook does, which is sent again until it is answered: a payment is never lost for want of a database."""
    order = make_order(example_profile(purchase.business), Tier.STARTER, purchase.slugs, source="chaos")
    while True:
        try:
            await place(street.pool, order)
        except asyncpg.UniqueViolationError:
            # The commit had gone through when the connection broke.
            return order
        except (*AWAY, TimeoutError):
            await asyncio.sleep(_PAUSE_S)
        else:
            return order


async def _settle(street: Street, orders: list[Order], within_s: float, bars: _Bars) -> bool:
    """Wait until nothing will happen any more without a person; False when that takes too long."""
    until = time.monotonic() + within_s
    total = sum(len(order.slugs or ()) for order in orders)
    while time.monotonic() < until:
        with contextlib.suppress(*AWAY, TimeoutError):
            rows = await _settled_rows(street)
            bars.settled(rows)
            if rows == total and not await street.pool.fetchval(_UNFINISHED):
                return True
        await asyncio.sleep(_LOOK_S)
    return False


_SETTLED_ROWS = "select count(*) from job_results where is_ended(status) or is_waiting(status)"
_UNFINISHED = """
    select exists (select from jobs where status in ('pending', 'in_progress') and waiting = 0)
        or exists (select from job_results r where is_waiting(r.status)
            and not exists (select from actions a where a.result_id = r.id and a.status = 'open'))
        or exists (select from pending_artifacts)
"""
"""Jobs that wait for nobody and are not closed, rows that wait for a person whom nobody has asked, proof not stored."""


async def _settled_rows(street: Street) -> int:
    return int(await street.pool.fetchval(_SETTLED_ROWS))
