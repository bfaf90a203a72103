"""What the API's document shows of a job: one directory that is done, one that needs its customer."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from schema import wording
from schema.contracts.job import JobCounts, JobStatus, Tier
from schema.contracts.progress import (
    CustomerAction,
    DirectoryView,
    Estimate,
    JobView,
    ResultsPage,
    Snapshot,
    StateGroup,
)
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType

_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_JOB = UUID("5f0c7d5e-0d4e-4b8e-9f0a-3c1f6f1f2b11")
_COUNTS = JobCounts(total=50, pending=9, submitting=1, submitted=39, awaiting_action=1)
_GROUPS = {
    StateGroup.WAITING: 9,
    StateGroup.WORKING: 1,
    StateGroup.LISTED: 39,
    StateGroup.NEEDS_YOU: 1,
    StateGroup.NEEDS_US: 0,
    StateGroup.NOT_POSSIBLE: 0,
}

_VIEW = JobView(
    job_id=_JOB,
    business_name="Bluebird Bakery",
    tier=Tier.STARTER,
    status=JobStatus.IN_PROGRESS,
    words=wording.job(JobStatus.IN_PROGRESS, _COUNTS, _GROUPS, stopped=False),
    percent=78.0,
    counts=_COUNTS,
    groups=_GROUPS,
    now=("Golden Finder",),
    estimate=Estimate(done_at=_AT + timedelta(minutes=4), based_on="the pace of this order"),
    created_at=_AT - timedelta(minutes=20),
    started_at=_AT - timedelta(minutes=19),
    seq=88_120,
)
_LISTED = DirectoryView(
    slug="harbor-pages",
    name="Harbor Pages",
    status=SubmissionStatus.SUBMITTED,
    group=StateGroup.LISTED,
    words=wording.directory(SubmissionStatus.SUBMITTED, StateGroup.LISTED, None, Evidence.LISTING, proof=True),
    evidence=Evidence.LISTING,
    proof=f"/api/jobs/{_JOB}/proof/harbor-pages",
    listing_url="https://harbor-pages.example/bluebird-bakery",
    seconds=21.4,
    updated_at=_AT,
)
_NEEDS_YOU = DirectoryView(
    slug="maple-local",
    name="Maple Local",
    status=SubmissionStatus.AWAITING_ACTION,
    group=StateGroup.NEEDS_YOU,
    words=wording.directory(
        SubmissionStatus.AWAITING_ACTION,
        StateGroup.NEEDS_YOU,
        FailureType.CONFIRMATION_NEEDED,
        Evidence.TEXT,
        proof=False,
    ),
    failure=FailureType.CONFIRMATION_NEEDED,
    evidence=Evidence.TEXT,
    action=CustomerAction(
        id=UUID("0b9d3f0e-7c55-4a64-8f43-52a6f3a9d2c4"),
        kind=FailureType.CONFIRMATION_NEEDED,
        title=wording.action_title("Maple Local"),
        steps=wording.action_steps("Maple Local", "hello@bluebird.example"),
        deadline_at=_AT + timedelta(days=14),
    ),
    updated_at=_AT,
)

JOB = _VIEW.model_dump(mode="json")
RESULTS = ResultsPage(results=(_LISTED, _NEEDS_YOU), next="WzcwLCJtYXBsZS1sb2NhbCJd").model_dump(mode="json")
DOCUMENT = Snapshot(job=_VIEW, directories=(_NEEDS_YOU, _LISTED)).model_dump(mode="json")
STREAM = (
    "retry: 1480\r\n\r\n"
    'event: state\r\ndata: {"state":"live","heartbeat_s":5}\r\n\r\n'
    f"event: directory\r\ndata: {_LISTED.model_dump_json()}\r\n\r\n"
    f"id: {_VIEW.seq}\r\nevent: job\r\ndata: {_VIEW.model_dump_json()}\r\n\r\n"
)
TABLE = (
    "directory,state,details,evidence,listing,proof,seconds,updated_at\r\n"
    f'{_LISTED.name},{wording.GROUPS[_LISTED.group]},"{_LISTED.words}",listing,{_LISTED.listing_url},'
    f"https://directorybolt.example{_LISTED.proof},21.4,2026-03-02 09:30:00\r\n"
)
