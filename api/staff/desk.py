"""What the staff's pages show and say: the board's parts together, links into Temporal, and figures in words.

It asks nobody anything by itself but the board; what may be done is decided in the routes.
"""

import dataclasses
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from api.dependencies import Site
from api.staff import charts
from api.staff.charts import Bar, HourChart
from api.staff.judgement import spell
from api.staff.status import StatusBoard
from schema import ids
from schema.contracts.action import Action
from schema.contracts.job import JobStatus
from schema.contracts.status import Answering, FeedEntry, JobLine, Part, PartHealth, StatusOverview, Window
from schema.failures import FailureType
from schema.spelling import counted

_CODE = re.compile(r"`([^`]+)`")

_TITLES = {
    "database": "PostgreSQL",
    "temporal": "Temporal",
    "queue": "Queue",
    "outbox": "Outbox",
    "jobs": "Jobs",
    "work": "Success",
    "directories": "Directories",
    "workers": "Workers",
    "breakers": "Breakers",
    "actions": "Actions",
    "payments": "Payments",
    "mails": "Mails",
}

_OLD_S = 10.0
"""A figure that is older is told of with its age: its part is not looked at as it should be."""

_PLACES = {
    "jobs": "jobs",
    "work": "charts",
    "directories": "directories",
    "breakers": "directories",
    "workers": "workers",
    "actions": "actions",
    "payments": "payments",
}

_KINDS = {
    FailureType.CAPTCHA: "Captcha to answer",
    FailureType.CAPTCHA_ON_PAGE: "Captcha on its page",
    FailureType.CONFIRMATION_NEEDED: "Waits for a confirmation",
    FailureType.LOGIN_REQUIRED: "Wants an account",
    FailureType.PAYMENT_REQUIRED: "Asks for money",
    FailureType.PLAN_REJECTED: "Form not safe to fill",
    FailureType.PROFILE_INCOMPLETE: "Asks for more than we have",
    FailureType.OUTCOME_UNKNOWN: "Sent, outcome unknown",
}


@dataclasses.dataclass(frozen=True, slots=True)
class TemporalLinks:
    """Addresses in the Temporal Web UI."""

    site: Site

    def job(self, job_id: UUID) -> str:
        return self.workflow(ids.job_workflow_id(job_id))

    def workflow(self, workflow_id: str) -> str:
        return f"{self._namespace}/workflows/{quote(workflow_id, safe='')}"

    def children(self, job_id: UUID) -> str:
        """The job and all of its directories."""
        return self._found(f'JobId="{job_id}"')

    def directory(self, slug: str) -> str:
        """What ran for this directory, of whatever job."""
        return self._found(f'Directory="{slug}"')

    def bridge(self) -> str:
        return self.workflow(ids.bridge_workflow_id(1))

    def queue(self) -> str:
        """The task queue and who polls it."""
        return f"{self._namespace}/task-queues/{quote(self.site.temporal_task_queue, safe='')}"

    def home(self) -> str:
        return f"{self._namespace}/workflows"

    @property
    def _namespace(self) -> str:
        return f"{self.site.temporal_ui_url.rstrip('/')}/namespaces/{quote(self.site.temporal_namespace, safe='')}"

    def _found(self, query: str) -> str:
        return f"{self._namespace}/workflows?{urlencode({'query': query})}"


@dataclasses.dataclass(frozen=True, slots=True)
class Tile:
    """One part at a glance: its name, its most telling figure, and what is wrong with it, if anything."""

    name: str
    title: str
    health: PartHealth
    figure: str
    error: str
    old: str

    @property
    def place(self) -> str:
        """Where on the page there is more of it."""
        return _PLACES.get(self.name, f"tile-{self.name}")


@dataclasses.dataclass(frozen=True, slots=True)
class Desk:
    """Everything on the staff page."""

    now: StatusOverview
    tiles: tuple[Tile, ...]
    jobs: Part[tuple[JobLine, ...]]
    actions: Part[tuple[Action, ...]]
    feed: Part[tuple[FeedEntry, ...]]
    hours: HourChart
    failures: tuple[Bar, ...]
    window: Window

    @property
    def troubles(self) -> tuple[Tile, ...]:
        """What somebody should look at, the worst first."""
        found = [tile for tile in self.tiles if tile.health is not PartHealth.OK]
        return tuple(sorted(found, key=lambda tile: tile.health is not PartHealth.FAILED))


