"""When a part of the service is well, and what is said of it where it is not: pure functions, one sentence each."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from schema.contracts.alert import BreakerOpen
from schema.contracts.status import (
    ActionFigures,
    DirectoryStatus,
    JobFigures,
    MailFigures,
    OutboxFigures,
    PartHealth,
    PaymentFigures,
    QueueFigures,
    Window,
    WorkerFigures,
    WorkFigures,
)
from schema.spelling import counted

Judgement = tuple[PartHealth, str]

WELL: Judgement = (PartHealth.OK, "")

_UNSENT_S = 60.0
_UNMAILED_S = 15 * 60.0
"""So long may something lie before somebody should look: the relay sends within seconds, mails within minutes."""

_FEWEST = 20
_TOO_MANY = 0.5
"""As for the alert: fewer submissions within the hour say nothing about a rate."""

_LONG = 1_000
"""So many messages in the queue are more than the bridge takes away."""

_ORDER = (PartHealth.OK, PartHealth.DEGRADED, PartHealth.FAILED)


def worst(found: Iterable[PartHealth]) -> PartHealth:
    """The worst of them."""
    return max(found, key=_ORDER.index, default=PartHealth.OK)


def well(_: object) -> Judgement:
    return WELL


def queue(figures: QueueFigures) -> Judgement:
    if figures.dead_letters:
        holds = counted(figures.dead_letters, "message")
        return PartHealth.DEGRADED, f"The dead-letter queue holds {holds}: `directorybolt dlq list` says why."
    if figures.waiting > _LONG:
        return PartHealth.DEGRADED, f"The queue holds {counted(figures.waiting, 'message')}: does the bridge run?"
    return WELL


def outbox(figures: OutboxFigures) -> Judgement:
    if figures.in_vain:
        return PartHealth.DEGRADED, f"{counted(figures.in_vain, 'job')} paid and sent five times, and still not begun."
    if figures.oldest_s > _UNSENT_S:
        return PartHealth.DEGRADED, f"{counted(figures.unsent, 'message')} unsent, for {spell(figures.oldest_s)}."
    return WELL


def jobs(figures: JobFigures) -> Judgement:
    if figures.stopping:
        return PartHealth.OK, f"{counted(figures.stopping, 'job')} being stopped, for a refund or a dispute."
    return WELL


def work(figures: WorkFigures) -> Judgement:
    hour = figures.windows[Window.HOUR]
    tried = hour.succeeded + hour.failed
    if tried >= _FEWEST and hour.failed > _TOO_MANY * tried:
        return PartHealth.DEGRADED, f"{hour.failed} of {tried} submissions that ended within the last hour failed."
    return WELL


def directories(found: Sequence[DirectoryStatus]) -> Judgement:
    drifted = sum(bool(one.drift) for one in found)
    if drifted:
        have = counted(drifted, "directory has", "directories have")
        return PartHealth.DEGRADED, f"{have} another form than before, and nothing was taken since."
    return WELL


def workers(figures: WorkerFigures) -> Judgement:
    if not figures.alive:
        return PartHealth.FAILED, "No worker is running: nothing is submitted until one does."
    if figures.stale:
        return PartHealth.DEGRADED, f"{counted(figures.stale, 'worker')} silent for more than two minutes."
    return WELL


def breakers(found: Sequence[BreakerOpen]) -> Judgement:
    if found:
        waiting = sum(one.waiting for one in found)
        are = counted(len(found), "directory is", "directories are")
        return PartHealth.DEGRADED, f"{are} left alone after failing; {waiting} in line."
    return WELL


def actions(figures: ActionFigures) -> Judgement:
    if figures.overdue:
        return PartHealth.DEGRADED, f"{counted(figures.overdue, 'action')} past the deadline."
    return WELL


def payments(figures: PaymentFigures) -> Judgement:
    if figures.troubled:
        return PartHealth.DEGRADED, f"{counted(figures.troubled, 'payment')} to look at: `directorybolt payments list`."
    return WELL


def mails(figures: MailFigures) -> Judgement:
    if figures.given_up:
        return PartHealth.DEGRADED, f"{counted(figures.given_up, 'mail')} given up within seven days."
    if figures.oldest_due_s > _UNMAILED_S:
        return (
            PartHealth.DEGRADED,
            f"{counted(figures.due, 'mail')} due and not sent, for {spell(figures.oldest_due_s)}.",
        )
    return WELL


def spell(seconds: float) -> str:
    """A length of time as people say it: 40 s, 12 min, 3 h, 2 days."""
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= unit * (2 if unit == 86_400 else 1):
            return f"{round(seconds / unit)} {name}"
    return f"{round(timedelta(seconds=seconds).total_seconds())} s"
