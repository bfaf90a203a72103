"""`directorybolt workers`: who works, at what, and who went silent. It reads heartbeats, never the workers."""

import asyncio

from rich.table import Table

from deploy.cli.failures import database
from deploy.cli.options import AsJson
from deploy.cli.output import console, plain, print_json, remarks
from deploy.runtime.settings import load_settings
from schema.contracts.worker import WorkerReport, WorkerStatus
from schema.store import workers

_STYLE = {WorkerStatus.RUNNING: "green", WorkerStatus.LOST: "red", WorkerStatus.STOPPED: "dim"}


def list_workers(as_json: AsJson = False) -> None:
    """The workers of the last day: what each is at, what it has done, and when it was last heard of."""
    found = asyncio.run(_reports())
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("No worker has been seen within a day: start one with `directorybolt worker`.")
        return
    table = Table("worker", "status", "since", "last heard", "build", "done", "failed", "submissions", "at")
    for worker in found:
        silent = " [red]silent[/]" if worker.stale and worker.status is not WorkerStatus.LOST else ""
        table.add_row(
            plain(f"{worker.host}:{worker.pid}"),
            f"[{_STYLE.get(worker.status, 'yellow')}]{worker.status}[/]{silent}",
            f"{worker.started_at:%Y-%m-%d %H:%M} UTC",
            f"{worker.beat_at:%H:%M:%S}",
            worker.build_id,
            str(worker.done),
            str(worker.failed),
            str(worker.submissions),
            "\n".join(worker.work),
        )
    console.print(table)


async def _reports() -> tuple[WorkerReport, ...]:
    async with database(load_settings()) as pool:
        return await workers.reports(pool)
