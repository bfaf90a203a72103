"""From a commit to the browsers that watch: 200 of them, on ten jobs under way, over real HTTP from a real process.

A job goes as the workers make it go, statement by statement. Whoever wants to know what the machine makes of it looks
at the quiet figure too: one browser, one job.
"""

import asyncio
import contextlib
import itertools
import json
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from deploy.cli.example import example_profile
from deploy.local.parts import Piece
from schema.contracts.submission import Evidence, Outcome, SubmissionRef, SubmissionStatus
from schema.store import links, results, turns
from schema.store.database import Pool, open_pool
from tests.bench.figures import Figure
from tests.factories import add_begun_job, row
from tests.schema.clerk import made
from tests.stacks import running

_JOBS = 10
_BROWSERS = 20
"""For each job."""

_DIRECTORIES = 30
_EVERY_S = 1.0
"""So often a directory of each job is done with: ten at a time, ten seconds each."""

_SENT = Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True)


@dataclass(slots=True)
class Watch:
    """When each directory was committed as sent, and how long each browser then waited for it."""

    committed: dict[tuple[UUID, str], float] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    early: int = 0
    """Told before the commit had returned to who made it."""

    def told(self, job_id: UUID, slug: str) -> None:
        at = self.committed.get((job_id, slug))
        if at is None:
            self.early += 1
            self.waited.append(0.0)
        else:
            self.waited.append(time.perf_counter() - at)


async def measure(folder: Path) -> list[Figure]:
    pieces = (Piece.POSTGRES, Piece.AWS, Piece.TEMPORAL, Piece.MIGRATIONS, Piece.QUEUES, Piece.API)
    async with running(folder, *pieces) as stack:
        values = stack.environment.values
        async with await open_pool(values["DATABASE_URL"], 12) as pool:
            url = f"http://{values['API_HOST']}:{values['API_PORT']}"
            quiet = await _watched(pool, url, jobs=1, browsers=1, directories=10)
            busy = await _watched(pool, url, jobs=_JOBS, browsers=_BROWSERS, directories=_DIRECTORIES)
    return [
        Figure("commit to browser, one browser: p50", _quantile(quiet.waited, 0.5), "ms"),
        Figure(f"commit to browser, {_JOBS * _BROWSERS} browsers: p50", _quantile(busy.waited, 0.5), "ms"),
        Figure("… p99", _quantile(busy.waited, 0.99), "ms"),
        Figure("… told", float(len(busy.waited)), "events"),
    ]


async def _watched(pool: Pool, url: str, *, jobs: int, browsers: int, directories: int) -> Watch:
    watch, numbers = Watch(), itertools.count()
    slugs = [f"site-{number:03}" for number in range(directories)]
    made_jobs = [
        await add_begun_job(pool, slugs, profile=example_profile(jobs * 100 + next(numbers))) for _ in range(jobs)
    ]
    expected = jobs * browsers * directories
    async with contextlib.AsyncExitStack() as stack:
        for job_id in made_jobs:
            secret = await links.mint(pool, job_id, "bench")
            for _ in range(browsers):
                await stack.enter_async_context(_browser(url, job_id, secret, watch))
        # Everybody has been shown the job as it is.
        await asyncio.sleep(2)
        await asyncio.gather(
            *(_go(pool, job_id, slugs, watch, number / jobs) for number, job_id in enumerate(made_jobs))
        )
        async with asyncio.timeout(20):
            while len(watch.waited) < expected:
                await asyncio.sleep(0.05)
    return watch


async def _go(pool: Pool, job_id: UUID, slugs: list[str], watch: Watch, offset: float) -> None:
    await asyncio.sleep(offset * _EVERY_S)
    for slug in slugs:
        started = time.perf_counter()
        ref = SubmissionRef(job_id=job_id, slug=slug)
        while not (await turns.take(pool, ref)).granted:
            await asyncio.sleep(0.05)
        await results.save_plan(pool, await row(pool, job_id, slug), made())
        attempt = await results.claim_intent(pool, await row(pool, job_id, slug))
        sending = await row(pool, job_id, slug)
        await results.record(pool, sending, _SENT, attempt)
        watch.committed[job_id, slug] = time.perf_counter()
        await turns.leave(pool, sending, well=True)
        await asyncio.sleep(max(0.0, _EVERY_S - (time.perf_counter() - started)))


@contextlib.asynccontextmanager
async def _browser(url: str, job_id: UUID, secret: str, watch: Watch) -> AsyncIterator[None]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**20)
    ask = f"GET /api/jobs/{job_id}/events HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {secret}\r\n\r\n"
    writer.write(ask.encode())
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"The API answers {status!r}.")
    reading = asyncio.create_task(_read(reader, job_id, watch))
    try:
        yield
    finally:
        reading.cancel()
        writer.close()


async def _read(reader: asyncio.StreamReader, job_id: UUID, watch: Watch) -> None:
    event = b""
    seen: set[str] = set()
    while line := await reader.readline():
        if line.startswith(b"event: "):
            event = line[7:].strip()
        elif event == b"directory" and line.startswith(b"data: ") and b'"status":"submitted"' in line:
            slug = str(json.loads(line[6:])["slug"])
            if slug not in seen:
                seen.add(slug)
                watch.told(job_id, slug)


def _quantile(waited: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(waited)[math.ceil(len(waited) * share) - 1] * 1000


if __name__ == "__main__":
    for figure in asyncio.run(measure(Path(".local/bench/sse"))):
        print(f"{figure.name}: {figure.value:.1f} {figure.unit}")
