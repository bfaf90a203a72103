"""A folder for one stack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stacks import discard


@pytest.fixture
def folder(test_folder: Path) -> Iterator[Path]:
    path = test_folder / "stack"
    yield path
    discard(path)