async def desk(board: StatusBoard, window: Window) -> Desk:
    """The page's figures, within two seconds, whatever is down."""
    for part in (board.live_jobs, board.open_actions, board.feed):
        part.begin()
    now = await board.overview()
    work = now.work.figure
    return Desk(
        now=now,
        tiles=tiles(now),
        jobs=await board.live_jobs.settled(),
        actions=await board.open_actions.settled(),
        feed=await board.feed.settled(),
        hours=charts.by_hour(work.hours if work else ()),
        failures=charts.by_failure(work.windows[window]) if work else (),
        window=window,
    )


def tiles(now: StatusOverview) -> tuple[Tile, ...]:
    """The parts of the overview in its own order."""
    return tuple(_tile(now, name, title) for name, title in _TITLES.items())


def _tile(now: StatusOverview, name: str, title: str) -> Tile:
    part: Part[Any] = getattr(now, name)
    figure = _FIGURES[name](part.figure) if part.figure is not None else "unknown"
    old = f"as of {spell(part.age_s)} ago" if part.age_s is not None and part.age_s > _OLD_S else ""
    return Tile(name, title, part.health, figure, part.error, old)


def share(rate: float | None) -> str:
    """A rate in percent; of nothing there is none. Not all is never told as all, nor something as nothing."""
    if rate is None:
        return "–"
    percent = round(100 * rate)
    if percent == 100 and rate < 1:
        percent = 99
    return f"{max(percent, 1) if rate > 0 else 0} %"


def ago(at: datetime) -> str:
    """How long ago: "12 min ago"."""
    seconds = (datetime.now(UTC) - at).total_seconds()
    return "just now" if seconds < 5 else f"{spell(seconds)} ago"


def until(at: datetime) -> str:
    """How far ahead, or how long over: "in 3 days", "2 h ago"."""
    seconds = (at - datetime.now(UTC)).total_seconds()
    return f"in {spell(seconds)}" if seconds > 0 else ago(at)


def seconds(length: float | None) -> str:
    return "–" if length is None else (f"{length:.1f} s" if length < 10 else spell(length))


def ticked(text: str) -> tuple[tuple[str, bool], ...]:
    """The text in pieces, each with whether it is a `command`."""
    return tuple((piece, number % 2 == 1) for number, piece in enumerate(_CODE.split(text)) if piece)


def kind(failure: FailureType) -> str:
    """What a person is asked for, in a few words."""
    return _KINDS.get(failure, failure.value.replace("_", " ").capitalize())


def _answer(figure: Answering) -> str:
    return f"{figure.answer_ms:.0f} ms"


_FIGURES: dict[str, Callable[[Any], str]] = {
    "database": _answer,
    "temporal": _answer,
    "queue": lambda figure: f"{figure.waiting} waiting, {figure.dead_letters} dead",
    "outbox": lambda figure: f"{figure.unsent} unsent",
    "jobs": lambda figure: (
        f"{figure.by_status[JobStatus.IN_PROGRESS]} running, {figure.by_status[JobStatus.PENDING]} pending"
    ),
    "work": lambda figure: f"{share(figure.windows[Window.DAY].success_rate)} in 24 h",
    "directories": lambda figure: f"{sum(one.in_trouble for one in figure)} of {len(figure)} in trouble",
    "workers": lambda figure: f"{figure.alive} alive" + (f", {figure.stale} silent" if figure.stale else ""),
    "breakers": lambda figure: f"{len(figure)} open",
    "actions": lambda figure: f"{figure.open} open" + (f", {figure.claimed} taken" if figure.claimed else ""),
    "payments": lambda figure: f"{figure.troubled} to look at" if figure.troubled else "no trouble",
    "mails": lambda figure: f"{figure.due} due",
}

WORDS = {
    "ago": ago,
    "until": until,
    "spell": spell,
    "share": share,
    "seconds": seconds,
    "ticked": ticked,
    "kind": kind,
    "counted": counted,
}
"""What the templates call by these names."""
