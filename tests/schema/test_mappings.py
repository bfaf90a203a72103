"""What is remembered of a form, on a real PostgreSQL: trusted when confirmed, demoted when in vain, never shared."""

import asyncio

import asyncpg
import pytest

from deploy.cli.example import example_profile
from schema.contracts.mapping import SeenField, SeenStep, speaks_of
from schema.contracts.plan import Excerpt, ModelUsage
from schema.contracts.profile import BusinessProfile
from schema.contracts.submission import (
    ActionResolution,
    Outcome,
    Resolution,
    Standing,
    SubmissionStatus,
)
from schema.failures import FailureType
from schema.store import mappings, results, submissions
from schema.store.database import Pool
from schema.store.mappings import Verdict, verdict
from schema.store.results import LedgerConflict
from tests.factories import add_begun_job, row
from tests.schema.clerk import ACCEPTED, CHANGED, REFUSED, REFUSED_AND_AMENDED, SEEN, UNKNOWN, Clerk, learned, made


@pytest.fixture
def clerk(pool: Pool) -> Clerk:
    return Clerk(pool)


async def test_a_plan_is_trusted_once_a_submission_with_it_was_confirmed(clerk: Clerk) -> None:
    submission = await clerk.planned(made())
    assert await clerk.trusted() is None
    await clerk.ends(submission, ACCEPTED)
    assert await clerk.trusted() == learned(made())


@pytest.mark.parametrize(
    ("confirmed", "refused", "days", "trusted"),
    [
        (0, 0, None, False),
        (1, 0, 0, True),
        (1, 1, 0, True),
        (1, 2, 0, False),
        (9, 9, 89, True),
        (9, 10, 0, False),
        (9, 0, 91, False),
    ],
)
async def test_the_rule_of_trust(pool: Pool, confirmed: int, refused: int, days: int | None, trusted: bool) -> None:
    rule = "select coalesce(is_trusted($1, $2, now() - make_interval(days => $3)), false)"
    assert await pool.fetchval(rule, confirmed, refused, days) is trusted


@pytest.mark.parametrize(
    ("outcome", "clicked", "learned", "said"),
    [
        (ACCEPTED, True, False, Verdict.CONFIRMED),
        (
            Standing(status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.CONFIRMATION_NEEDED),
            True,
            False,
            Verdict.CONFIRMED,
        ),
        (Standing(status=SubmissionStatus.SKIPPED, failure=FailureType.ALREADY_LISTED), True, True, Verdict.CONFIRMED),
        (Standing(status=SubmissionStatus.SKIPPED, failure=FailureType.ALREADY_LISTED), False, True, None),
        (REFUSED, True, False, Verdict.REFUSED),
        (REFUSED_AND_AMENDED, True, True, Verdict.REFUSED),
        (CHANGED, False, True, Verdict.REFUSED),
        (CHANGED, False, False, None),
        (UNKNOWN, True, True, None),
        (Standing(status=SubmissionStatus.AWAITING_ACTION, failure=FailureType.CAPTCHA), True, True, None),
        (Standing(status=SubmissionStatus.PLANNED, failure=FailureType.BROWSER_FAILED), True, True, None),
    ],
)
def test_what_an_outcome_says_of_the_plan(
    outcome: Standing, clicked: bool, learned: bool, said: Verdict | None
) -> None:
    assert verdict(outcome, clicked=clicked, learned=learned) is said


async def test_a_mapping_that_is_refused_more_often_than_confirmed_is_not_used_until_it_has_earned_it(
    clerk: Clerk,
) -> None:
    await clerk.sees(made(), ACCEPTED, REFUSED)
    assert await clerk.trusted() is not None
    await clerk.sees(made(), REFUSED)
    assert (await clerk.trusted(), await clerk.counts()) == (None, [(1, 2)])
    await clerk.sees(made(), ACCEPTED)
    assert await clerk.trusted() is not None


async def test_a_learned_plan_that_no_longer_finds_its_form_is_demoted_and_a_made_one_is_not(clerk: Clerk) -> None:
    await clerk.sees(made(), ACCEPTED)
    await clerk.sees(made(), CHANGED, CHANGED, clicked=False)
    assert await clerk.counts() == [(1, 0)]
    await clerk.sees(learned(made()), CHANGED, CHANGED, clicked=False)
    assert (await clerk.trusted(), await clerk.counts()) == (None, [(1, 2)])


async def test_an_expired_mapping_is_not_used_and_a_new_confirmation_revives_it(clerk: Clerk) -> None:
    await clerk.sees(made(), ACCEPTED)
    await clerk.pool.execute("update form_mappings set confirmed_at = now() - interval '91 days'")
    assert await clerk.trusted() is None
    await clerk.sees(made(), ACCEPTED)
    assert await clerk.trusted() is not None


