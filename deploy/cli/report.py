"""A job's report on the terminal: one line per directory, then the totals."""

from urllib.parse import unquote, urlsplit

from rich.markup import escape
from rich.table import Table

from deploy.cli.output import STATUS_STYLE, console, plain
from deploy.runtime.artifacts import FOR_A_REPORT, linker
from deploy.runtime.settings import Settings
from schema.contracts.job import JobReport


def linked(settings: Settings, report: JobReport) -> JobReport:
    """The report with links instead of the artifact store's keys."""
    link = linker(settings, FOR_A_REPORT)
    results = tuple(
        result.model_copy(update={"screenshot": link(result.screenshot) if result.screenshot else ""})
        for result in report.results
    )
    archive = link(report.archive) if report.archive else ""
    return report.model_copy(update={"results": results, "archive": archive})


def print_report(report: JobReport) -> None:
    table = Table("directory", "outcome", "evidence", "seconds", "proof", "reason", title=plain(report.business_name))
    for result in report.results:
        style = STATUS_STYLE.get(result.status, "white")
        outcome = f"[{style}]{result.status}[/]" + (f" ({result.failure})" if result.failure else "")
        table.add_row(
            result.directory,
            outcome,
            result.evidence,
            f"{result.seconds:.1f}" if result.seconds is not None else "",
            _proof(result.screenshot),
            # A directory's own words: shown, never interpreted.
            plain(result.reason),
        )
    console.print(table)
    console.print(totals(report), highlight=False)
    if report.archive:
        console.print(f"What was said of each directory is archived: {_proof(report.archive)}", highlight=False)


def totals(report: JobReport) -> str:
    """The job in one sentence, with markup."""
    counts = report.counts
    under_way = counts.total - counts.ended - counts.waiting
    return (
        f"Job {report.job_id} is [bold]{report.status}[/]: {counts.submitted} submitted, "
        f"{counts.waiting} for a person, "
        f"{counts.skipped} skipped, {counts.failed} failed, {under_way} under way; {counts.total} in all."
    )


def _proof(link: str) -> str:
    """The screenshot's file name, as a link to click where the terminal can show one."""
    name = unquote(urlsplit(link).path).rpartition("/")[2]
    return f"[link={link}]{escape(name)}[/link]" if link else ""
