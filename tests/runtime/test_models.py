"""Which models are wired, and that nobody pays for one without its key."""

import subprocess
import sys

import pytest

from brain.models.claude import Claude
from brain.models.gemini import Gemini
from deploy.runtime.models import advisor
from deploy.runtime.settings import BrowserSettings


def settings(**keys: str) -> BrowserSettings:
    none = {"anthropic_api_key": None, "gemini_api_key": None}
    return BrowserSettings.model_validate({**none, **keys})


async def test_without_a_key_there_is_nobody_to_ask() -> None:
    async with advisor(settings()) as nobody:
        assert nobody is None


async def test_claude_is_asked_before_gemini() -> None:
    async with advisor(settings(gemini_api_key="g", anthropic_api_key="a")) as both:
        assert both is not None
        assert [type(model) for model in both.models] == [Claude, Gemini]
        assert [model.name for model in both.models] == ["claude-haiku-5-5", "gemini-3.8-flash"]


@pytest.mark.parametrize(("name", "kind"), [("anthropic_api_key", Claude), ("gemini_api_key", Gemini)])
async def test_one_key_is_enough(name: str, kind: type[Claude] | type[Gemini]) -> None:
    async with advisor(settings(**{name: "k"})) as one:
        assert one is not None
        assert [type(model) for model in one.models] == [kind]


async def test_the_budget_is_the_settings() -> None:
    configured = settings(anthropic_api_key="a").model_copy(update={"plan_budget_usd": 0.5})
    async with advisor(configured) as one:
        assert one is not None
        assert one.limits.usd == 0.5


def test_a_worker_without_keys_imports_no_sdk() -> None:
    code = "import sys, deploy.runtime.wiring; sys.exit({'anthropic', 'google.genai'} & set(sys.modules) != set())"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=240).returncode == 0
