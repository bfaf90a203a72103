"""The Temporal search attributes that staff filter by. `temporal-dev.yaml` registers the same names."""

from temporalio.common import SearchAttributeKey

JOB_ID = SearchAttributeKey.for_keyword("JobId")
CUSTOMER_ID = SearchAttributeKey.for_keyword("CustomerId")
TIER = SearchAttributeKey.for_keyword("Tier")
DIRECTORY = SearchAttributeKey.for_keyword("Directory")
OUTCOME = SearchAttributeKey.for_keyword("Outcome")

ALL = (JOB_ID, CUSTOMER_ID, TIER, DIRECTORY, OUTCOME)
