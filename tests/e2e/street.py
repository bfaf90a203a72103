"""The whole embedded stack with everything a test asks of it: order, wait, break a part, and compare the two books."""

import asyncio
import contextlib
import itertools
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from temporalio.client import Client

from activities.artifacts import ArtifactStore
from deploy.cli.example import example_profile
from deploy.cli.intake import place
from deploy.local.audit import Disagreement, audit, fetch_books
from deploy.local.ours import ROOT
from deploy.local.parts import WHOLE_STACK
from deploy.local.sandbox.books import BookRow
from deploy.local.stack import Stack
from deploy.runtime.aws import s3_client, sqs_client
from deploy.runtime.client import connect
from deploy.runtime.settings import Settings
from schema.contracts.job import JobReport, Tier
from schema.contracts.profile import BusinessProfile
from schema.store import jobs
from schema.store.database import AWAY, Pool, open_pool
from schema.store.orders import Order, make_order
from tests.patience import PATIENCE_S
from tests.stacks import running

_PATIENCE_S = 4 * PATIENCE_S
"""Here the service may have lost a part, and waits itself until it looks again."""


@dataclass(frozen=True, slots=True)
class Street:
    """One running service and the sandbox that it submits to."""

    stack: Stack
    settings: Settings
    pool: Pool
    client: Client
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def artifacts(self) -> ArtifactStore:
        return ArtifactStore(s3_client(self.settings), self.settings.artifact_bucket)

    def profile(self) -> BusinessProfile:
        """A business that no directory of the street knows yet."""
        return example_profile(next(self.numbers))

    async def order(self, slugs: Sequence[str], profile: BusinessProfile | None = None) -> Order:
        """A paid job, as the webhook leaves it: in the ledger and in the outbox. By default of a new business."""
        order = make_order(profile or self.profile(), Tier.STARTER, tuple(slugs), source="test")
        await place(self.pool, order)
        return order

    async def report(self, job_id: UUID) -> JobReport:
        report = await jobs.report(self.pool, job_id)
        assert report is not None
        return report

    async def settled(self, job_id: UUID, within_s: float = _PATIENCE_S) -> JobReport:
        """The report once nothing more happens without a person. A database that is away meanwhile is waited for."""
        async with asyncio.timeout(within_s):
            while True:
                with contextlib.suppress(*AWAY):
                    job = await jobs.summary(self.pool, job_id)
                    if job and (job.status.ended or (await jobs.count(self.pool, job_id)).settled):
                        return await self.report(job_id)
                await asyncio.sleep(0.2)

    async def under_way(self, job_id: UUID, ended: int) -> None:
        """Return in the middle of the job: some directories have ended, others have not."""
        async with asyncio.timeout(_PATIENCE_S):
            while (await jobs.count(self.pool, job_id)).ended < ended:
                await asyncio.sleep(0.05)

    async def heard(self, job_id: UUID, event: str, times: int) -> None:
        """Return when the job's history has the event so many times."""
        count = "select count(*) from queue_history where job_id = $1 and event = $2"
        async with asyncio.timeout(_PATIENCE_S):
            while await self.pool.fetchval(count, job_id, event) < times:
                await asyncio.sleep(0.1)

    async def books(self, order: Order) -> list[BookRow]:
        return await fetch_books(self.stack.environment.values["SANDBOX_URL"], order.profile.business_name)

    async def disagreements(self, order: Order, *, pictured: bool = True) -> list[Disagreement]:
        """Where the ledger and the sandbox's own books tell different stories of this order."""
        return audit(await self.report(order.message.job_id), await self.books(order), pictured=pictured)

    async def send(self, body: str) -> None:
        """Put a message into the queue, as any front end may."""
        sqs = sqs_client(self.settings)
        queue = sqs.get_queue_url(QueueName=self.settings.sqs_queue_name)["QueueUrl"]
        await asyncio.to_thread(sqs.send_message, QueueUrl=queue, MessageBody=body)

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run `directorybolt …` as a process of its own: exit code, standard output, standard error."""
        process = await self._run(*arguments)
        said, remarked = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode(), remarked.decode()

    @contextlib.asynccontextmanager
    async def talking(self, *arguments: str) -> AsyncIterator["Person"]:
        """Somebody in front of `directorybolt …`, for as long as the block lasts."""
        process = await self._run(*arguments)
        try:
            yield Person(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _run(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).with_name("directorybolt")), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **self.stack.environment.for_children()},
        )


class Person:
    """Reads what a command remarks, and types."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def hears(self, pattern: str) -> tuple[str, ...]:
        """The groups of the next remark that matches."""
        assert self._process.stderr
        said = ""
        async with asyncio.timeout(_PATIENCE_S):
            while line := (await self._process.stderr.readline()).decode():
                said += line
                if found := re.search(pattern, line):
                    return found.groups()
        raise AssertionError(f"never said {pattern!r}, but: {said}")

    async def says(self, text: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{text}\n".encode())
        await self._process.stdin.drain()

    async def leaves(self) -> int:
        """The command's exit code."""
        async with asyncio.timeout(_PATIENCE_S):
            return await self._process.wait()


@contextlib.asynccontextmanager
async def open_street(folder: Path, workers: int = 1) -> AsyncIterator[Street]:
    """Start everything, and leave nothing behind."""
    async with running(folder, *WHOLE_STACK, workers=workers) as stack:
        settings = stack.environment.settings()
        async with await open_pool(settings.database_url.get_secret_value(), 4) as pool:
            yield Street(stack, settings, pool, await connect(settings))
