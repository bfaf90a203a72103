"""How often each client has asked for what, counted in this process with a moving window.

What is counted together, and who a client is, say `api.middleware.rates`.
"""

import dataclasses
import math
import time

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_SWEEP_S = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Requests that are counted together."""

    name: str
    limits: tuple[RateLimitItem, ...]

    @classmethod
    def of(cls, name: str, limits: str) -> "Group":
        return cls(name, tuple(parse_many(limits)))


class _Counts(MemoryStorage):
    """As the library's, which looks through all its counts at every hit; this one does so every few seconds."""

    def __init__(self) -> None:
        self._swept = time.monotonic()
        super().__init__()

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802
        if time.monotonic() - self._swept > _SWEEP_S:
            self._swept = time.monotonic()
            self._MemoryStorage__expire_events()  # type: ignore[attr-defined]


class Rates:
    """The counts of one process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(_Counts())

    def hit(self, group: Group, client: str) -> RateLimitItem | None:
        """Count one request; answers the limit that it breaks, if it does."""
        return next((limit for limit in group.limits if not self._limiter.hit(limit, group.name, client)), None)

    def left(self, limit: RateLimitItem, group: Group, client: str) -> tuple[int, int]:
        """How many more requests are taken, and in how many seconds the oldest one is forgotten."""
        stats = self._limiter.get_window_stats(limit, group.name, client)
        return stats.remaining, max(1, math.ceil(stats.reset_time - time.time()))