async def test_what_nobody_confirmed_in_ninety_days_is_forgotten(clerk: Clerk) -> None:
    await clerk.planned(made(fingerprint="never sent"))
    await clerk.sees(made(), ACCEPTED)
    await clerk.pool.execute("update form_mappings set created_at = now() - interval '91 days'")
    await clerk.planned(made(fingerprint="g"))
    rows = await clerk.pool.fetch("select fingerprint from form_mappings")
    assert {row["fingerprint"] for row in rows} == {"f", "g"}


async def test_nothing_is_shared_across_directories_or_versions_of_the_mapper(clerk: Clerk) -> None:
    await clerk.sees(made(), ACCEPTED)
    await clerk.planned(made(), slug="beta")
    assert await clerk.trusted("beta") is None
    assert await clerk.trusted(version="8") is None
    await clerk.sees(made(), REFUSED, REFUSED, slug="beta")
    assert await clerk.trusted() is not None
    await clerk.sees(made(version="8"), REFUSED, REFUSED)
    assert await clerk.trusted() is not None


async def test_the_form_confirmed_last_is_the_one_that_is_used(clerk: Clerk) -> None:
    await clerk.sees(made(fingerprint="old"), ACCEPTED, ACCEPTED)
    await clerk.sees(made(fingerprint="new"), ACCEPTED)
    assert await clerk.trusted() == learned(made(fingerprint="new"))
    await clerk.sees(made(fingerprint="old"), ACCEPTED)
    assert await clerk.trusted() == learned(made(fingerprint="old"))


async def test_an_amended_plan_that_was_accepted_is_remembered_in_place_of_the_refused_one(clerk: Clerk) -> None:
    submission = await clerk.planned(made(source="claude"))
    again = await clerk.ends(submission, REFUSED_AND_AMENDED, made(1, source="claude"))
    await clerk.ends(again, ACCEPTED)
    assert await clerk.trusted() == learned(made(1, source="claude"))
    assert await clerk.counts() == [(1, 0)]
    assert await clerk.pool.fetchval("select source from form_mappings") == "claude"


async def test_what_was_amended_for_one_customer_does_not_push_out_what_works_for_others(clerk: Clerk) -> None:
    await clerk.sees(made(), ACCEPTED, ACCEPTED, ACCEPTED)
    odd = await clerk.ends(await clerk.planned(learned(made())), REFUSED_AND_AMENDED, learned(made(1)))
    await clerk.ends(odd, ACCEPTED)
    assert await clerk.trusted() == learned(made())
    assert await clerk.counts() == [(3, 1)]


async def test_a_demoted_mapping_gives_way_to_one_that_is_confirmed(clerk: Clerk) -> None:
    await clerk.sees(made(), ACCEPTED, REFUSED, REFUSED)
    await clerk.sees(made(2), ACCEPTED)
    assert await clerk.trusted() == learned(made(2))
    assert await clerk.counts() == [(1, 0)]


async def test_a_person_who_confirms_what_was_uncertain_confirms_the_mapping(clerk: Clerk) -> None:
    submission = await clerk.ends(await clerk.planned(made()), UNKNOWN)
    assert await clerk.counts() == [(0, 0)]
    confirmed = ActionResolution(resolution=Resolution.CONFIRMED, by="ana")
    for _ in range(2):
        await results.resolve(clerk.pool, submission.ref, confirmed)
    assert await clerk.counts() == [(1, 0)]


@pytest.mark.parametrize(
    ("failure", "counted"), [(FailureType.CONFIRMATION_NEEDED, (1, 0)), (FailureType.CAPTCHA, (0, 0))]
)
async def test_a_person_who_finished_by_hand_confirms_nothing_more(
    clerk: Clerk, failure: FailureType, counted: tuple[int, int]
) -> None:
    waiting = Outcome(status=SubmissionStatus.AWAITING_ACTION, failure=failure, may_be_sent=True)
    submission = await clerk.ends(await clerk.planned(made()), waiting)
    await results.resolve(clerk.pool, submission.ref, ActionResolution(resolution=Resolution.CONFIRMED, by="ana"))
    assert await clerk.counts() == [counted]


async def test_jobs_that_confirm_and_refuse_at_once_are_all_counted(clerk: Clerk) -> None:
    await clerk.sees(made(), ACCEPTED)
    taken = [await clerk.planned(learned(made())) for _ in range(6)]
    outcomes = [ACCEPTED, REFUSED] * 3
    await asyncio.gather(*(clerk.ends(*pair) for pair in zip(taken, outcomes, strict=True)))
    assert await clerk.counts() == [(4, 3)]


async def test_a_mapping_that_is_demoted_while_somebody_uses_it_counts_them_all_the_same(clerk: Clerk) -> None:
    await clerk.sees(made(), ACCEPTED)
    using = await clerk.planned(learned(made()))
    await clerk.sees(made(), REFUSED, REFUSED)
    assert await clerk.trusted() is None
    assert (await clerk.ends(using, ACCEPTED)).status is SubmissionStatus.SUBMITTED
    assert (await clerk.trusted() is not None, await clerk.counts()) == (True, [(2, 2)])


