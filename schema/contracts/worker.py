"""One worker process as its heartbeats tell of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract


class WorkerStatus(StrEnum):
    """`worker_heartbeats.status`. A worker says all but `lost`, which upkeep says of one that went silent."""

    STARTING = "starting"
    RUNNING = "running"
    DRAINING = "draining"
    STOPPED = "stopped"
    LOST = "lost"


class WorkerBeat(Contract):
    """What a worker writes every 20 s.

    `build_id` is the version of its code. `work` are the workflow IDs of the directories it is at; the counters run
    since its start: activities that ended
    well, activities that failed, submissions that a directory accepted.
    """

    worker_id: UUID
    host: str
    pid: int
    status: WorkerStatus
    build_id: str = ""
    work: tuple[str, ...] = ()
    done: int = 0
    failed: int = 0
    submissions: int = 0


class WorkerReport(WorkerBeat):
    """A worker as people are shown it. `stale`: nothing was heard of it for two minutes, and it did not say goodbye."""

    started_at: datetime
    beat_at: datetime
    stale: bool
