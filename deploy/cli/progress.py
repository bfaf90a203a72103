"""Following a job: a progress bar from the ledger, until nothing more happens without a person."""

import asyncio
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.cli.output import plain, remarks
from schema.contracts.job import JobCounts
from schema.store import jobs, workers
from schema.store.database import Pool

_LOOK_S = 0.25
_WORKER_EXPECTED_AFTER_S = 5.0
_JOB_ENDS_WITHIN_S = 10.0
"""After its last directory: its workflow reads the ledger once more, and says then whether it completed or failed."""


async def follow(pool: Pool, job_id: UUID, *, quiet: bool) -> None:
    """Return once every directory has ended or waits for a person, or the job itself has ended."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=remarks, disable=quiet) as progress:
        task = progress.add_task("waiting for the queue", total=None, state="")
        asked = asyncio.get_running_loop().time()
        warned = False
        settled_at = None
        while True:
            job = await jobs.summary(pool, job_id)
            assert job is not None, "the caller has looked it up"
            counts = await jobs.count(pool, job_id)
            progress.update(
                task,
                description=plain(job.business_name),
                total=job.total or None,
                completed=job.ended + job.waiting,
                state=_state(counts),
            )
            now = asyncio.get_running_loop().time()
            if counts.settled and settled_at is None:
                settled_at = now
            if job.status.ended or (settled_at and (counts.waiting or now - settled_at > _JOB_ENDS_WITHIN_S)):
                return
            late = now - asked > _WORKER_EXPECTED_AFTER_S
            if late and not warned and not job.total and not await workers.any_alive(pool):
                warned = True
                progress.console.print("No worker is running: start one with `directorybolt worker`.", style="yellow")
            await asyncio.sleep(_LOOK_S)


def _state(counts: JobCounts) -> str:
    parts = (
        ("green", counts.submitted + counts.approved, "submitted"),
        ("yellow", counts.waiting, "for a person"),
        ("cyan", counts.skipped, "skipped"),
        ("red", counts.failed + counts.rejected, "failed"),
        ("white", counts.submitting, "being sent"),
    )
    return " · ".join(f"[{colour}]{number} {word}[/]" for colour, number, word in parts if number)
