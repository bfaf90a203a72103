"""Looks up by a directory's own means what became of a submission whose outcome is unknown. It only ever reads.

What it finds published, or known to the directory, is submitted; what a directory that publishes at once provably does
not hold is planned again. Everything else stays as it is, for a later look or for a person.
"""

import asyncio
import dataclasses
import functools
import math
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple

import structlog
from temporalio import activity

from activities.artifacts import ArtifactStore
from activities.boundary import ActivityFailure, boundary, heartbeating
from activities.browser.pool import BrowserPool, Visit
from activities.browser.read import read
from activities.mailbox import MAILBOX_ERRORS, Mailbox
from activities.proof import keep_screenshot
from activities.robots import Robots
from activities.submission import ATTEMPT_IS_OVER, MOST_ATTEMPTS
from activities.turns import OUT_OF_ORDER, in_turn
from brain import sighting
from brain.sighting import PublicPage, Sight
from brain.sites import same_site
from schema.contracts.lookup import FINAL_URL, Lookup
from schema.contracts.submission import PAGE_TEXT_KEPT, Evidence, Outcome, Sighting, SubmissionRef, SubmissionStatus
from schema.failures import FailureType
from schema.store import results, submissions, turns
from schema.store.database import Pool
from schema.store.results import LedgerConflict
from schema.store.submissions import Submission

_log = structlog.get_logger(__name__)

_LIMIT_S = 90.0
"""The longest that all questions may take together: less than the activity's own limit, so that its turn ends too."""


class _Found(NamedTuple):
    """What one of the means told, and the page that told it."""

    sight: Sight
    page: PublicPage
    evidence: Evidence = Evidence.LISTING
    reason: str = "Found published on the directory."


