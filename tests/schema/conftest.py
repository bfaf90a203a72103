"""A ledger whose clock stands still, for what depends on how much time has passed, or on the day."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from schema.store.database import Pool
from tests.simulation.clock import Clock, open_simulated

_NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
async def still(database_url: str) -> AsyncIterator[Pool]:
    """A pool to which it is always the same noon, however slow the machine and whatever the hour."""
    async with await open_simulated(database_url) as opened:
        await Clock(opened).reach(_NOON)
        yield opened
