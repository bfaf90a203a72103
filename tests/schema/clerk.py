"""Takes businesses through the ledger at one directory, each with the plan and the outcome that a test wants."""

from typing import Any

from deploy.cli.example import example_profile
from schema.contracts.form import ButtonKind
from schema.contracts.mapping import SeenField, SeenStep
from schema.contracts.plan import FieldDecision, FillAction, Plan, PlanStep
from schema.contracts.profile import ProfileKey
from schema.contracts.submission import Evidence, Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store import mappings, results, submissions
from schema.store.database import Pool
from schema.store.submissions import Submission
from tests.factories import add_begun_job, row

VERSION = "7"
SEEN = (SeenStep(fingerprint="f", fields=(SeenField(handle="0:phone", labels=("Phone",), kind="tel"),)),)

ACCEPTED = Outcome(status=SubmissionStatus.SUBMITTED, evidence=Evidence.TEXT, may_be_sent=True)
UNKNOWN = Outcome(status=SubmissionStatus.UNCERTAIN, failure=FailureType.OUTCOME_UNKNOWN, may_be_sent=True)
REFUSED = Outcome(status=SubmissionStatus.FAILED, failure=FailureType.REFUSED)
REFUSED_AND_AMENDED = Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.REFUSED)
CHANGED = Outcome(status=SubmissionStatus.PLANNED, failure=FailureType.FORM_CHANGED)


def made(variant: int = 0, *, fingerprint: str = "f", version: str = VERSION, **changes: Any) -> Plan:
    """A plan whose choices differ with `variant`."""
    phone = FieldDecision(
        handle="0:phone", label="Phone", action=FillAction.TYPE, key=ProfileKey.PHONE, variant=variant
    )
    step = PlanStep(fingerprint=fingerprint, decisions=(phone,), button="0:send", button_kind=ButtonKind.SUBMIT)
    plan = Plan(directory="alpha", url="https://alpha.example/submit", steps=(step,), mapper_version=version)
    return plan.model_copy(update=changes)


class Clerk:
    """Takes businesses through the ledger at one directory, each with the plan it is told."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.customers = iter(range(1, 100))

    async def planned(self, plan: Plan, slug: str = "alpha") -> Submission:
        """A business that nobody knows yet, with this plan, and the form looked at unless the plan is a learned one."""
        job_id = await add_begun_job(self.pool, [slug], profile=example_profile(next(self.customers)))
        submission = await row(self.pool, job_id, slug)
        await results.save_plan(self.pool, submission, plan, () if plan.learned else SEEN)
        return await row(self.pool, job_id, slug)

    async def ends(
        self, submission: Submission, outcome: Outcome, amended: Plan | None = None, *, clicked: bool = True
    ) -> Submission:
        attempt = await results.claim_intent(self.pool, submission) if clicked else submission.attempt
        await results.record(self.pool, submission, outcome, attempt, amended)
        return await submissions.find(self.pool, submission.ref)

    async def sees(self, plan: Plan, *outcomes: Outcome, slug: str = "alpha", clicked: bool = True) -> None:
        """One business after another, each with this plan and its outcome."""
        for outcome in outcomes:
            await self.ends(await self.planned(plan, slug), outcome, clicked=clicked)

    async def trusted(self, slug: str = "alpha", version: str = VERSION) -> Plan | None:
        directory_id = await self.pool.fetchval("select id from directories where slug = $1", slug)
        return await mappings.trusted(self.pool, directory_id, version)

    async def counts(self) -> list[tuple[int, int]]:
        rows = await self.pool.fetch("select confirmed, refused from form_mappings order by created_at")
        return [(row["confirmed"], row["refused"]) for row in rows]


def learned(plan: Plan) -> Plan:
    return plan.model_copy(update={"learned": True})
