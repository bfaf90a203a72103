"""All hostile pages are tried in one browser, several at a time, before the first test asks for a verdict."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

import activities.browser.send
from activities.browser.pool import BrowserPool
from tests.brain.hostile.audit import Verdict, attempt
from tests.brain.hostile.origins import Origins, open_origins
from tests.brain.hostile.pages import ATTACKS
from tests.serving import LOOPBACK

_AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Trials:
    """The verdicts by the page's name, and what the servers have heard meanwhile."""

    verdicts: dict[str, Verdict]
    origins: Origins


@pytest.fixture(scope="module")
async def trials(request: pytest.FixtureRequest, browser_path: Path) -> AsyncIterator[Trials]:
    """Only the pages that the selected tests are about are tried."""
    wanted = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "trials" in item.fixturenames and hasattr(item, "callspec")
    ]
    with pytest.MonkeyPatch.context() as patch:
        # The servers are on this machine: what has not left or been said by now never will.
        patch.setattr(activities.browser.send, "_POST_LEAVES_WITHIN_S", 0.5)
        patch.setattr(activities.browser.send, "_PAGE_SPEAKS_WITHIN_S", 0.6)
        async with (
            open_origins(ATTACKS) as origins,
            BrowserPool(browser_path, _AT_A_TIME, "https://directorybolt.example/bot", LOOPBACK) as pool,
        ):
            yield Trials(await try_all(wanted, pool, origins), origins)


async def try_all(names: Collection[str], pool: BrowserPool, origins: Origins) -> dict[str, Verdict]:
    """The verdict on each page; how long each takes is counted from when it has its turn."""
    turns = asyncio.Semaphore(_AT_A_TIME)

    async def one(name: str) -> Verdict:
        async with turns:
            return await attempt(pool, origins, ATTACKS[name])

    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))
