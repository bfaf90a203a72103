"""The story of a run, drawn from its seed before anything starts: who orders what, what breaks, and when.

A schedule and no more: what the faults lead to depends on the machine. It is the same story for the same numbers.
"""

import random
from enum import StrEnum

from schema.contracts.base import Contract

SITES = (
    "sunny-pages",
    "hello-nearby",
    "townsquare-index",
    "metro-yellow",
    "trusted-trades",
    "chamber-roll",
    "accessible-business-index",
    "greenfield-guide",
    "main-street-finder",
    "three-step-towns",
    "cityblox",
    "webcrafted-guide",
    "verified-vendors",
    "old-mill-directory",
    "inbox-listings",
    "everybody-listed",
    "silent-oak-directory",
)
"""Plain and scripted, quick and slow, wizard and session; and those that need a person or answer in riddles."""

_SITES_OF_A_JOB = 8
_SAME_BUSINESS = 0.3
_MEAN_GAP_S = 5.0
_CALM_S = 8.0
"""From the start until the first fault: something must be under way."""

_ORDERS_WITHIN = 0.95
"""Of the time that has faults: the last order still meets some."""


class Fault(StrEnum):
    """What may break. Each ends by itself after a while; what was killed is started again, as in production."""

    WORKER_KILLED = "worker killed"
    WORKER_FROZEN = "worker frozen"
    BROWSER_KILLED = "browser killed"
    PAGE_CRASHED = "page crashed"
    BACKENDS_TERMINATED = "database sessions ended"
    POSTGRES_KILLED = "PostgreSQL killed"
    POSTGRES_RESTARTED = "PostgreSQL restarted"
    TEMPORAL_KILLED = "Temporal killed"
    TEMPORAL_RESTARTED = "Temporal restarted"
    SQS_KILLED = "SQS and S3 killed"
    SQS_RESTARTED = "SQS and S3 restarted"
    CONNECTIONS_CUT = "connections cut"


_AT_A_WORKER = frozenset({Fault.WORKER_KILLED, Fault.WORKER_FROZEN, Fault.BROWSER_KILLED, Fault.PAGE_CRASHED})
_PLACE = {
    Fault.BACKENDS_TERMINATED: "postgresql",
    Fault.POSTGRES_KILLED: "postgresql",
    Fault.POSTGRES_RESTARTED: "postgresql",
    Fault.TEMPORAL_KILLED: "temporal",
    Fault.TEMPORAL_RESTARTED: "temporal",
    Fault.SQS_KILLED: "sqs and s3",
    Fault.SQS_RESTARTED: "sqs and s3",
    Fault.CONNECTIONS_CUT: "network",
}
_WEIGHT = {
    Fault.WORKER_KILLED: 6,
    Fault.WORKER_FROZEN: 2,
    Fault.BROWSER_KILLED: 4,
    Fault.PAGE_CRASHED: 3,
    Fault.BACKENDS_TERMINATED: 4,
    Fault.POSTGRES_KILLED: 2,
    Fault.POSTGRES_RESTARTED: 1,
    Fault.TEMPORAL_KILLED: 1,
    Fault.TEMPORAL_RESTARTED: 1,
    Fault.SQS_KILLED: 1,
    Fault.SQS_RESTARTED: 1,
    Fault.CONNECTIONS_CUT: 4,
}
_SHORT_S = (0.5, 4.0)
_LASTS_S = {
    Fault.CONNECTIONS_CUT: (2.0, 8.0),
    # Longer than a heartbeat timeout (20 s), so that another worker has taken over when this one wakes up.
    Fault.WORKER_FROZEN: (22.0, 40.0),
}
_MOMENT = frozenset(
    {
        Fault.BROWSER_KILLED,
        Fault.PAGE_CRASHED,
        Fault.BACKENDS_TERMINATED,
        Fault.POSTGRES_RESTARTED,
        Fault.TEMPORAL_RESTARTED,
        Fault.SQS_RESTARTED,
    }
)
_DEEP_SLEEP = 0.25
_DEEP_SLEEP_S = (95.0, 120.0)
"""Now and then a worker sleeps until its attempt must be over and the row has been decided without it."""


class Trouble(Contract):
    """One fault: `at_s` after the start it begins at `place`, and lasts so long. `dice` seeds its own choices.

    What was killed or restarted is away a little longer: until it has started again.
    """

    at_s: float
    fault: Fault
    place: str
    lasts_s: float
    dice: int


class Purchase(Contract):
    """One paid job. Two of the same `business` must not list it twice."""

    at_s: float
    business: int
    slugs: tuple[str, ...]


class Story(Contract):
    """Everything that a run is told. Times are seconds."""

    seed: int
    workers: tuple[str, ...]
    purchases: tuple[Purchase, ...]
    troubles: tuple[Trouble, ...]


def draw(seed: int, jobs: int, kills: int, workers: tuple[str, ...]) -> Story:
    """The story of a seed."""
    dice = random.Random(seed)
    troubles = tuple(_troubles(dice, kills, workers))
    end = max((trouble.at_s for trouble in troubles), default=_CALM_S)
    return Story(seed=seed, workers=workers, purchases=tuple(_purchases(dice, jobs, end)), troubles=troubles)


def _troubles(dice: random.Random, kills: int, workers: tuple[str, ...]) -> list[Trouble]:
    free_from: dict[str, float] = {}
    made: list[Trouble] = []
    at = _CALM_S
    while len(made) < kills:
        fault = dice.choices(list(_WEIGHT), list(_WEIGHT.values()))[0]
        place = dice.choice(workers) if fault in _AT_A_WORKER else _PLACE[fault]
        lasts = 0.0 if fault in _MOMENT else dice.uniform(*_LASTS_S.get(fault, _SHORT_S))
        if fault is Fault.WORKER_FROZEN and dice.random() < _DEEP_SLEEP:
            lasts = dice.uniform(*_DEEP_SLEEP_S)
        # One thing breaks in one place at a time; different places break together.
        if free_from.get(place, 0.0) > at:
            at += 0.5
            continue
        free_from[place] = at + lasts + 1
        made.append(
            Trouble(at_s=round(at, 2), fault=fault, place=place, lasts_s=round(lasts, 2), dice=dice.getrandbits(32))
        )
        at += dice.expovariate(1 / _MEAN_GAP_S)
    return made


def _purchases(dice: random.Random, jobs: int, end: float) -> list[Purchase]:
    made: list[Purchase] = []
    businesses = 0
    for at in sorted([0.0, *(dice.uniform(0, end * _ORDERS_WITHIN) for _ in range(jobs - 1))]):
        if made and dice.random() < _SAME_BUSINESS:
            before = dice.choice(made)
            slugs, business = before.slugs, before.business
        else:
            businesses += 1
            slugs, business = tuple(dice.sample(SITES, _SITES_OF_A_JOB)), businesses
        made.append(Purchase(at_s=round(at, 2), business=business, slugs=slugs))
    return made
