"""The language models whose keys are set, in the order in which they are asked: Claude, then Gemini."""

import contextlib
from collections.abc import AsyncIterator

from brain.models.advisor import Advisor, Limits
from brain.models.question import Model
from deploy.runtime.settings import BrowserSettings


@contextlib.asynccontextmanager
async def advisor(settings: BrowserSettings) -> AsyncIterator[Advisor | None]:
    """Whoever is asked where the mapper is unsure; None without any key. Its connections end with the context."""
    models = _models(settings)
    made = Advisor(models, Limits(usd=settings.plan_budget_usd)) if models else None
    try:
        yield made
    finally:
        for model in models:
            await model.aclose()


def _models(settings: BrowserSettings) -> tuple[Model, ...]:
    """The SDKs take seconds to import: only what is used is."""
    models: list[Model] = []
    if settings.anthropic_api_key is not None:
        from brain.models.claude import Claude

        models.append(Claude(settings.anthropic_api_key.get_secret_value(), settings.anthropic_model))
    if settings.gemini_api_key is not None:
        from brain.models.gemini import Gemini

        models.append(Gemini(settings.gemini_api_key.get_secret_value(), settings.gemini_model))
    return tuple(models)
