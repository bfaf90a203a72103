"""Directories with a character each, drawn from a seed. They keep their own books, apart from the ledger.

A site takes whatever is sent to it unless its character says otherwise: that a business is taken twice is for our side
to prevent.
"""

import contextlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from temporalio import activity

from activities.boundary import ActivityFailure
from schema.contracts.directory import DirectoryEntry
from schema.contracts.lookup import Lookup, Search
from schema.contracts.submission import SubmissionRef
from schema.failures import FailureType
from schema.store.submissions import Submission
from tests.simulation.clock import Clock


class Nature(StrEnum):
    """What is special about a site. `times`, `until` and `luck` of its character say how far it goes."""

    ACCEPTS = "accepts"
    AMENDS = "refuses, then takes it amended"
    REFUSES = "refuses"
    CAPTCHA = "asks a captcha first"
    CONFIRMS = "wants a confirmation"
    CHANGES = "changes its form between plan and submission"
    BUSY = "answers 429 at first"
    DOWN = "is down for hours"
    DEAD = "is down for ever"
    BREAKS = "answers 500 to a post"
    SILENT = "says neither yes nor no"
    KNOWS = "says that it knows the business"
    GONE = "has no form any more"


_SHARES = {Nature.ACCEPTS: 8, Nature.DOWN: 2, Nature.DEAD: 2, Nature.BUSY: 2, Nature.SILENT: 2}
_INTERVALS_MS = (0, 1_000, 60_000, 600_000)


