"""The browser pool: pages are closed, slots are bounds, and no Chromium outlives whoever started it."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Route

from activities.browser import chromium, pool
from activities.browser.chromium import BrowserFailed
from activities.browser.gate import PostGate
from activities.browser.pool import BrowserPool
from deploy.local.process import is_running
from schema.failures import FailureType
from tests.activities.counter import browser_processes, kill_browser
from tests.patience import PATIENCE_S
from tests.processes import command_line
from tests.serving import LOOPBACK

BLANK = "data:text/html,<p>hello</p>"


@pytest.fixture
async def browser(browser_path: Path) -> AsyncIterator[BrowserPool]:
    async with BrowserPool(browser_path, 2, "https://directorybolt.example/bot", LOOPBACK) as opened:
        yield opened


def open_contexts(browser: BrowserPool) -> int:
    return sum(len(running.browser.contexts) for running in browser._running)


def pids(browser: BrowserPool) -> set[int]:
    return {running.pid for running in browser._running}


def alive(found: Iterable[int]) -> set[int]:
    return {process.pid for process in psutil.process_iter() if process.pid in set(found) and is_running(process)}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.05)


async def test_a_page_is_closed_however_the_visit_ends(browser: BrowserPool) -> None:
    async with browser.visit() as visit:
        await visit.page.goto(BLANK)
        assert open_contexts(browser) == 1
    with pytest.raises(ZeroDivisionError):
        async with browser.visit():
            raise ZeroDivisionError
    assert open_contexts(browser) == 0


async def test_a_page_is_closed_through_repeated_cancellation(browser: BrowserPool) -> None:
    inside = asyncio.Event()

    async def stay() -> None:
        async with browser.visit():
            inside.set()
            await asyncio.sleep(3600)

    task = asyncio.create_task(stay())
    await inside.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert open_contexts(browser) == 0
    assert [running.users for running in browser._running] == [0]


async def test_a_question_that_is_over_before_its_answer_disturbs_no_other_visit(browser: BrowserPool) -> None:
    """Playwright hands what a listener raises to whoever calls the same browser next."""
    async with browser.visit() as visit, browser.visit() as other:
        visit.page.on("dialog", PostGate().answer_dialog)
        for _ in range(3):
            await visit.page.evaluate("alert('answered twice')")
            assert await other.page.title() == ""


async def test_a_request_that_is_over_before_its_answer_disturbs_no_other_visit(browser: BrowserPool) -> None:
    async with browser.visit() as visit, browser.visit() as other:

        async def answer_twice(route: Route) -> None:
            await route.fulfill(body="")
            await PostGate()(route)

        await visit.page.context.route("**/*", answer_twice)
        for _ in range(3):
            await visit.page.goto("http://directory.example/")
            assert await other.page.title() == ""


async def test_slots_bound_how_many_pages_are_open(browser: BrowserPool) -> None:
    most = 0

    async def look() -> None:
        nonlocal most
        async with browser.visit() as visit:
            most = max(most, open_contexts(browser))
            await visit.page.goto(BLANK)

    await asyncio.gather(*(look() for _ in range(6)))
    assert most == 2


async def test_visits_share_no_cookies(browser: BrowserPool) -> None:
    async with browser.visit() as one, browser.visit() as other:
        await one.page.context.add_cookies([{"name": "sid", "value": "1", "url": "http://alpha.example"}])
        assert await other.page.context.cookies() == []


async def test_the_user_agent_says_who_we_are(browser: BrowserPool) -> None:
    async with browser.visit() as visit:
        agent = await visit.page.evaluate("navigator.userAgent")
    assert "DirectoryBolt" in agent
    assert "https://directorybolt.example/bot" in agent
    assert "Headless" not in agent


async def test_a_browser_is_replaced_after_its_share_and_closed_when_its_last_page_is(
    browser: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "_MOST_CONTEXTS", 2)
    async with browser.visit():
        for _ in range(2):
            async with browser.visit() as visit:
                await visit.page.goto(BLANK)
        both = pids(browser)
        assert len(alive(both)) == 2
    await until(lambda: len(alive(both)) == 1)


async def test_a_browser_that_died_is_replaced(browser: BrowserPool) -> None:
    async def visit_and_kill() -> None:
        async with browser.visit() as visit:
            kill_browser()
            await visit.page.goto(BLANK)

    with pytest.raises(BrowserFailed):
        await visit_and_kill()
    async with browser.visit() as visit:
        await visit.page.goto(BLANK)


async def test_a_driver_that_died_is_replaced_too(browser: BrowserPool) -> None:
    [driver] = [process for process in psutil.Process().children() if "run-driver" in command_line(process)]
    driver.kill()
    with pytest.raises(BrowserFailed):
        async with browser.visit() as visit:
            await visit.page.goto(BLANK)
    async with browser.visit() as visit:
        await visit.page.goto(BLANK)


async def test_a_browser_that_hangs_costs_seconds_and_not_a_slot(
    browser: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_CLOSES_WITHIN_S", 1)
    monkeypatch.setattr(chromium, "_ENDS_WITHIN_S", 1)
    hanging = pids(browser)

    async def visit_and_stop() -> None:
        async with browser.visit() as visit:
            visit.page.set_default_timeout(1_000)
            for process in browser_processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGSTOP)
            await visit.page.goto(BLANK)

    with pytest.raises(BrowserFailed):
        await visit_and_stop()
    async with asyncio.timeout(PATIENCE_S), browser.visit() as one, browser.visit() as other:
        await one.page.goto(BLANK)
        await other.page.goto(BLANK)
    await until(lambda: not alive(hanging))


async def test_a_browser_that_cannot_start_is_a_browser_failure() -> None:
    with pytest.raises(BrowserFailed) as failed:
        async with BrowserPool(Path("/bin/false"), 1, "x"):
            pass
    assert failed.value.failure is FailureType.BROWSER_FAILED


async def test_nothing_is_left_when_the_pool_is_closed(browser_path: Path) -> None:
    async with BrowserPool(browser_path, 1, "x", LOOPBACK) as browser, browser.visit() as visit:
        await visit.page.goto(BLANK)
        started = pids(browser) | {process.pid for process in browser_processes()}
        assert alive(started)
    await until(lambda: not alive(started))


_OWNER = """
import asyncio, pathlib, sys
from activities.browser.pool import BrowserPool
from deploy.local.process import is_running

async def main():
    async with BrowserPool(pathlib.Path(sys.argv[1]), 1, "x") as pool, pool.visit() as visit:
        print([running.pid for running in pool._running][0], flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


async def test_a_killed_worker_leaves_no_chromium_behind(browser_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OWNER, str(browser_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    left = {int(await owner.stdout.readline())}
    assert alive(left)
    owner.kill()
    await owner.wait()
    await until(lambda: not alive(left))
