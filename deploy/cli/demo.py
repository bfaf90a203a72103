"""The demo: somebody buys fifty listings on the real site and watches them come true; then all books are audited.

The customer fills in the form, pays on the local Stripe's page, and keeps the progress page open in a browser. In the
end the ledger, the sandbox's own books and what that page shows must tell one story.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from rich.markup import escape
from rich.table import Table

from activities.artifacts import ArtifactStore
from activities.browser.chromium import BrowserFailed
from deploy.cli.example import example_profile
from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.cli.output import console, remarks
from deploy.cli.progress import follow
from deploy.cli.report import print_report
from deploy.local.audit import Disagreement, audit, audit_page, fetch_books
from deploy.local.customer import Customer, CustomerStuck, customer
from deploy.local.environment import StackEnvironment
from deploy.local.sandbox.books import BookRow
from deploy.runtime.aws import s3_client
from deploy.runtime.browser_path import find_browser
from deploy.runtime.settings import Settings
from schema import ids
from schema.contracts.job import JobReport, Tier
from schema.contracts.profile import BusinessProfile
from schema.store import jobs
from schema.store.database import Pool, open_pool

_PAGE_CATCHES_UP_S = 10.0


async def run_demo(environment: StackEnvironment, folder: Path) -> int:
    """Run it on a stack that is up; returns the number of disagreements. Proof is kept below `folder`.

    Raises CommandFailed when the customer does not get through.
    """
    settings = environment.settings()
    async with await open_pool(settings.database_url.get_secret_value(), 2) as pool:
        # A directory lists a business once, for ever: every run of the demo is a business of its own.
        number = 1 + await jobs.count_all(pool)
        profile, folder = example_profile(number), folder / f"{number:04}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            async with customer(find_browser(settings.browser_path), settings.public_url) as buyer:
                report, seconds, disagreements = await _buy_and_watch(settings, pool, buyer, profile)
                await buyer.photograph(folder / "progress.png", folder / "progress-phone.png")
        except (BrowserFailed, CustomerStuck) as error:
            raise CommandFailed(str(error), SERVICE_FAILED) from None
    books = await fetch_books(environment.values["SANDBOX_URL"], profile.business_name)
    disagreements += audit(report, books)
    report = await _keep_proof(settings, report, folder)
    print_report(report)
    _print_books(books)
    console.print(f"{len(report.results)} directories in [bold]{seconds:.1f} s[/].", highlight=False)
    _print_verdict(disagreements)
    _print_next(settings, report, folder)
    return len(disagreements)


async def _buy_and_watch(
    settings: Settings, pool: Pool, buyer: Customer, profile: BusinessProfile
) -> tuple[JobReport, float, list[Disagreement]]:
    """The job's report, its seconds from the payment on, and where the page disagrees with it."""
    remarks.print(f"A customer orders for {escape(profile.business_name)} at {settings.public_url}", highlight=False)
    await buyer.order(Tier.STARTER, profile)
    started = time.monotonic()
    job_id = await buyer.pay()
    paid = time.monotonic() - started
    remarks.print(f"Paid; {paid:.1f} s later their browser shows job {job_id}.", highlight=False)
    remarks.print(f"Watch it in Temporal: {_workflow_url(settings, job_id)}", highlight=False)
    await follow(pool, job_id, quiet=False)
    seconds = time.monotonic() - started
    report = await jobs.report(pool, job_id)
    assert report is not None
    return report, seconds, await _audit_page(report, buyer)


async def _audit_page(report: JobReport, buyer: Customer) -> list[Disagreement]:
    """Where the page still disagrees when it has had its time: it is told of changes, and not loaded again."""
    ended = round(100 * report.counts.ended / report.counts.total) if report.counts.total else 0
    deadline = time.monotonic() + _PAGE_CATCHES_UP_S
    while True:
        shown = await buyer.shown()
        found = audit_page(report, shown.groups)
        if shown.percent != ended:
            found.append(Disagreement(directory="The page", what=f"shows {shown.percent} %, and {ended} % have ended"))
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.1)


async def _keep_proof(settings: Settings, report: JobReport, folder: Path) -> JobReport:
    """Copy the screenshots to files, so that they can be looked at when the stack has stopped."""
    store = ArtifactStore(s3_client(settings), settings.artifact_bucket)
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


def _print_verdict(disagreements: Sequence[Disagreement]) -> None:
    for found in disagreements:
        console.print(f"[red]{escape(found.directory)} {escape(found.what)}.[/]")
    if not disagreements:
        console.print("[green]The ledger, the customer's page and the sandbox's own books agree on every directory.[/]")


def _print_next(settings: Settings, report: JobReport, folder: Path) -> None:
    console.print(f"The customer's page: {folder}/progress.png, {folder}/progress-phone.png", highlight=False)
    console.print(f"Screenshots of all directories and the report: {folder}/", highlight=False)
    console.print(f"Look around: [bold]make dev[/], then {_workflow_url(settings, report.job_id)}", highlight=False)


def _workflow_url(settings: Settings, job_id: UUID) -> str:
    workflow_id = ids.job_workflow_id(job_id)
    return f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow_id}"
