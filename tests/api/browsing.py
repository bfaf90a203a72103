"""The application on a port of its own, and what is asked of every page that a person looks at."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any, Literal

import uvicorn
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Page

from api.dependencies import Services
from api.main import app
from deploy.local.ports import HOST


@contextlib.asynccontextmanager
async def live(services: Services, port: int = 0) -> AsyncIterator[str]:
    """The application with these services, its hub listening; yields its address."""
    state = dict(app.state._state)
    app.state.services = services
    # Streams never end by themselves, and nobody who is still there at the end is waited for.
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=0))
    try:
        with socket.create_server((HOST, port)) as listening:
            async with services.hub.running(services.pool, services.progress):
                running = asyncio.create_task(server.serve([listening]))
                async with asyncio.timeout(60):
                    while not (server.started and services.hub.listening):
                        await asyncio.sleep(0.01)
                try:
                    yield f"http://{HOST}:{listening.getsockname()[1]}"
                finally:
                    server.should_exit = True
                    await running
    finally:
        app.state._state.clear()
        app.state._state.update(state)


async def violations(page: Page) -> list[str]:
    """What axe-core has to say against the page, in the light and in the dark."""
    found = []
    # The page forbids scripts of others: axe comes as what the debugger runs.
    await page.evaluate(AXE_FILE_PATH.read_text())
    # In the dark nothing is otherwise but the colours.
    looks: tuple[tuple[Literal["light", "dark"], Any], ...] = (
        ("light", {}),
        ("dark", {"runOnly": ["color-contrast", "link-in-text-block"]}),
    )
    for scheme, rules in looks:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        result: dict[str, Any] = json.loads(await page.evaluate("rules => axe.run(rules).then(JSON.stringify)", rules))
        found += [
            f"{scheme}: {violation['id']} ({violation['impact']}): {node['html'][:150]} {node['failureSummary'][:200]}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]
    await page.emulate_media(color_scheme="light")
    return found


async def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
