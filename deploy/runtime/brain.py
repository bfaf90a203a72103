"""The brain's service with its eye: `uvicorn --factory deploy.runtime.brain:app`."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from activities.browser.eye import PageEye
from activities.browser.pool import BrowserPool
from activities.egress.reach import Reach
from brain.service import Faculties, create_app
from deploy.runtime.browser_path import find_browser
from deploy.runtime.logs import configure_logs
from deploy.runtime.models import advisor
from deploy.runtime.settings import BrainSettings, load_brain_settings


def app() -> FastAPI:
    """The application of this process's settings. Raises SettingsError."""
    settings = load_brain_settings()
    configure_logs(settings.log_level)
    return brain_app(settings)


def brain_app(settings: BrainSettings) -> FastAPI:
    """The application; its browser starts and ends with it."""
    token = settings.brain_token.get_secret_value() if settings.brain_token else ""
    return create_app(lambda: _awake(settings), token)


@contextlib.asynccontextmanager
async def _awake(settings: BrainSettings) -> AsyncIterator[Faculties]:
    reach = Reach(settings.private_networks)
    async with (
        BrowserPool(
            find_browser(settings.browser_path), settings.browser_slots, settings.user_agent_contact, reach
        ) as pool,
        advisor(settings) as models,
    ):
        yield Faculties(PageEye(pool, reach), models)