async def test_a_mapping_that_this_build_cannot_read_is_none(clerk: Clerk) -> None:
    await clerk.sees(made(), ACCEPTED)
    await clerk.pool.execute(
        """update form_mappings set plan = jsonb_set(plan, '{steps,0,decisions,0,key}', '"aura"')"""
    )
    assert await clerk.trusted() is None


async def test_of_two_plans_for_one_form_that_are_confirmed_at_once_one_is_kept_with_its_own_count(
    clerk: Clerk,
) -> None:
    first, second = await clerk.planned(made()), await clerk.planned(made(1))
    await asyncio.gather(clerk.ends(first, ACCEPTED), clerk.ends(second, ACCEPTED))
    assert await clerk.trusted() in (learned(made()), learned(made(1)))
    assert await clerk.counts() == [(1, 0)]


async def test_an_outcome_that_comes_too_late_counts_nothing(clerk: Clerk) -> None:
    submission = await clerk.planned(made())
    attempt = await results.claim_intent(clerk.pool, submission)
    await results.record(clerk.pool, submission, ACCEPTED, attempt)
    with pytest.raises(LedgerConflict):
        await results.record(clerk.pool, submission, ACCEPTED, attempt)
    assert await clerk.counts() == [(1, 0)]


async def test_a_mapping_that_cannot_be_written_takes_the_outcome_back_with_it(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(*_: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("the worker died here")

    submission = await clerk.planned(made())
    with monkeypatch.context() as patched:
        patched.setattr(mappings, "judge", lose)
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            await clerk.ends(submission, ACCEPTED)
    now = await submissions.find(clerk.pool, submission.ref)
    assert (now.status, await clerk.counts()) == (SubmissionStatus.SUBMITTING, [(0, 0)])


async def test_what_belongs_to_one_customer_alone_is_not_handed_on(clerk: Clerk) -> None:
    excerpt = Excerpt(sentences=(0, 2), of="digest-of-a-private-text")
    [step] = made().steps
    decisions = tuple(decision.model_copy(update={"excerpt": excerpt}) for decision in step.decisions)
    own = made(steps=(step.model_copy(update={"decisions": decisions}),), usage=(ModelUsage(model="m", task="t"),))
    await clerk.sees(own, ACCEPTED)
    assert await clerk.trusted() == learned(made())
    await clerk.sees(made(), REFUSED)
    assert await clerk.counts() == [(1, 1)], "with an excerpt or without, the choices are the same"


@pytest.mark.parametrize(
    "said",
    [
        "Welcome, {business_name}!",
        "Is {street} right?",
        "We write to {email}.",
        "Call {phone}?",
        "{contact_last_name}",
        "You said: {description:.60}…",
        "Is {website} online?",
    ],
)
async def test_a_form_that_calls_the_customer_by_name_is_not_remembered(clerk: Clerk, said: str) -> None:
    profile = example_profile(next(clerk.customers))
    label = said.format(**{key: getattr(profile, key) for key in type(profile).model_fields})
    [step] = made().steps
    decision = step.decisions[0].model_copy(update={"label": label})
    plan = made(steps=(step.model_copy(update={"decisions": (decision,)}),))
    job_id = await add_begun_job(clerk.pool, ["alpha"], profile=profile)
    await results.save_plan(clerk.pool, await row(clerk.pool, job_id, "alpha"), plan, SEEN)
    assert await clerk.counts() == []


def test_a_directorys_own_words_do_not_give_the_customer_away() -> None:
    profile: BusinessProfile = example_profile()
    words = (f"Category: {profile.category}", f"List your business in {profile.city}", "https://www.facebook.com/you")
    field = SeenField(handle="0:a", labels=words, kind="text", options=(profile.category, profile.state))
    assert not speaks_of(profile, SeenStep(fingerprint="1" * 64, fields=(field,)))


async def test_a_change_is_kept_once_however_often_it_is_met(clerk: Clerk) -> None:
    await clerk.planned(made())
    directory_id = await clerk.pool.fetchval("select id from directories")
    for _ in range(2):
        await mappings.report_change(clerk.pool, directory_id, "g", ("New: “Fax”.",))
    [change] = await mappings.changes(clerk.pool)
    assert (change.directory, change.changes, change.taken) == ("alpha", ("New: “Fax”.",), False)
    assert change.first_met_at < change.last_met_at
    await clerk.sees(made(fingerprint="g"), ACCEPTED)
    [change] = await mappings.changes(clerk.pool)
    assert change.taken


async def test_a_change_that_nobody_meets_any_more_is_forgotten(clerk: Clerk) -> None:
    await clerk.planned(made())
    directory_id = await clerk.pool.fetchval("select id from directories")
    await clerk.pool.execute(
        "insert into form_changes (directory_id, fingerprint, changes, updated_at) "
        "values ($1, 'old', '{x}', now() - interval '91 days'), ($1, 'older', '{x}', now() - interval '89 days')",
        directory_id,
    )
    await mappings.report_change(clerk.pool, directory_id, "g", ("New: “Fax”.",))
    assert len(await mappings.changes(clerk.pool)) == 2
