"""The application on a port of its own, and what is asked of every page that a person looks at."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Page

from api.dependencies import Services
from api.main import app
from deploy.local.ports import free_port


@contextlib.asynccontextmanager
async def live(services: Services, port: int | None = None) -> AsyncIterator[str]:
    """The application with these services, its hub listening; yields its address."""
    port = port or free_port(0, set())
    state = dict(app.state._state)
    app.state.services = services
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    )
    try:
        async with services.hub.running(services.pool, services.progress):
            running = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                server.should_exit = True
                await running
    finally:
        app.state._state.clear()
        app.state._state.update(state)


async def violations(page: Page) -> list[str]:
    """What axe-core has to say against the page, in the light and in the dark."""
    found = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        # The page forbids scripts of others: axe comes as what the debugger runs.
        await page.evaluate(AXE_FILE_PATH.read_text())
        result: dict[str, Any] = json.loads(await page.evaluate("axe.run().then(JSON.stringify)"))
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
