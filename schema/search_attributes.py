"""The Temporal search attributes that staff filter by. `temporal-dev.yaml` registers the same names."""

from uuid import UUID

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from schema.contracts.job import Tier

JOB_ID = SearchAttributeKey.for_keyword("JobId")
CUSTOMER_ID = SearchAttributeKey.for_keyword("CustomerId")
TIER = SearchAttributeKey.for_keyword("Tier")
DIRECTORY = SearchAttributeKey.for_keyword("Directory")
OUTCOME = SearchAttributeKey.for_keyword("Outcome")

ALL = (JOB_ID, CUSTOMER_ID, TIER, DIRECTORY, OUTCOME)


def of_job(job_id: UUID, customer_id: UUID, tier: Tier, directory: str | None = None) -> TypedSearchAttributes:
    """What a job's workflow is found by; with `directory`, that of one of its directories."""
    pairs = [
        SearchAttributePair(JOB_ID, str(job_id)),
        SearchAttributePair(CUSTOMER_ID, str(customer_id)),
        SearchAttributePair(TIER, tier.value),
    ]
    if directory is not None:
        pairs.append(SearchAttributePair(DIRECTORY, directory))
    return TypedSearchAttributes(pairs)
