"""The job and its directories together, each with its words."""

from collections.abc import Sequence

from schema.contracts.explanation import DirectoryExplanation, DirectoryFacts, JobExplanation, JobFacts
from schema.explain.directory import explain
from schema.explain.job import explain_job


def explain_whole(job: JobFacts, directories: Sequence[DirectoryFacts]) -> JobExplanation:
    """Why everything of the job is where it is, and what happens next."""
    return JobExplanation(
        **explain_job(job).model_dump(),
        facts=job,
        directories=tuple(DirectoryExplanation(facts=one, **explain(one, job).model_dump()) for one in directories),
    )
