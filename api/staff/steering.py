"""What staff do to a whole job: hold it back, go on with it, end it, have failed directories tried again.

Behind `directorybolt jobs` and the staff page alike. Who asked for what is in the audit before it is asked: the job's
workflow carries it out, and decides.
"""

from uuid import UUID

from api.gateway import Unanswered, UpdateRefused, WorkflowAway, WorkflowGateway
from schema.contracts.access import Principal
from schema.contracts.job import JobStatus
from schema.contracts.replay import RetryReport, RetryRequest
from schema.contracts.steering import Became, Steer
from schema.store import audit, jobs
from schema.store.database import Pool


class NoSuchJob(Exception):
    """There is no job of that id; the text says so."""


class NotNow(Exception):
    """The job is not in a state for this; the text says in which it is, and what can be done."""


class NobodyThere(Exception):
    """Neither done nor refused: who has to carry it out is away; the text says what to do."""


async def steerable(pool: Pool, job_id: UUID) -> JobStatus:
    """The state of a job that can still be steered. Raises NoSuchJob; NotNow when it has ended."""
    job = await jobs.summary(pool, job_id)
    if job is None:
        raise NoSuchJob(f"There is no job {job_id}: `directorybolt jobs list` shows the newest.")
    if job.status.ended:
        raise NotNow(f"Job {job_id} has ended already: it is {job.status}.")
    return job.status


class SteeringService:
    """Steers one job at a time."""

    def __init__(self, pool: Pool, gateway: WorkflowGateway, task_queue: str) -> None:
        self._pool = pool
        self._gateway = gateway
        self._task_queue = task_queue

    async def steer(self, job_id: UUID, asked: Steer, who: Principal) -> Became:
        """Raises NoSuchJob, NotNow, NobodyThere."""
        await steerable(self._pool, job_id)
        await audit.write(self._pool, who, f"job.{asked}", job_id)
        try:
            return await self._tell(job_id, asked)
        except UpdateRefused as refused:
            raise NotNow(f"Job {job_id}: {refused}") from None
        except Unanswered as away:
            raise NobodyThere(f"{away} See that a worker runs, and try again.") from None
        except WorkflowAway:
            return await self._without_workflow(job_id, asked)

    async def retry(self, job_id: UUID, slugs: tuple[str, ...], who: Principal, reason: str = "") -> RetryReport:
        """Have directories tried again; the ledger answers for each of them. Raises NoSuchJob, NotNow, NobodyThere."""
        job = await jobs.find(self._pool, job_id)
        if job is None:
            raise NoSuchJob(f"There is no job {job_id}.")
        await audit.write(self._pool, who, "job.retry", job_id, directories=list(slugs))
        request = RetryRequest(slugs=slugs, by=who.name, reason=reason)
        try:
            return await self._gateway.retry_directories(job, request, self._task_queue)
        except UpdateRefused as refused:
            raise NotNow(f"Job {job_id}: {refused}") from None
        except Unanswered as away:
            raise NobodyThere(f"{away} See that a worker runs, and try again: nothing is asked for twice.") from None

    async def _tell(self, job_id: UUID, asked: Steer) -> Became:
        match asked:
            case Steer.CANCEL:
                await self._gateway.cancel_job(job_id)
                return Became.BEING_CANCELLED
            case Steer.PAUSE:
                await self._gateway.pause_job(job_id)
                return Became.PAUSED
            case Steer.RESUME:
                await self._gateway.resume_job(job_id)
                return Became.RESUMED

    async def _without_workflow(self, job_id: UUID, asked: Steer) -> Became:
        """A job whose message is still on its way can be cancelled in the ledger: its workflow will find it so."""
        if asked is Steer.CANCEL:
            async with self._pool.acquire() as connection, connection.transaction():
                if await jobs.finish(connection, job_id, cancelled=True) is JobStatus.CANCELLED:
                    return Became.CANCELLED
        if await steerable(self._pool, job_id) is JobStatus.PENDING:
            raise NotNow(f"Job {job_id} has not begun: its message is still on its way to a worker.")
        raise NobodyThere(f"Job {job_id} has no workflow that runs: `directorybolt jobs explain {job_id}` says why.")