class Reconciling:
    """Resolves without a person what the directory itself can tell."""

    def __init__(
        self,
        pool: Pool,
        browser: BrowserPool,
        artifacts: ArtifactStore,
        robots: Robots,
        mailbox: Mailbox | None = None,
    ) -> None:
        self._pool = pool
        self._browser = browser
        self._artifacts = artifacts
        self._robots = robots
        self._mailbox = mailbox

    @activity.defn
    async def look_up(self, ref: SubmissionRef) -> Sighting:
        """Where the row stands after one look, made in the directory's turn. Safe to repeat."""
        with boundary():
            async with heartbeating():
                submission = await submissions.find(self._pool, ref)
                lookup = submission.lookup
                if lookup is None or not (submission.status.waits_for_person and submission.outcome.may_be_sent):
                    await turns.leave(self._pool, submission)
                    return Sighting(standing=submission.outcome.standing)
                outcome = await self._by_mail(submission, lookup) or await in_turn(
                    self._pool, submission, functools.partial(self._ask, submission, lookup)
                )
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
            return (await submissions.find(self._pool, submission.ref)).outcome
        return outcome

    async def _by_mail(self, submission: Submission, lookup: Lookup) -> Outcome | None:
        """What the directory wrote to the business since the intent; that nothing came proves nothing."""
        offer, age = lookup.confirmation_mail, submission.intent_age
        if self._mailbox is None or offer is None or age is None or submission.status is not SubmissionStatus.UNCERTAIN:
            return None
        try:
            mails = await self._mailbox.mails(submission.profile.email, offer.sender, age)
        except MAILBOX_ERRORS as error:
            _log.warning("mailbox not read", error=type(error).__name__)
            return None
        for mail in mails:
            if sighting.confirmed(offer, mail, submission.profile) is Sight.LISTED:
                return submission.outcome.model_copy(
                    update={
                        "status": SubmissionStatus.SUBMITTED,
                        "evidence": Evidence.TEXT,
                        "failure": None,
                        "reason": "Confirmed by the directory's mail.",
                        "page_text": f"{mail.subject}\n\n{mail.text}"[:PAGE_TEXT_KEPT],
                    }
                )
        return None

    async def _ask(self, submission: Submission, lookup: Lookup) -> Outcome:
        if not lookup.has_pages:
            return submission.outcome
        try:
            async with asyncio.timeout(_LIMIT_S):
                return await self._look(submission, lookup)
        except TimeoutError as error:
            raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, "The directory answers too slowly.") from error

    async def _look(self, submission: Submission, lookup: Lookup) -> Outcome:
        """Ask by one means after the other, the strongest first, until one is proof."""
        absences: list[bool] = []
        async with self._browser.visit() as visit:
            visit.gate.confine(submission.submission_url, submission.profile)
            look = _Look(visit, submission, lookup, self._robots)
            for means in (look.at_listing, look.by_search, look.by_duplicate_check):
                found = await means()
                if found is None:
                    continue
                if found.sight is Sight.LISTED and _says_enough(submission, found):
                    return await self._proven(visit, submission, found)
                # The listing's address is our guess: that nothing is there says nothing.
                if means != look.at_listing:
                    absences.append(found.sight is Sight.ABSENT)
            # A page that could not ask its own server shows nothing, whatever the directory holds.
            believed = absences and all(absences) and not visit.gate.kept_quiet
        if believed and _absence_is_proof(submission, lookup):
            return Outcome(status=SubmissionStatus.PLANNED, reason="The directory does not hold it: to be sent again.")
        return submission.outcome

    async def _proven(self, visit: Visit, submission: Submission, found: _Found) -> Outcome:
        return Outcome(
            status=SubmissionStatus.SUBMITTED,
            evidence=found.evidence,
            reason=found.reason,
            final_url=found.page.url,
            page_text=found.page.text[:PAGE_TEXT_KEPT],
            screenshot=await keep_screenshot(self._artifacts, visit, submission.ref),
            confidence=1.0,
            response_status=submission.outcome.response_status,
            may_be_sent=True,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class _Look:
    """One visit that asks; each of the means is None where the directory does not offer it, or it cannot be asked."""

    visit: Visit
    submission: Submission
    lookup: Lookup
    robots: Robots

    async def at_listing(self) -> _Found | None:
        listing = self.lookup.listing
        page = await self._page(listing)
        if page is None:
            return None
        told = sighting.own_page if listing == FINAL_URL else sighting.listing
        return _Found(told(page, self.submission.profile), page)

    async def by_duplicate_check(self) -> _Found | None:
        check = self.lookup.duplicate_check
        page = await self._page(check.url) if check else None
        if check is None or page is None:
            return None
        reason = "The directory says that it knows the business."
        return _Found(sighting.checked(check, page), page, Evidence.TEXT, reason)

    async def by_search(self) -> _Found | None:
        """Of the results, at most one is followed: the listing itself is the proof, not a line in a list."""
        search, profile = self.lookup.search, self.submission.profile
        found = await self._page(search.url) if search else None
        if search is None or found is None:
            return None
        link = sighting.result_link(found, profile)
        if not link:
            return _Found(sighting.searched(search, found, profile), found)
        page = await self._read(link)
        return _Found(sighting.listing(page, profile), page) if page else None

    async def _page(self, template: str | None) -> PublicPage | None:
        if template is None:
            return None
        url = sighting.address(template, self.submission.profile, _listing_url(self.submission))
        return await self._read(url) if url else None

    async def _read(self, url: str) -> PublicPage | None:
        """None for what is on another site, or closed to robots."""
        site = self.submission.submission_url
        if not same_site(url, site) or (await self.robots.manners(url)).forbidden_by:
            return None
        return await read(self.visit, url, site)


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
        and not _was_answered(submission)
        and _time_left(submission, lookup) <= timedelta()
    )


def _was_answered(submission: Submission) -> bool:
    """The directory had our post and said something to it: not to be shown is then its decision, not an accident."""
    status = submission.outcome.response_status
    return status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR


def _time_left(submission: Submission, lookup: Lookup) -> timedelta:
    """Until nobody can be clicking any more and what was sent must be found; by the database's clock."""
    assert submission.intent_age is not None, "what may be sent has an intent"
    return ATTEMPT_IS_OVER + timedelta(seconds=lookup.appears_within_s) - submission.intent_age
