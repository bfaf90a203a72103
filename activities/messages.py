"""What a message in the queue must be before its job may start: one rule, for the bridge and for whoever redrives."""

from uuid import UUID

from pydantic import ValidationError

from activities.boundary import scrub
from schema.contracts.queue import JobMessage
from schema.store import jobs
from schema.store.database import Executor
from schema.store.jobs import Job


class Rejected(Exception):
    """The message cannot be understood or does not fit its job; the text is the reason, for `queue_rejected`."""

    def __init__(self, reason: str, job_id: UUID | None = None) -> None:
        super().__init__(reason)
        self.job_id = job_id


async def understand(db: Executor, body: str) -> tuple[JobMessage, Job]:
    """The message and its job. Raises Rejected; nothing a customer wrote is in the reason."""
    try:
        message = JobMessage.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise Rejected(scrub(f"{where}: {first['msg'].removeprefix('Value error, ')}")) from None
    job = await jobs.find(db, message.job_id)
    if job is None:
        raise Rejected(f"job_id: there is no job {message.job_id}", message.job_id)
    if job.customer_id != message.customer_id:
        raise Rejected("customer_id: the job belongs to another customer", job.id)
    return message, job
