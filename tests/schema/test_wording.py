"""Every state has its sentence."""

import itertools

import pytest

from schema import wording
from schema.contracts.job import JobCounts, JobStatus
from schema.contracts.progress import StateGroup
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType
from schema.store.database import Pool
from tests.factories import add_begun_job

_FAILURES = (None, *FailureType)


@pytest.mark.parametrize("status", SubmissionStatus)
def test_every_state_of_a_directory_is_a_sentence_of_ours(status: SubmissionStatus) -> None:
    for group, failure, evidence in itertools.product(StateGroup, _FAILURES, Evidence):
        words = wording.directory(status, group, failure, evidence, proof=True)
        assert words[0].isupper()
        assert "_" not in words
        assert not words.endswith(".")


@pytest.mark.parametrize("status", JobStatus)
@pytest.mark.parametrize("stopped", [True, False])
def test_every_state_of_a_job_is_a_sentence(status: JobStatus, stopped: bool) -> None:
    for counts in (JobCounts(), JobCounts(total=2, submitted=1, awaiting_action=1)):
        groups = {StateGroup.LISTED: counts.submitted, StateGroup.NEEDS_YOU: counts.awaiting_action}
        words = wording.job(status, counts, groups, stopped=stopped)
        assert not words[0].islower()
        assert words.endswith(".")


def test_a_job_that_waits_says_for_whom() -> None:
    counts = JobCounts(total=5, submitted=2, awaiting_action=2, uncertain=1)
    groups = {StateGroup.LISTED: 2, StateGroup.NEEDS_YOU: 1, StateGroup.NEEDS_US: 2}
    words = wording.job(JobStatus.IN_PROGRESS, counts, groups, stopped=False)
    assert words == "2 of 5 directories have your listing; 1 needs you and 2 are with our team."


async def test_the_database_knows_the_same_groups(pool: Pool) -> None:
    """For each state and reason there can be, one of the groups, and an ended one never in an open group."""
    await add_begun_job(pool, ["alpha"])
    for status, failure in itertools.product(SubmissionStatus, _FAILURES):
        group = StateGroup(
            await pool.fetchval(
                """
                select state_group(jsonb_populate_record(r, jsonb_build_object(
                    'status', $1::text, 'failure', $2::text, 'evidence', 'text')), d)
                from job_results r join directories d on d.id = r.directory_id
                """,
                status,
                failure,
            )
        )
        assert status.ended == (group in (StateGroup.LISTED, StateGroup.NOT_POSSIBLE))
        assert status.waits_for_person == (group in (StateGroup.NEEDS_YOU, StateGroup.NEEDS_US))
