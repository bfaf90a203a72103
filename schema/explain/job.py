"""The job as a whole: whether it has begun, goes on, or has ended."""

from schema.contracts.explanation import JobFacts, Words, WorkflowState
from schema.contracts.job import JobStatus
from schema.explain.phrases import UPKEEP, at, blocked, ended, no_worker, times


def explain_job(job: JobFacts) -> Words:
    """The job as a whole, in one or two sentences."""
    if job.status is JobStatus.PENDING:
        return _not_begun(job)
    if job.status.ended:
        why = f"The job is {job.status}: {job.ended} of {job.total} directories have ended."
        return Words(
            why=why,
            next=f"`directorybolt replay --job {job.job_id} --dry-run` says what could be tried again, and why not.",
        )
    return _going_on(job)


def _going_on(job: JobFacts) -> Words:
    waiting = "1 waits" if job.waiting == 1 else f"{job.waiting} wait"
    why = f"{job.ended} of {job.total} directories have ended, {waiting} for a person."
    if job.execution.state.gone:
        return Words(
            why=f"{why} Nobody works on the job: its workflow {ended(job.execution.state)}.",
            next=f"It is started again, and reads from the ledger what is done. {UPKEEP}",
        )
    if job.execution.state is WorkflowState.UNKNOWN:
        return Words(why=why, next="Temporal does not answer: this is the ledger's word alone.")
    if stuck := blocked(job, job.execution):
        return Words(why=f"{why} {stuck.why}", next=stuck.next)
    if job.paused:
        return Words(
            why=f"{why} The job is paused.",
            next=f"Those under way go on; `directorybolt jobs resume {job.job_id}` starts the others.",
        )
    return Words(why=why, next="It ends when every directory has ended.")


def _not_begun(job: JobFacts) -> Words:
    if not job.execution.state.gone and job.execution.state is not WorkflowState.UNKNOWN:
        stuck = blocked(job, job.execution)
        return stuck or Words(why="Its workflow has just been started.", next="It chooses the job's directories.")
    if job.rejected:
        return Words(
            why=f"Not begun: the bridge rejected its message ({job.rejected}).",
            next="After three receives it is in the dead-letter queue: `directorybolt dlq list`.",
        )
    if not job.sends:
        return Words(
            why="Not begun: its message has not left the outbox.",
            next=f"The outbox relay sends it within seconds. {no_worker(job)}".strip(),
        )
    return Words(
        why=f"Not begun: its message was sent to the queue {times(job.sends)}, last at {at(job.sent_at, job)}.",
        next="The bridge starts it; one that never arrives is sent again, and what cannot be read ends in "
        f"`directorybolt dlq list`. {no_worker(job)}".strip(),
    )
