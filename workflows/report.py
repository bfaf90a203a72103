"""One report is printed: its page is in the artifact store, and then its PDF. Whoever asked for it waits elsewhere."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.printing import Printing
    from schema.contracts.report import Report

from workflows.policies import BROWSER_QUEUE_SUFFIX, PRINT


@workflow.defn
class ReportWorkflow:
    """`report-<job_id>-<digest>`: the same report is printed once, however many ask for it at a time."""

    @workflow.run
    async def run(self, report: Report) -> None:
        await workflow.execute_activity_method(
            Printing.print_report,
            report,
            task_queue=workflow.info().task_queue + BROWSER_QUEUE_SUFFIX,
            summary="print",
            **PRINT,
        )
