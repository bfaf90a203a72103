"""Whoever acts on the service from outside: customers who pay, operators, and people who resolve actions.

What each does, and when, is drawn from the world's seed; they use the same services as the command and the API.
"""

import asyncio
import contextlib
import dataclasses
import functools
import heapq
import itertools
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from activities.executions import start_job
from api.gateway import Unanswered, UpdateRefused, WorkflowAway, WorkflowGateway
from api.handoff.actions import ActionsService, NobodyAnswers, NotPossible, Taken
from deploy.cli.example import example_profile
from deploy.cli.intake import place
from schema import ids
from schema.contracts.action import Action
from schema.contracts.job import Tier
from schema.contracts.replay import RetryRequest
from schema.contracts.submission import Resolution, SubmissionStatus
from schema.contracts.upkeep import Task, UpkeepInput
from schema.failures import FailureType
from schema.store import directories, jobs, submissions
from schema.store.database import Pool
from schema.store.orders import make_order
from tests.factories import staff
from tests.simulation.clock import Clock
from tests.simulation.world import World, Worlds
from workflows.upkeep import UpkeepWorkflow

_LOOK_AGAIN = timedelta(hours=6)
"""The longest until people look what is new."""

_LEAVE = timedelta(days=25)
_HORIZON = timedelta(days=80)
"""When people have left, the deadlines of what still waits end everything: long before this."""

_PATIENCE_S = 0.02
"""Real time that the clock stands still for what was asked for; what takes longer may wait for virtual time itself."""

_REFUSALS = (NobodyAnswers, NotPossible, Taken, Unanswered, UpdateRefused, WorkflowAway, RPCError)
"""What somebody may be told instead of being obeyed."""

