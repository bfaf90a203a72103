"""What activities ask of Temporal about other workflows: start a job's, and see whether one has closed."""

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from schema import ids, search_attributes
from schema.contracts.job import JobInput
from schema.store.jobs import Job


async def start_job(
    client: Client, task_queue: str, job: Job, priority_key: int, *, again: bool = False, paused: bool = False
) -> None:
    """See that the job's workflow runs, or, unless `again`, that it has run. Safe to repeat, and at once.

    `again` starts it anew where it has closed: it reads from the ledger what is done, and clicks nothing twice.
    """
    try:
        await client.start_workflow(
            "JobWorkflow",
            JobInput(job_id=job.id, paused=paused),
            id=ids.job_workflow_id(job.id),
            task_queue=task_queue,
            id_reuse_policy=(
                WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
            ),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            priority=Priority(priority_key=priority_key, fairness_key=str(job.customer_id)),
            search_attributes=search_attributes.of_job(job.id, job.customer_id, job.tier),
            static_summary=f"{job.tier} · {job.package_size} directories",
        )
    except WorkflowAlreadyStartedError:
        return


async def is_closed(client: Client, workflow_id: str, *, unknown: bool = True) -> bool:
    """True when it has closed; `unknown` is the answer where Temporal knows nothing of it (any more, or yet)."""
    try:
        description = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return unknown
        raise
    return description.status not in (None, WorkflowExecutionStatus.RUNNING)
