"""The plan that worked before: which one may be used for a submission without looking at the form first."""

from brain import planner
from brain.formats import TERMS
from schema.contracts.plan import FillAction, Plan
from schema.store import mappings
from schema.store.database import Pool
from schema.store.submissions import Submission


async def learned_plan(pool: Pool, submission: Submission, first_step: str | None = None) -> Plan | None:
    """The trusted plan for the directory's form, or for the one whose first step has this fingerprint.

    None where there is none, where it was made for another address, or where it accepts terms that may no longer be
    accepted.
    """
    plan = await mappings.trusted(pool, submission.directory_id, planner.MAPPER_VERSION, first_step)
    if plan is None or plan.url != submission.submission_url:
        return None
    return None if _agrees(plan) and not submission.accept_terms else plan


def _agrees(plan: Plan) -> bool:
    """True if the plan accepts terms in the customer's name."""
    return any(
        decision.key is None and (decision.action is FillAction.CHECK or decision.part == TERMS)
        for step in plan.steps
        for decision in step.decisions
    )
