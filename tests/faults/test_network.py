"""The line breaks at every byte stage of the post: a click arrives once at most, and what is unknown is called so."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

import activities.browser.send
from activities.browser.gate import Deadline
from activities.browser.pool import BrowserPool
from schema.contracts.submission import Outcome, SubmissionStatus
from schema.failures import FailureType
from schema.store.database import Pool
from tests.activities.counter import Counter, browser_processes, counter_at
from tests.factories import PROFILE
from tests.faults.broken import BrokenSite, Stage, open_broken_site
from tests.patience import PATIENCE_S, eventually
from tests.processes import is_browser

_LONGER_THAN_CHROMIUM_WAITS_S = 0.7
_THE_SPARE_IS_THERE_S = 2.0
_NOTHING_ARRIVED = (Stage.BEFORE_CONNECT,)


@pytest.fixture
async def site() -> AsyncIterator[BrokenSite]:
    async with open_broken_site() as opened:
        yield opened


@pytest.fixture
async def counter(pool: Pool, chromium: BrowserPool, site: BrokenSite) -> Counter:
    return await counter_at(site, pool, chromium)


@pytest.mark.parametrize("stage", Stage)
async def test_a_post_that_is_cut_arrives_once_and_is_never_repeated(
    counter: Counter,
    site: BrokenSite,
    stage: Stage,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if stage is Stage.MID_ANSWER:
        # So long is waited for the rest of the page, too.
        monkeypatch.setattr(activities.browser.send, "_ANSWER_WITHIN_S", 6)
    else:
        request.getfixturevalue("short_patience")
    site.stage = stage
    outcome = await counter.plan_and_submit()
    if stage in _NOTHING_ARRIVED:
        assert (outcome.status, outcome.failure) == (SubmissionStatus.PLANNED, FailureType.DIRECTORY_UNREACHABLE)
        assert not outcome.may_be_sent
        assert site.arrivals == 0
        return
    if stage is Stage.MID_ANSWER:
        # Its first line said 200: that is what evidence by response means.
        assert (outcome.status, outcome.response_status) == (SubmissionStatus.SUBMITTED, 200)
    else:
        assert _is_uncertain(outcome), outcome
    assert await counter.submit() == outcome
    assert site.arrivals <= 1
    assert len(site.posts) <= 1


def _is_uncertain(outcome: Outcome) -> bool:
    return (outcome.status, outcome.failure, outcome.may_be_sent) == (
        SubmissionStatus.UNCERTAIN,
        FailureType.OUTCOME_UNKNOWN,
        True,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="makes a connect slow by the kernel's own queue")
async def test_a_post_never_takes_the_spare_connection_of_a_slow_connect(
    chromium: BrowserPool, site: BrokenSite
) -> None:
    """Chromium doubles a connect that takes long; the spare one counts as proven, and a post on it as repeatable."""
    site.stage = Stage.AFTER_BODY

    async def arrived() -> bool:
        return bool(site.posts)

    with full_house() as (listener, url):
        async with chromium.visit() as visit:
            visit.gate.confine(url, PROFILE)
            looking = asyncio.create_task(visit.page.goto(url))
            await asyncio.sleep(_LONGER_THAN_CHROMIUM_WAITS_S)
            async with await asyncio.start_server(site.serve, sock=listener, backlog=100):
                await looking
                await asyncio.sleep(_THE_SPARE_IS_THERE_S)
                visit.gate.open(Deadline.after(PATIENCE_S))
                await visit.page.evaluate("document.forms[0].submit()")
                await eventually(arrived)
                # A post that is repeated follows at once.
                await asyncio.sleep(_THE_SPARE_IS_THERE_S)
    assert site.arrivals == 1


@contextlib.contextmanager
def full_house() -> Iterator[tuple[socket.socket, str]]:
    """A listener whose queue is full, so that nobody else is let in until somebody serves; and its address."""
    with contextlib.ExitStack() as guests:
        listener = guests.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        listener.setblocking(False)
        for _ in range(4):
            guest = guests.enter_context(socket.socket())
            guest.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                guest.connect(listener.getsockname())
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}/"


async def test_what_playwright_turns_off_stays_off(chromium: BrowserPool) -> None:
    """Chromium heeds the last --disable-features alone, and that is ours."""
    browser = next(filter(is_browser, browser_processes()))
    switches = [word for word in browser.cmdline() if word.startswith("--disable-features=")]
    theirs, ours = (set(switch.partition("=")[2].split(",")) for switch in switches)
    assert theirs < ours
