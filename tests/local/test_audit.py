"""The audit finds every disagreement between the ledger and the sandbox's books, and invents none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from deploy.local.audit import audit, audit_business, audit_page, posts_too_many
from deploy.local.sandbox.books import BookRow, PostOutcome
from schema.contracts.job import JobCounts, JobReport, JobStatus, Tier
from schema.contracts.progress import StateGroup
from schema.contracts.submission import Evidence, SubmissionResult, SubmissionStatus
from schema.failures import FailureType

NOW = datetime(2026, 11, 22, tzinfo=UTC)

ACCEPTED = PostOutcome.ACCEPTED
CONFIRM = PostOutcome.PENDING_CONFIRMATION
REFUSED = PostOutcome.REFUSED
DUPLICATE = PostOutcome.DUPLICATE
SPAM = PostOutcome.SPAM
ERROR = PostOutcome.ERROR


def result(
    status: SubmissionStatus,
    failure: FailureType | None = None,
    *,
    evidence: Evidence = Evidence.TEXT,
    screenshot: str = "shot.png",
    reason: str = "",
    directory: str = "alpha",
) -> SubmissionResult:
    return SubmissionResult(
        directory=directory,
        name=directory.title(),
        status=status,
        failure=failure,
        evidence=evidence,
        screenshot=screenshot,
        reason=reason,
        updated_at=NOW,
    )


def report(*results: SubmissionResult) -> JobReport:
    return JobReport(
        job_id=uuid4(),
        customer_id=uuid4(),
        business_name="Bluebird",
        tier=Tier.STARTER,
        status=JobStatus.COMPLETED,
        created_at=NOW,
        total=len(results),
        ended=len(results),
        waiting=0,
        counts=JobCounts(total=len(results)),
        results=results,
    )


def posts(*outcomes: PostOutcome, site: str = "alpha") -> list[BookRow]:
    return [
        BookRow(
            id=number,
            time=NOW.isoformat(),
            site=site,
            business="Bluebird",
            attempt=number,
            method="POST",
            path="/submit",
            fields={},
            outcome=outcome,
            status_code=200,
        )
        for number, outcome in enumerate(outcomes, start=1)
    ]


SUBMITTED = result(SubmissionStatus.SUBMITTED)
CONFIRMATION = result(SubmissionStatus.AWAITING_ACTION, FailureType.CONFIRMATION_NEEDED)
CAPTCHA = result(SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA)
UNCERTAIN = result(SubmissionStatus.UNCERTAIN, FailureType.OUTCOME_UNKNOWN, evidence=Evidence.NONE)
SKIPPED = result(SubmissionStatus.SKIPPED, FailureType.POLICY_FORBIDS)
FAILED = result(SubmissionStatus.FAILED, FailureType.REFUSED)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (SUBMITTED, [ACCEPTED]),
        (SUBMITTED, [REFUSED, REFUSED, ACCEPTED]),
        (CONFIRMATION, [CONFIRM]),
        (CONFIRMATION, [REFUSED, CONFIRM]),
        (CAPTCHA, []),
        (UNCERTAIN, []),
        (UNCERTAIN, [ACCEPTED]),
        (UNCERTAIN, [ERROR]),
        (UNCERTAIN, [REFUSED]),
        (SKIPPED, []),
        (SKIPPED, [DUPLICATE]),
        (FAILED, []),
        (FAILED, [REFUSED, REFUSED]),
        (FAILED, [SPAM]),
    ],
)
def test_books_that_tell_the_same_story_agree(said: SubmissionResult, written: Sequence[PostOutcome]) -> None:
    assert audit(report(said), posts(*written)) == []


def test_where_a_fault_may_cost_the_picture_the_directorys_words_are_the_proof() -> None:
    unpictured = result(SubmissionStatus.SUBMITTED, screenshot="", reason="Thank you!")
    assert audit(report(unpictured), posts(ACCEPTED), pictured=False) == []
    for unproven in (
        result(SubmissionStatus.SUBMITTED, screenshot="", reason=""),
        result(SubmissionStatus.SUBMITTED, evidence=Evidence.NONE, reason="Thank you!"),
    ):
        [found] = audit(report(unproven), posts(ACCEPTED), pictured=False)
        assert "without proof" in found.what


@pytest.mark.parametrize(
    ("said", "written", "what"),
    [
        (SUBMITTED, [], "no accepted post"),
        (SUBMITTED, [REFUSED], "no accepted post"),
        (SUBMITTED, [ERROR], "no accepted post"),
        (SUBMITTED, [CONFIRM], "no accepted post"),
        (SUBMITTED, [ACCEPTED, ACCEPTED], "was submitted 2 times"),
        (SUBMITTED, [ACCEPTED, REFUSED], "not only the last one"),
        (SUBMITTED, [ERROR, ACCEPTED], "not only the last one"),
        (SUBMITTED, [SPAM, ACCEPTED], "not only the last one"),
        (SUBMITTED, [ACCEPTED, DUPLICATE], "not only the last one"),
        (result(SubmissionStatus.SUBMITTED, evidence=Evidence.NONE), [ACCEPTED], "without proof"),
        (result(SubmissionStatus.SUBMITTED, screenshot=""), [ACCEPTED], "without proof"),
        (CONFIRMATION, [], "no such post"),
        (CONFIRMATION, [ACCEPTED], "no such post"),
        (CONFIRMATION, [CONFIRM, CONFIRM], "was submitted 2 times"),
        (CAPTCHA, [ACCEPTED], "a post that was taken"),
        (UNCERTAIN, [ERROR, ERROR], "not only the last one"),
        (SKIPPED, [ACCEPTED], "a post that was taken"),
        (FAILED, [ACCEPTED], "a post that was taken"),
        (FAILED, [CONFIRM], "a post that was taken"),
        (FAILED, [ERROR], "a post that was taken"),
        (result(SubmissionStatus.PENDING), [], "is still pending"),
        (result(SubmissionStatus.SUBMITTING), [], "is still submitting"),
    ],
)
def test_each_disagreement_is_found_and_said(said: SubmissionResult, written: Sequence[PostOutcome], what: str) -> None:
    found = audit(report(said), posts(*written))
    assert [disagreement.directory for disagreement in found] == ["alpha"] * len(found)
    assert any(what in disagreement.what for disagreement in found), found


def test_a_post_that_the_ledger_does_not_know_is_found() -> None:
    (found,) = audit(report(SUBMITTED), [*posts(ACCEPTED), *posts(REFUSED, site="beta")])
    assert found.directory == "beta"
    assert "no row of the ledger" in found.what


def test_directories_are_judged_each_by_its_own_posts() -> None:
    both = report(SUBMITTED, result(SubmissionStatus.SUBMITTED, directory="beta"))
    assert audit(both, [*posts(ACCEPTED), *posts(ACCEPTED, site="beta")]) == []
    assert [found.directory for found in audit(both, posts(ACCEPTED))] == ["beta"]


ALREADY_LISTED = result(SubmissionStatus.SKIPPED, FailureType.ALREADY_LISTED)


@pytest.mark.parametrize(
    ("jobs", "written"),
    [
        ([SUBMITTED, ALREADY_LISTED], [ACCEPTED]),
        ([ALREADY_LISTED, UNCERTAIN], [ACCEPTED]),
        ([UNCERTAIN, ALREADY_LISTED], []),
        ([FAILED, SUBMITTED], [REFUSED, ACCEPTED]),
        ([ALREADY_LISTED, CONFIRMATION], [CONFIRM]),
        ([ALREADY_LISTED, ALREADY_LISTED], [DUPLICATE, DUPLICATE]),
    ],
)
def test_jobs_of_one_business_share_one_listing(
    jobs: Sequence[SubmissionResult], written: Sequence[PostOutcome]
) -> None:
    assert audit_business([report(said) for said in jobs], posts(*written)) == []


@pytest.mark.parametrize(
    ("jobs", "written", "what"),
    [
        ([SUBMITTED, SUBMITTED], [ACCEPTED, ACCEPTED], "was submitted 2 times"),
        ([SUBMITTED, SUBMITTED], [ACCEPTED], "is claimed by 2 jobs"),
        ([ALREADY_LISTED, ALREADY_LISTED], [ACCEPTED], "a post that was taken"),
        ([SUBMITTED, result(SubmissionStatus.PLANNED)], [ACCEPTED], "is still planned"),
    ],
)
def test_a_business_that_is_listed_by_two_jobs_or_by_none_is_found(
    jobs: Sequence[SubmissionResult], written: Sequence[PostOutcome], what: str
) -> None:
    found = audit_business([report(said) for said in jobs], posts(*written))
    assert any(what in disagreement.what for disagreement in found), found


def test_what_came_after_a_post_that_could_have_been_taken_is_one_too_many() -> None:
    fine = [*posts(REFUSED, ACCEPTED), *posts(ACCEPTED, site="beta")]
    assert posts_too_many(fine) == []
    assert posts_too_many([*fine, *posts(REFUSED, site="beta"), *posts(ERROR, ACCEPTED, site="gamma")]) == [
        "beta",
        "gamma",
    ]


@pytest.mark.parametrize(
    ("status", "shown", "agrees"),
    [
        (SubmissionStatus.SUBMITTED, StateGroup.LISTED, True),
        (SubmissionStatus.SUBMITTED, StateGroup.WORKING, False),
        (SubmissionStatus.FAILED, StateGroup.LISTED, False),
        (SubmissionStatus.AWAITING_ACTION, StateGroup.NEEDS_YOU, True),
        (SubmissionStatus.UNCERTAIN, StateGroup.LISTED, False),
        (SubmissionStatus.PENDING, StateGroup.WORKING, True),
    ],
)
def test_the_page_says_what_the_ledger_says(status: SubmissionStatus, shown: StateGroup, agrees: bool) -> None:
    assert (audit_page(report(result(status)), {"alpha": shown}) == []) is agrees


def test_the_page_shows_all_directories_and_no_others() -> None:
    found = audit_page(report(result(SubmissionStatus.SUBMITTED)), {"beta": StateGroup.LISTED})
    assert [(one.directory, one.what) for one in found] == [
        ("alpha", "is submitted, and shown to the customer as nothing"),
        ("beta", "is shown to the customer, and the ledger does not know it"),
    ]
