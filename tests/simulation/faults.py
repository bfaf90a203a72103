"""Faults around activities, drawn from the seed: lost before they begin, lost after they ended, run twice at once."""

import asyncio
from enum import StrEnum
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from tests.simulation.world import World, Worlds

_LAST_FAULTY_ATTEMPT = 3
"""Later ones go well: that all retries are used up is the sites' business."""


class Fault(StrEnum):
    """What goes wrong with one attempt of one activity."""

    BEFORE = "is lost before it begins"
    AFTER = "is lost after it ended"
    TWICE = "runs twice at once"


_ODDS = {Fault.BEFORE: 0.03, Fault.AFTER: 0.03, Fault.TWICE: 0.02}


class Lost(Exception):
    """Nobody hears what became of the activity."""


class Breaks(Interceptor):
    """Gives each attempt the fault that its world's dice say."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Breaks(next, self._worlds)


class _Breaks(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, worlds: Worlds) -> None:  # noqa: A002
        super().__init__(next)
        self._worlds = worlds

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        info = activity.info()
        assert info.workflow_id is not None
        world = self._worlds.of_workflow(info.workflow_id)
        fault = _drawn(world, info)
        if fault is None:
            return await self.next.execute_activity(input)
        world.tell(f"{info.workflow_id}: {info.activity_type} {fault} (attempt {info.attempt})")
        match fault:
            case Fault.BEFORE:
                raise Lost(fault)
            case Fault.AFTER:
                await self.next.execute_activity(input)
                raise Lost(fault)
            case Fault.TWICE:
                runs = (self.next.execute_activity(input), self.next.execute_activity(input))
                ends: list[Any] = list(await asyncio.gather(*runs, return_exceptions=True))
                # The server hears the one that it waits for; the other came out of a partition, too late.
                heard = world.dice("heard", info.workflow_id, info.activity_id).choice(ends)
                if isinstance(heard, BaseException):
                    raise heard
                return heard


def _drawn(world: World, info: activity.Info) -> Fault | None:
    if info.attempt > _LAST_FAULTY_ATTEMPT:
        return None
    lot = world.dice("fault", info.workflow_id, info.activity_type, info.activity_id, info.attempt).random()
    for fault, odds in _ODDS.items():
        if lot < odds:
            return fault
        lot -= odds
    return None
