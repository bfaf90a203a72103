"""How an upkeep activity looks: with a heartbeat, at the boundary, and gathering what it finds by kind."""

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator

from activities.boundary import boundary, heartbeating
from schema.contracts.upkeep import MOST_NAMED, Finding, Sweep, Task, UpkeepReport
from schema.failures import FailureType


class Findings:
    """What one task finds."""

    def __init__(self, task: Task, sweep: Sweep) -> None:
        self._task = task
        self._sweep = sweep
        self._found: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)

    def healed(self, what: str, *subjects: object) -> None:
        """Put right, or in a dry run: would have been."""
        self._found[what, True] += map(str, subjects)

    def reported(self, what: str, *subjects: object) -> None:
        """For a person to look at."""
        self._found[what, False] += map(str, subjects)

    @property
    def report(self) -> UpkeepReport:
        return UpkeepReport(
            findings=tuple(
                Finding(task=self._task, what=what, healed=healed, count=len(found), subjects=tuple(found[:MOST_NAMED]))
                for (what, healed), found in self._found.items()
                if found
            ),
            dry_run=self._sweep.dry_run,
        )


@contextlib.asynccontextmanager
async def looking(task: Task, sweep: Sweep) -> AsyncIterator[Findings]:
    """Wrap the body of every upkeep activity."""
    with boundary(FailureType.STORE_UNAVAILABLE):
        async with heartbeating():
            yield Findings(task, sweep)