@dataclass(frozen=True, slots=True)
class Character:
    """Drawn once: `luck` in [0, 1) decides what chance decides, `until` how long it is down, `times` how often."""

    nature: Nature
    times: int
    until: timedelta
    luck: float

    @classmethod
    def drawn(cls, dice: random.Random) -> "Character":
        natures = list(Nature)
        (nature,) = dice.choices(natures, [_SHARES.get(nature, 1) for nature in natures])
        return cls(nature, dice.randint(1, 3), timedelta(minutes=dice.randint(1, 60 * 36)), dice.random())


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit, and whether the site itself made it fail; `again` is when it wishes to be visited next.

    `task` is the attempt that made it: the same one twice, where a partition has two workers run it.
    """

    at: datetime
    ref: SubmissionRef
    task: bytes
    failed: bool
    again: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """One click that arrived."""

    at: datetime
    ref: SubmissionRef
    business: str
    taken: bool


@dataclass(slots=True)
class Site:
    """One directory: what it does, and its books."""

    slug: str
    character: Character
    clock: Clock
    opened: datetime
    daily_cap: int | None
    publishes_after: timedelta
    visits: list[Visit] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    crowded: list[str] = field(default_factory=list)
    """Where two submissions were at the site at once."""
    _within: list[SubmissionRef] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def visited(self, ref: SubmissionRef) -> AsyncIterator[None]:
        """Raises ActivityFailure where the site is out of order."""
        now, nature, task = self.clock.now, self.character.nature, activity.info().task_token
        if any(other != ref for other in self._within):
            self.crowded.append(f"{now}: {ref} met {self._within}")
        self._within.append(ref)
        try:
            if nature is Nature.DEAD or (nature is Nature.DOWN and now < self.opened + self.character.until):
                self.visits.append(Visit(now, ref, task, failed=True, again=now))
                raise ActivityFailure(FailureType.DIRECTORY_UNREACHABLE, "nobody answers")
            if nature is Nature.BUSY and sum(visit.failed for visit in self.visits) < self.character.times:
                pause = timedelta(minutes=1 + 100 * self.character.luck)
                self.visits.append(Visit(now, ref, task, failed=True, again=now + pause))
                raise ActivityFailure(FailureType.DIRECTORY_BUSY, "HTTP 429", retry_after=pause)
            self.visits.append(Visit(now, ref, task, failed=False, again=now))
            yield
        finally:
            self._within.remove(ref)

    def obstacle(self, submission: Submission) -> FailureType | None:
        """What stands in front of the form."""
        match self.character.nature:
            case Nature.GONE:
                return FailureType.FORM_NOT_FOUND
            case Nature.CAPTCHA if self._seen(submission.ref) <= self.character.times:
                return FailureType.CAPTCHA
            case _:
                return None

    def has_changed(self, submission: Submission) -> bool:
        """Whether the form is another one than the plan was made on."""
        return self.character.nature is Nature.CHANGES and self._seen(submission.ref) <= 2 * self.character.times

    def post(self, submission: Submission) -> FailureType | None:
        """A click arrived: None for a page that says thank you, or what it says instead."""
        earlier = sum(post.ref == submission.ref for post in self.posts)
        taken, answer = True, None
        match self.character.nature:
            case Nature.REFUSES:
                taken, answer = False, FailureType.REFUSED
            case Nature.AMENDS if earlier < self.character.times:
                taken, answer = False, FailureType.REFUSED
            case Nature.KNOWS:
                taken, answer = False, FailureType.ALREADY_LISTED
            case Nature.CONFIRMS:
                answer = FailureType.CONFIRMATION_NEEDED
            case Nature.SILENT:
                taken, answer = self.character.luck < 0.5, FailureType.OUTCOME_UNKNOWN
            case Nature.BREAKS if self.clock.now < self.opened + self.character.until:
                taken, answer = self.character.luck < 0.5, FailureType.DIRECTORY_UNREACHABLE
        self.posts.append(Post(self.clock.now, submission.ref, submission.business_key, taken))
        return answer

    def holds(self, business: str) -> bool:
        """Whether it has taken the business."""
        return any(post.taken and post.business == business for post in self.posts)

    def shows(self, business: str) -> bool:
        """Whether it has published the business."""
        ripe = self.clock.now - self.publishes_after
        return any(post.taken and post.business == business and post.at <= ripe for post in self.posts)

    def _seen(self, ref: SubmissionRef) -> int:
        return sum(visit.ref == ref and not visit.failed for visit in self.visits)


@dataclass(slots=True)
class World:
    """What one seed makes of everything outside; `story` is what happened in it, for people."""

    seed: int
    clock: Clock
    sites: dict[str, Site]
    entries: tuple[DirectoryEntry, ...]
    jobs: tuple[UUID, ...] = ()
    story: list[tuple[datetime, str]] = field(default_factory=list)

    @classmethod
    def drawn(cls, seed: int, directories: int, clock: Clock) -> "World":
        dice = random.Random(f"world {seed}")
        entries = [_entry(f"seed-{seed}-{number}", dice) for number in range(directories)]
        sites = {entry.slug: _site(entry, dice, clock) for entry in entries}
        return cls(seed, clock, sites, tuple(entries))

    def dice(self, *about: object) -> random.Random:
        """Chance that does not depend on what else happens first."""
        return random.Random(f"{self.seed} {about}")

    def tell(self, what: str) -> None:
        self.story.append((self.clock.now, what))


def _entry(slug: str, dice: random.Random) -> DirectoryEntry:
    lookup = None
    if dice.random() < 0.4:
        search = Search(url=f"https://{slug}.example/find?name={{business_name}}", nothing_found="nothing found")
        hours = dice.randint(0, 30)
        lookup = Lookup(search=search, appears_within_s=hours * 3600, absence_is_proof=dice.random() < 0.7)
    return DirectoryEntry(
        slug=slug,
        name=slug.title(),
        submission_url=f"https://{slug}.example/submit",
        interval_ms=dice.choice(_INTERVALS_MS),
        daily_cap=dice.choice((None, None, 1, 2)),
        lookup=lookup,
    )


def _site(entry: DirectoryEntry, dice: random.Random, clock: Clock) -> Site:
    appears = entry.lookup.appears_within_s if entry.lookup else 0
    publishes_after = timedelta(seconds=appears * dice.random())
    return Site(entry.slug, Character.drawn(dice), clock, clock.now, entry.daily_cap, publishes_after)


class Worlds:
    """All that are simulated side by side on one server."""

    def __init__(self) -> None:
        self._by_seed: dict[int, World] = {}
        self._by_job: dict[UUID, World] = {}

    def add(self, world: World, jobs: Sequence[UUID]) -> None:
        self._by_seed[world.seed] = world
        self._by_job.update(dict.fromkeys(jobs, world))
        world.jobs = tuple(jobs)

    def of(self, slug: str) -> World:
        return self._by_seed[int(slug.split("-")[1])]

    def of_workflow(self, workflow_id: str) -> World:
        """The world of a job's workflow, or of one of its directories'."""
        job_id = UUID(workflow_id[4:40])
        return self._by_job[job_id]

    def site(self, slug: str) -> Site:
        return self.of(slug).sites[slug]

    @property
    def all(self) -> Mapping[int, World]:
        return self._by_seed
