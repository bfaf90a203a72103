"""The street's forms, observed once for all tests that want real forms and need no browser."""

from pathlib import Path

import pytest

from tests.brain.recorded import Street, record_street


@pytest.fixture(scope="session")
async def street(browser_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Street:
    return await record_street(browser_path, tmp_path_factory.mktemp("street"))
