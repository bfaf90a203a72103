"""`directorybolt upkeep`: one pass now, instead of waiting for the schedule. The pass itself is the workers' work."""

import asyncio
import uuid
from typing import Annotated

import typer
from rich.table import Table

from deploy.cli.failures import SERVICE_FAILED, CommandFailed, database, one_of
from deploy.cli.options import AsJson
from deploy.cli.output import console, print_json, remarks
from deploy.runtime.settings import Settings, load_settings
from schema.contracts.upkeep import Task, UpkeepInput, UpkeepReport
from schema.store import workers

app = typer.Typer(no_args_is_help=True)


@app.callback()
def upkeep() -> None:
    """Look after what the service leaves behind."""


@app.command()
def run(
    task: Annotated[
        list[str] | None, typer.Option(help="Only this; more than once if wanted. Otherwise all of them.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be healed and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """One pass: heal what is provably safe, and report the rest."""
    tasks = [one_of(Task, name, "--task") for name in task] if task else list(Task)
    chosen = UpkeepInput(tasks=tuple(dict.fromkeys(tasks)), dry_run=dry_run)
    report = asyncio.run(_run(load_settings(), chosen, quiet=as_json))
    if as_json:
        print_json(report)
    else:
        _print(report)


async def _run(settings: Settings, chosen: UpkeepInput, *, quiet: bool) -> UpkeepReport:
    from temporalio.client import WorkflowFailureError

    from deploy.cli.temporal import temporal

    async with database(settings) as pool:
        if not await workers.any_alive(pool):
            raise CommandFailed("No worker runs, and upkeep is theirs: start `directorybolt worker`.", SERVICE_FAILED)
    status = remarks.status(f"Looking after {', '.join(chosen.tasks)}")
    async with temporal(settings) as client:
        if not quiet:
            status.start()
        try:
            report: UpkeepReport = await client.execute_workflow(
                "UpkeepWorkflow",
                chosen,
                id=f"upkeep-by-hand-{uuid.uuid4()}",
                task_queue=settings.temporal_task_queue,
                result_type=UpkeepReport,
                static_summary=f"looks after {', '.join(chosen.tasks)}",
            )
        except WorkflowFailureError as error:
            raise CommandFailed(f"The pass did not end by itself: {error.cause}.", SERVICE_FAILED) from None
        finally:
            status.stop()
    return report


def _print(report: UpkeepReport) -> None:
    if not report.findings:
        remarks.print("All is well: nothing to heal, nothing to report.")
        return
    table = Table("task", "found", "number", "", "which")
    done = "[yellow]would be healed[/]" if report.dry_run else "[green]healed[/]"
    for finding in report.findings:
        more = ", …" if finding.count > len(finding.subjects) > 0 else ""
        table.add_row(
            finding.task,
            finding.what,
            str(finding.count),
            done if finding.healed else "[red]look at it[/]",
            ", ".join(finding.subjects) + more,
        )
    console.print(table)
