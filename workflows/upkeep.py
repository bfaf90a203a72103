"""One pass of upkeep: look after one thing after the other, and tell what was found.

It decides nothing: what may be healed is for the activities to know. A task that cannot be done now does not keep the
others waiting, for the next pass looks again.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.alerts import Alerts
    from activities.mails import Mails
    from activities.payments import Payments
    from activities.pending import PendingArtifacts
    from activities.retention import Retention
    from activities.upkeep import Upkeep
    from schema.contracts.upkeep import Finding, Looked, Sweep, Task, UpkeepInput, UpkeepReport

from workflows.policies import ALERT, UPKEEP

LOOKS: dict[Task, Callable[[Any, Sweep], Awaitable[UpkeepReport]]] = {
    Task.OUTBOX: Upkeep.sweep_outbox,
    Task.WORKERS: Upkeep.mark_lost_workers,
    Task.JOBS: Upkeep.restart_jobs,
    Task.SUBMISSIONS: Upkeep.settle_submissions,
    Task.ACTIONS: Upkeep.expire_actions,
    Task.PENDING_ARTIFACTS: PendingArtifacts.store_pending,
    Task.MAILS: Mails.send_mails,
    Task.STOPS: Payments.stop_jobs,
    Task.PAYMENTS: Payments.reconcile_payments,
    Task.RESULTS: Retention.archive_results,
    Task.HISTORY: Retention.roll_history,
    Task.ARTIFACTS: Retention.remove_orphans,
    Task.DRAFTS: Retention.forget_drafts,
    Task.RECORDS: Retention.forget_records,
}


@workflow.defn
class UpkeepWorkflow:
    """Started by the schedules `upkeep`, `upkeep-hourly` and `upkeep-daily`, and by `directorybolt upkeep run`."""

    @workflow.run
    async def run(self, upkeep: UpkeepInput) -> UpkeepReport:
        findings: tuple[Finding, ...] = ()
        looked: tuple[Task, ...] = ()
        for task in upkeep.tasks:
            try:
                if task is not Task.ALERTS:
                    findings += await self._look(task, Sweep(dry_run=upkeep.dry_run))
                    looked += (task,)
                elif not upkeep.dry_run:
                    await self._tell(looked, findings)
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                cause = error.cause.type if isinstance(error.cause, ApplicationError) else "no answer"
                findings += (Finding(task=task, what=f"could not be looked after: {cause}", healed=False, count=1),)
            self._show(findings)
        return UpkeepReport(findings=findings, dry_run=upkeep.dry_run)

    async def _look(self, task: Task, sweep: Sweep) -> tuple[Finding, ...]:
        report = await workflow.execute_activity_method(LOOKS[task], sweep, summary=task, **UPKEEP)
        return report.findings

    async def _tell(self, looked: tuple[Task, ...], findings: tuple[Finding, ...]) -> None:
        reported = tuple(finding for finding in findings if not finding.healed)
        await workflow.execute_activity_method(
            Alerts.raise_alerts, Looked(tasks=looked, reported=reported), summary=Task.ALERTS, **ALERT
        )

    def _show(self, findings: tuple[Finding, ...]) -> None:
        rows = "\n".join(
            f"| {finding.task} | {finding.what} | {finding.count} | {'healed' if finding.healed else 'look at it'} |"
            for finding in findings
        )
        workflow.set_current_details(f"| task | found | number | |\n|---|---|---|---|\n{rows}" if rows else "All well.")
