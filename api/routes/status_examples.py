"""What `/api/status` answers, for its OpenAPI document: a small service with one thing to look at."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from schema.contracts.alert import BreakerOpen
from schema.contracts.job import JobStatus, Tier
from schema.contracts.status import (
    ActionFigures,
    Answering,
    DirectoriesPage,
    DirectoryRate,
    DirectoryStatus,
    FailureShare,
    Gate,
    Hour,
    JobFigures,
    JobLine,
    JobsPage,
    MailFigures,
    OldestAction,
    OutboxFigures,
    Part,
    PartHealth,
    PaymentFigures,
    QueueFigures,
    QueueStatus,
    Rate,
    StatusBeat,
    StatusOverview,
    Window,
    WorkerFigures,
    WorkFigures,
)
from schema.contracts.worker import WorkerReport, WorkerStatus
from schema.failures import FailureType

_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_JOB = UUID("5f0c7d5e-0d4e-4b8e-9f0a-3c1f6f1f2b11")
_RATE = Rate(
    ended=52,
    succeeded=46,
    failed=4,
    skipped=2,
    success_rate=0.92,
    per_hour=52,
    failures=(FailureShare(failure=FailureType.REFUSED, ended=4, share=0.08),),
)
_OPEN = BreakerOpen(directory="members-market", failures=3, resting_until=_AT + timedelta(minutes=5), waiting=2)
_DIRECTORY = DirectoryStatus(
    slug="members-market",
    name="Members Market",
    active=True,
    gate=Gate.BROKEN,
    rates={window: DirectoryRate(tried=4, succeeded=1, success_rate=0.25) for window in Window},
    p50_s=14.2,
    p95_s=48.0,
    failures_in_a_row=3,
    resting_until=_AT + timedelta(minutes=5),
    interval_ms=60_000,
    daily_cap=200,
    sent_today=12,
    waiting=2,
    drift=('The field "Phone" is now required.',),
    drift_at=_AT - timedelta(hours=3),
)
_WORKER = WorkerReport(
    worker_id=UUID("c0a8e1d2-91f0-4f6b-8a35-6f0a4f0f7c55"),
    host="worker-1",
    pid=41,
    status=WorkerStatus.RUNNING,
    build_id="4f2a91c",
    done=412,
    submissions=97,
    started_at=_AT - timedelta(hours=5),
    beat_at=_AT - timedelta(seconds=7),
    stale=False,
)
_QUEUE = Part[QueueFigures](
    health=PartHealth.OK,
    age_s=0.4,
    figure=QueueFigures(
        queue="directorybolt-jobs", waiting=2, dead_letter_queue="directorybolt-jobs-dlq", dead_letters=0
    ),
)
_OUTBOX = Part[OutboxFigures](health=PartHealth.OK, age_s=0.4, figure=OutboxFigures(unsent=0))
_WORKERS = Part[WorkerFigures](
    health=PartHealth.OK, age_s=0.4, figure=WorkerFigures(alive=1, stale=0, builds={"4f2a91c": 1}, workers=(_WORKER,))
)
_PARTS = {
    "database": Part(health=PartHealth.OK, age_s=0.4, figure=Answering(answer_ms=1.2)),
    "temporal": Part[Answering](health=PartHealth.FAILED, error="Temporal cannot be reached."),
    "queue": _QUEUE,
    "outbox": _OUTBOX,
    "jobs": Part(health=PartHealth.OK, age_s=0.4, figure=JobFigures(by_status=dict.fromkeys(JobStatus, 3), stopping=0)),
    "work": Part(
        health=PartHealth.OK,
        age_s=4.1,
        figure=WorkFigures(
            windows=dict.fromkeys(Window, _RATE),
            hours=(Hour(starts_at=_AT, succeeded=46, failed=4, skipped=2),),
        ),
    ),
    "directories": Part(health=PartHealth.OK, age_s=4.1, figure=(_DIRECTORY,)),
    "workers": _WORKERS,
    "breakers": Part(
        health=PartHealth.DEGRADED,
        error="1 directory is left alone after failing; 2 in line.",
        age_s=0.4,
        figure=(_OPEN,),
    ),
    "actions": Part(
        health=PartHealth.OK,
        age_s=0.4,
        figure=ActionFigures(
            open=1,
            overdue=0,
            claimed=0,
            oldest=OldestAction(
                id=UUID("0b9d3f0e-7c55-4a64-8f43-52a6f3a9d2c4"),
                job_id=_JOB,
                directory="members-market",
                kind=FailureType.CAPTCHA,
                created_at=_AT - timedelta(hours=2),
                deadline_at=_AT + timedelta(days=14),
                waits_s=7200,
            ),
        ),
    ),
    "payments": Part(health=PartHealth.OK, age_s=4.1, figure=PaymentFigures(mismatched=0, disputed=0, troubled=0)),
    "mails": Part(health=PartHealth.OK, age_s=0.4, figure=MailFigures(due=0)),
}

OVERVIEW = StatusOverview.model_validate({"at": _AT, "health": PartHealth.FAILED, **_PARTS}).model_dump(mode="json")
QUEUE = QueueStatus(at=_AT, outbox=_OUTBOX, queue=_QUEUE).model_dump(mode="json")
WORKERS = _WORKERS.model_dump(mode="json")
DIRECTORIES = DirectoriesPage(health=PartHealth.OK, age_s=4.1, total=1, directories=(_DIRECTORY,)).model_dump(
    mode="json"
)
JOBS = JobsPage(
    jobs=(
        JobLine(
            job_id=_JOB,
            customer_id=UUID("9b2f6a0c-3f52-4a3a-8e6d-2c6e5f7a1d90"),
            business_name="Bluebird Bakery",
            tier=Tier.STARTER,
            status=JobStatus.IN_PROGRESS,
            created_at=_AT - timedelta(minutes=20),
            started_at=_AT - timedelta(minutes=19),
            total=50,
            ended=31,
            waiting=1,
            percent=62.0,
        ),
    )
).model_dump(mode="json")
BEAT = StatusBeat(
    at=_AT, health=PartHealth.DEGRADED, parts={"queue": PartHealth.OK, "breakers": PartHealth.DEGRADED}
).model_dump_json()
