"""The demo: one paid job through every part of the stack, then an audit against the sandbox's own books."""

import time
from collections import Counter
from pathlib import Path
from uuid import UUID

from rich.markup import escape
from rich.table import Table

from activities.artifacts import ArtifactStore
from deploy.cli.example import example_profile
from deploy.cli.intake import place
from deploy.cli.output import console, remarks
from deploy.cli.progress import follow
from deploy.cli.report import print_report
from deploy.local.audit import audit, fetch_books
from deploy.local.environment import StackEnvironment
from deploy.local.sandbox.books import BookRow
from deploy.runtime.aws import s3_client
from deploy.runtime.settings import Settings
from schema import ids
from schema.contracts.job import JobReport, Tier
from schema.store import jobs
from schema.store.database import open_pool
from schema.store.orders import make_order

_SOURCE = "demo"


async def run_demo(environment: StackEnvironment, folder: Path) -> int:
    """Run it on a stack that is up; returns the number of disagreements. Proof is kept below `folder`."""
    settings = environment.settings()
    async with await open_pool(settings.database_url.get_secret_value(), 2) as pool:
        # A directory lists a business once, for ever: every run of the demo is a business of its own.
        number = 1 + await jobs.count_from(pool, _SOURCE)
        order = make_order(example_profile(number), Tier.STARTER, None, _SOURCE)
        started = time.monotonic()
        chosen = await place(pool, order)
        remarks.print(f"Job {order.message.job_id}: {order.profile.business_name} → {len(chosen)} directories")
        remarks.print(f"Watch it in Temporal: {_workflow_url(settings, order.message.job_id)}", highlight=False)
        await follow(pool, order.message.job_id, quiet=False)
        seconds = time.monotonic() - started
        report = await jobs.report(pool, order.message.job_id)
    assert report is not None
    books = await fetch_books(environment.values["SANDBOX_URL"], order.profile.business_name)
    disagreements = audit(report, books)
    report = await _keep_proof(settings, report, folder / f"{number:04}")
    print_report(report)
    _print_books(books)
    console.print(f"{len(report.results)} directories in [bold]{seconds:.1f} s[/].", highlight=False)
    for found in disagreements:
        console.print(f"[red]{escape(found.directory)} {escape(found.what)}.[/]")
    if not disagreements:
        console.print("[green]The ledger and the sandbox's own books agree on every directory.[/]")
    _print_next(settings, report, folder / f"{number:04}")
    return len(disagreements)


async def _keep_proof(settings: Settings, report: JobReport, folder: Path) -> JobReport:
    """Copy the screenshots to files, so that they can be looked at when the stack has stopped."""
    store = ArtifactStore(s3_client(settings), settings.artifact_bucket)
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for result in report.results:
        if result.screenshot:
            file = folder / f"{result.directory}.png"
            file.write_bytes(await store.get(result.screenshot))
            result = result.model_copy(update={"screenshot": file.resolve().as_uri()})  # noqa: PLW2901
        results.append(result)
    report = report.model_copy(update={"results": tuple(results)})
    (folder / "report.json").write_text(report.model_dump_json(indent=2))
    return report


def _print_books(books: list[BookRow]) -> None:
    outcomes = Counter(row.outcome for row in books)
    table = Table("the sandbox's own books", "posts")
    for outcome, number in sorted(outcomes.items()):
        table.add_row(outcome, str(number))
    table.add_row("[bold]all[/]", f"[bold]{len(books)}[/]")
    console.print(table)


def _print_next(settings: Settings, report: JobReport, folder: Path) -> None:
    console.print(f"Screenshots and report: {folder}/", highlight=False)
    console.print(f"Look around: [bold]make dev[/], then {_workflow_url(settings, report.job_id)}", highlight=False)


def _workflow_url(settings: Settings, job_id: UUID) -> str:
    workflow_id = ids.job_workflow_id(job_id)
    return f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow_id}"
