"""Who was let in to look goes on looking while the database, which knows them, is away: else nobody of the staff would
see that it is.

For reading alone, for ten minutes after they were last known, by this process. Of what they showed, only the sha256 is
kept; the first word of the database that it holds no more ends it.
"""

import time
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException

from api.patience import within
from schema.contracts.access import Principal
from schema.secrets import digest
from schema.store.database import AWAY

_GRACE_S = 600.0
_PATIENCE_S = 1.0
_MOST = 1_000
"""As many are remembered; the one who came first is forgotten first."""


class Grace:
    """Those who were let in by the database within the last ten minutes."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Principal, float]] = {}

    async def admit(self, secret: str, demand: Coroutine[Any, Any, Principal]) -> Principal:
        """Whoever the database lets in; while it does not answer, whoever it has let in just before.

        Raises HTTPException as `demand` does, and 503 for who is not remembered.
        """
        key = digest(secret)
        try:
            who = await within(_PATIENCE_S, demand)
        except (*AWAY, TimeoutError):
            return self._remembered(key)
        except HTTPException:
            self._known.pop(key, None)
            raise
        self._known.pop(key, None)
        self._known[key] = who, time.monotonic()
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        return who

    def _remembered(self, key: bytes) -> Principal:
        who, at = self._known.get(key, (None, 0.0))
        if who is None or time.monotonic() - at > _GRACE_S:
            why = "The database does not answer, and without it nobody can be let in."
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, why, {"Retry-After": "5"})
        return who
