"""Looks up by a directory's own means what became of a submission whose outcome is unknown. It only ever reads.

What it finds published, or known to the directory, is submitted; what a directory that publishes at once provably does
not hold is planned again. Everything else stays as it is, for a later look or for a person.
"""

import functools
import math
from datetime import timedelta
from typing import NamedTuple

from temporalio import activity

from activities.artifacts import ArtifactStore
from activities.boundary import boundary, heartbeating
from activities.browser.pool import BrowserPool, Visit
from activities.browser.read import kept_from_asking, read
from activities.proof import keep_screenshot
from activities.submission import ATTEMPT_IS_OVER, MOST_ATTEMPTS
from activities.turns import OUT_OF_ORDER, in_turn
from brain import sighting
from brain.sighting import PublicPage, Sight
from schema.contracts.lookup import FINAL_URL, Lookup
from schema.contracts.submission import Evidence, Outcome, Sighting, SubmissionRef, SubmissionStatus
from schema.store import results, turns
from schema.store.database import Pool
from schema.store.results import LedgerConflict, Submission

_PAGE_TEXT_KEPT = 2_000


class _Found(NamedTuple):
    """What one of the means told, and the page that told it."""

    sight: Sight
    page: PublicPage
    evidence: Evidence = Evidence.LISTING
    reason: str = "Found published on the directory."


class Reconciling:
    """Resolves without a person what the directory itself can tell."""

    def __init__(self, pool: Pool, browser: BrowserPool, artifacts: ArtifactStore) -> None:
        self._pool = pool
        self._browser = browser
        self._artifacts = artifacts

    @activity.defn
    async def look_up(self, ref: SubmissionRef) -> Sighting:
        """Where the row stands after one look, made in the directory's turn. Safe to repeat."""
        with boundary():
            async with heartbeating():
                submission = await results.find(self._pool, ref)
                lookup = submission.lookup
                if lookup is None or not (submission.status.waits_for_person and submission.outcome.may_be_sent):
                    await turns.leave(self._pool, submission)
                    return Sighting(standing=submission.outcome.standing)
                outcome = await in_turn(self._pool, submission, functools.partial(self._look, submission, lookup))
                await turns.leave(self._pool, submission)
                if outcome.status is submission.status or outcome.failure in OUT_OF_ORDER:
                    wait_s = max(0, math.ceil(_time_left(submission, lookup).total_seconds()))
                    return Sighting(standing=submission.outcome.standing, again=True, again_in_s=wait_s)
                return Sighting(standing=(await self._record(submission, outcome)).standing)

    async def _record(self, submission: Submission, outcome: Outcome) -> Outcome:
        try:
            await results.record(self._pool, submission, outcome, submission.attempt)
        except LedgerConflict:
            # A person, or another look, was first.
            return (await results.find(self._pool, submission.ref)).outcome
        return outcome

    async def _look(self, submission: Submission, lookup: Lookup) -> Outcome:
        """Ask by one means after the other, until one is proof."""
        absences: list[bool] = []
        async with self._browser.visit() as visit:
            visit.gate.confine(submission.submission_url, submission.profile)
            for means in (_at_listing, _by_duplicate_check, _by_search):
                found = await means(visit, submission, lookup)
                if found is None:
                    continue
                if found.sight is Sight.LISTED and _says_enough(submission, found):
                    return await self._proven(visit, submission, found)
                if means is not _at_listing:
                    # Its address is our guess: not to be there says nothing.
                    absences.append(found.sight is Sight.ABSENT)
            believed = all(absences) and not kept_from_asking(visit, submission.submission_url)
        if absences and believed and _absence_is_proof(submission, lookup):
            return Outcome(status=SubmissionStatus.PLANNED, reason="The directory does not hold it: to be sent again.")
        return submission.outcome

    async def _proven(self, visit: Visit, submission: Submission, found: _Found) -> Outcome:
        return Outcome(
            status=SubmissionStatus.SUBMITTED,
            evidence=found.evidence,
            reason=found.reason,
            final_url=found.page.url,
            page_text=found.page.text[:_PAGE_TEXT_KEPT],
            screenshot=await keep_screenshot(self._artifacts, visit, submission.ref),
            confidence=1.0,
            response_status=submission.outcome.response_status,
            may_be_sent=True,
        )


async def _at_listing(visit: Visit, submission: Submission, lookup: Lookup) -> _Found | None:
    page = await _page(visit, submission, lookup.listing)
    if page is None:
        return None
    if lookup.listing == FINAL_URL:
        return _Found(sighting.own_page(page, submission.profile), page)
    return _Found(sighting.listing(page, submission.profile), page)


async def _by_duplicate_check(visit: Visit, submission: Submission, lookup: Lookup) -> _Found | None:
    check = lookup.duplicate_check
    page = await _page(visit, submission, check.url if check else None)
    if check is None or page is None:
        return None
    return _Found(sighting.checked(check, page), page, Evidence.TEXT, "The directory says that it knows the business.")


async def _by_search(visit: Visit, submission: Submission, lookup: Lookup) -> _Found | None:
    """Of the results, at most one is followed: the listing itself is the proof, not a line in a list."""
    search = lookup.search
    results_page = await _page(visit, submission, search.url if search else None)
    if search is None or results_page is None:
        return None
    link = sighting.result_link(results_page, submission.profile)
    if not link:
        return _Found(sighting.searched(search, results_page, submission.profile), results_page)
    page = await read(visit, link, submission.submission_url)
    return _Found(sighting.listing(page, submission.profile, told=(results_page.url,)), page)


async def _page(visit: Visit, submission: Submission, template: str | None) -> PublicPage | None:
    """The page to ask, None where there is nothing to ask, or nothing to ask with."""
    url = template and sighting.address(template, submission.profile, _listing_url(submission))
    return await read(visit, url, submission.submission_url) if url else None


def _listing_url(submission: Submission) -> str:
    """Where our post was sent on to; "" where it was not."""
    outcome = submission.outcome
    redirected = outcome.response_status is not None and 300 <= outcome.response_status < 400
    return outcome.final_url if redirected and outcome.final_url != submission.submission_url else ""


def _says_enough(submission: Submission, found: _Found) -> bool:
    """What waits for a confirmation by mail is known to the directory all along: only its publication ends that."""
    return submission.status is SubmissionStatus.UNCERTAIN or found.evidence is Evidence.LISTING


def _absence_is_proof(submission: Submission, lookup: Lookup) -> bool:
    return (
        lookup.absence_is_proof
        and submission.status is SubmissionStatus.UNCERTAIN
        and submission.attempt < MOST_ATTEMPTS
        and _time_left(submission, lookup) <= timedelta()
    )


def _time_left(submission: Submission, lookup: Lookup) -> timedelta:
    """Until nobody can be clicking any more and what was sent must be found; by the database's clock."""
    assert submission.intent_age is not None, "what may be sent has an intent"
    return ATTEMPT_IS_OVER + timedelta(seconds=lookup.appears_within_s) - submission.intent_age