Deed = Callable[[World, UUID], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Size:
    """How many directories a world has, and how many jobs of how many of them."""

    directories: int = 3
    jobs: int = 2
    per_job: int = 2


BIG = Size(directories=500, jobs=2, per_job=150)


@dataclass(order=True, slots=True)
class _Due:
    at: datetime
    number: int
    act: Callable[[], Awaitable[None]] = field(compare=False)


class People:
    """All who act in all worlds. Their time is the server's: `conduct` is called whenever somebody is due."""

    def __init__(self, client: Client, pool: Pool, clock: Clock, worlds: Worlds, task_queue: str) -> None:
        self.opened = clock.now
        self._client = client
        self._pool = pool
        self._clock = clock
        self._worlds = worlds
        self._task_queue = task_queue
        self._gateway = WorkflowGateway(client)
        self._actions = ActionsService(pool, self._gateway, str)
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._under_way: set[asyncio.Task[None]] = set()
        self._noticed: set[UUID] = set()
        self._upkeep_at = clock.now

    async def enter(self, world: World, size: Size) -> None:
        """The world's directories are known, its jobs are paid, and what will happen to them is drawn."""
        await directories.import_entries(self._pool, world.entries)
        job_ids: list[UUID] = []
        for number in range(size.jobs):
            dice = world.dice("job", number)
            business = dice.choice(range(number + 1))
            profile = example_profile(10 * (world.seed + 1) + business)
            slugs = tuple(dice.sample(sorted(world.sites), size.per_job))
            order = make_order(profile, dice.choice(list(Tier)), slugs, source="simulation")
            job_ids.append(uuid.UUID(int=dice.getrandbits(128), version=4))
            message = order.message.model_copy(update={"job_id": job_ids[-1]})
            await place(self._pool, dataclasses.replace(order, message=message))
            self._plan(world, job_ids[-1], number)
        self._worlds.add(world, job_ids)

    def _plan(self, world: World, job_id: UUID, number: int) -> None:
        dice = world.dice("operators", number)
        begins = timedelta(minutes=dice.choice((0, 0, 1, 600)))

        def plan(deed: Deed, days: float, chance: float = 1) -> timedelta:
            after = begins + timedelta(days=dice.uniform(0, days))
            if dice.random() < chance:
                self._at(self.opened + after, functools.partial(deed, world, job_id))
            return after

        self._at(self.opened + begins, functools.partial(self._start, world, job_id))
        plan(self._start, 0.01)
        plan(self._start, 20)
        if dice.random() < 0.3:
            paused = plan(self._pause, 0.1)
            self._at(self.opened + paused + timedelta(hours=9), functools.partial(self._resume, world, job_id))
        plan(self._cancel, 4, 0.15)
        plan(self._cancel_one, 2, 0.2)
        plan(self._replay, 24, 0.5)

    @activity.defn
    async def conduct(self) -> float | None:
        """Let everybody do what is due; seconds until somebody must act or look again, None when all is over."""
        await self._look_after()
        await self._notice()
        while self._due and self._due[0].at <= self._clock.now:
            self._under_way.add(asyncio.create_task(self._try(heapq.heappop(self._due).act)))
        if self._under_way:
            done, self._under_way = await asyncio.wait(self._under_way, timeout=_PATIENCE_S)
            for task in done:
                task.result()
        if self._clock.now > self.opened + _HORIZON or await self._is_over():
            return None
        if self._under_way:
            return 1.0
        wait = min(self._due[0].at - self._clock.now, _LOOK_AGAIN) if self._due else _LOOK_AGAIN
        return max(wait.total_seconds(), 0.001)

    async def _look_after(self) -> None:
        """What a schedule starts every minute in the service, now and then: this server has none."""
        if self._clock.now >= self._upkeep_at:
            self._upkeep_at = self._clock.now + _LOOK_AGAIN
            tasks = (Task.SUBMISSIONS, Task.ACTIONS)
            await self._client.start_workflow(
                UpkeepWorkflow.run,
                UpkeepInput(tasks=tasks),
                id=f"upkeep-{self._upkeep_at.isoformat()}",
                task_queue=activity.info().task_queue,
            )

    async def _is_over(self) -> bool:
        return not (
            self._due
            or self._under_way
            or await self._pool.fetchval("select exists (select from jobs where status in ('pending', 'in_progress'))")
        )

    async def _start(self, world: World, job_id: UUID) -> None:
        """The message arrives, or arrives again: what the bridge does with it."""
        job = await self._job(job_id)
        await start_job(self._client, self._task_queue, job, job.tier.priority_key)

    async def _pause(self, world: World, job_id: UUID) -> None:
        world.tell(f"{job_id} is paused")
        await self._gateway.pause_job(job_id)

    async def _resume(self, world: World, job_id: UUID) -> None:
        world.tell(f"{job_id} goes on")
        await self._gateway.resume_job(job_id)

    async def _cancel(self, world: World, job_id: UUID) -> None:
        world.tell(f"{job_id} is cancelled")
        await self._gateway.cancel_job(job_id)

    async def _cancel_one(self, world: World, job_id: UUID) -> None:
        """One child, over its job's head. (This server tells no parent that a child was terminated.)"""
        states = [state for state in await submissions.states(self._pool, job_id) if not state.status.ended]
        if states:
            state = world.dice("cancelled", job_id).choice(states)
            workflow_id = ids.directory_workflow_id(job_id, state.slug, state.replays)
            world.tell(f"{workflow_id} is cancelled alone")
            await self._client.get_workflow_handle(workflow_id).cancel()

    async def _replay(self, world: World, job_id: UUID) -> None:
        states = await submissions.states(self._pool, job_id)
        slugs = tuple(state.slug for state in states if state.status is not SubmissionStatus.SUBMITTED)
        if slugs:
            request = RetryRequest(slugs=slugs, by="operator", reason="again")
            report = await self._gateway.retry_directories(await self._job(job_id), request, self._task_queue)
            answers = ", ".join(f"{answer.slug} {answer.answer}" for answer in report.directories)
            world.tell(f"{job_id} is replayed: {answers}")

    async def _job(self, job_id: UUID) -> jobs.Job:
        job = await jobs.find(self._pool, job_id)
        assert job is not None
        return job

    async def _notice(self) -> None:
        """People see what is new, and each decides when they will act, if at all."""
        if self._clock.now > self.opened + _LEAVE:
            return
        found = await self._pool.fetch("select id from actions where status = 'open' order by deadline_at, id")
        for action_id in {row["id"] for row in found} - self._noticed:
            self._noticed.add(action_id)
            action = await self._actions.show(action_id)
            dice = self._dice("person", action)
            if dice.random() < 0.85:
                after = timedelta(hours=dice.choice((0.1, 1, 8, 30, 120, 400)) * dice.random())
                self._at(self._clock.now + after, functools.partial(self._decide, action_id))

    async def _decide(self, action_id: UUID) -> None:
        action = await self._actions.show(action_id)
        world, dice = self._worlds.of(action.directory.slug), self._dice("decision", action)
        posts = world.sites[action.directory.slug].posts
        taken = any(post.taken and post.ref.job_id == action.job_id for post in posts)
        resolution = _right(action, taken=taken) if dice.random() < 0.8 else dice.choice(list(Resolution))
        world.tell(f"{action.workflow_id}: {action.kind} is resolved as {resolution}")
        await self._actions.resolve(action.id, resolution, staff())

    def _dice(self, about: str, action: Action) -> random.Random:
        """Actions have no id that a seed decides, but they are opened one after the other."""
        world = self._worlds.of(action.directory.slug)
        visits = len(world.sites[action.directory.slug].visits)
        return world.dice(about, action.workflow_id, action.kind, visits)

    def _at(self, moment: datetime, act: Callable[[], Awaitable[None]]) -> None:
        heapq.heappush(self._due, _Due(moment, next(self._numbers), act))

    async def _try(self, act: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(*_REFUSALS):
            await act()


def _right(action: Action, *, taken: bool) -> Resolution:
    """What somebody does who looks carefully."""
    if action.kind is FailureType.CAPTCHA:
        return Resolution.RETRY
    if action.kind is FailureType.CONFIRMATION_NEEDED or taken:
        return Resolution.CONFIRMED
    return Resolution.GIVE_UP
