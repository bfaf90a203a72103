"""Why each directory of a job is where it is, for the staff's page of the job: the ledger's facts, and what Temporal
says of the workflows, as far as it does so in time. Whoever waits before a page waits two seconds at most.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import structlog

from api.patience import within
from api.staff.status import StatusBoard
from schema.contracts.explanation import DirectoryFacts, Execution, JobExplanation, JobFacts, WorkflowState
from schema.explain.whole import explain_whole
from schema.store import facts
from schema.store.database import Connection

_PATIENCE_S = 2.0
_AT_ONCE = 10
_MOST_ASKED = 60
"""Of more workflows than that, the ledger's word alone: nobody reads as many before the next look."""

_log = structlog.get_logger(__name__)


class Executions(Protocol):
    """What Temporal says of workflows."""

    async def look(self, workflow_id: str) -> Execution: ...

    async def paused(self, workflow_id: str) -> bool | None: ...


async def explained(board: StatusBoard, executions: Executions | None, job_id: UUID) -> JobExplanation | None:
    """The job in words and facts; None when there is no such job. Raises what a database that is away raises."""

    async def known(db: Connection) -> tuple[JobFacts, tuple[DirectoryFacts, ...]] | None:
        job = await facts.of_job(db, job_id)
        return (job, await facts.of_directories(db, job_id)) if job else None

    found = await board.ask(known)
    if found is None:
        return None
    job, directories = found
    seen: dict[str, Execution] = {}
    paused: list[bool | None] = []
    if executions is not None:
        asked = [one.execution.workflow_id for one in directories if not one.status.ended][:_MOST_ASKED]
        try:
            await within(_PATIENCE_S, _look(executions, [job.execution.workflow_id, *asked], seen, paused))
        except Exception as error:
            # What was seen until then is worth having.
            _log.warning("Temporal not asked to the end", seen=len(seen), error=type(error).__name__)
    execution = seen.get(job.execution.workflow_id, job.execution)
    job = job.model_copy(update={"execution": execution, "paused": paused[0] if paused else None})
    return explain_whole(
        job,
        [
            one.model_copy(update={"execution": seen.get(one.execution.workflow_id, one.execution)})
            for one in directories
        ],
    )


async def _look(
    executions: Executions, workflow_ids: Sequence[str], seen: dict[str, Execution], paused: list[bool | None]
) -> None:
    """The job's own first, the others as many at a time as do no harm."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def look(workflow_id: str) -> None:
        async with at_once:
            seen[workflow_id] = await executions.look(workflow_id)

    async def ask_whether_paused() -> None:
        if seen[workflow_ids[0]].state is WorkflowState.RUNNING:
            paused.append(await executions.paused(workflow_ids[0]))

    await look(workflow_ids[0])
    await asyncio.gather(ask_whether_paused(), *map(look, workflow_ids[1:]))
