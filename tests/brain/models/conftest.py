"""Each test of a provider runs with every one of them."""

import pytest

from tests.brain.models.providers import ANTHROPIC, GOOGLE, Dialect


@pytest.fixture(params=[ANTHROPIC, GOOGLE], ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    made: Dialect = request.param
    return made
