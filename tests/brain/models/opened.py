"""The real clients, connected to local providers."""

import contextlib
from collections.abc import AsyncIterator

from brain.models.claude import Claude
from brain.models.gemini import Gemini
from brain.models.question import Model
from tests.brain.models.providers import ANTHROPIC, Dialect, Provider, Script, serving


@contextlib.asynccontextmanager
async def opened(dialect: Dialect, script: Script) -> AsyncIterator[tuple[Model, Provider]]:
    """A provider that answers by the script, and the real client of it."""
    async with serving(script) as provider:
        made: type[Claude] | type[Gemini] = Claude if dialect is ANTHROPIC else Gemini
        model = made("test-key", dialect.model, base_url=provider.url)
        try:
            yield model, provider
        finally:
            await model.aclose()
