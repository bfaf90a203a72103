"""How a job's workflow is started, whoever starts it: the bridge, upkeep, or a replay of a job that has ended.

What it is in Temporal: its id, queue, priority, attributes and summary. Whether one may run again is for the caller.
"""

from typing import TypedDict

from temporalio.common import Priority, TypedSearchAttributes, WorkflowIDConflictPolicy

from schema import ids, search_attributes
from schema.store.jobs import Job

JOB_WORKFLOW = "JobWorkflow"


class JobStart(TypedDict):
    """Keyword arguments of temporalio's `start_workflow`, and of `WithStartWorkflowOperation`."""

    id: str
    task_queue: str
    id_conflict_policy: WorkflowIDConflictPolicy
    priority: Priority
    search_attributes: TypedSearchAttributes
    static_summary: str


def job_start(job: Job, task_queue: str, priority_key: int) -> JobStart:
    """`priority_key` is Temporal's: 1 first … 5 last. Customers share what is left fairly."""
    return JobStart(
        id=ids.job_workflow_id(job.id),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        priority=Priority(priority_key=priority_key, fairness_key=str(job.customer_id)),
        search_attributes=search_attributes.of_job(job.id, job.customer_id, job.tier),
        static_summary=f"{job.tier} · {job.package_size} directories",
    )
