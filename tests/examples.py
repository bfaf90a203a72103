"""Hypothesis tries the same examples in every run, whatever else has run before: what fails is the code."""

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

_NONE = providers._local_constants


def _no_constants() -> Constants:
    """Otherwise those of every module are drawn too that happens to be imported by then."""
    return _NONE


providers._get_local_constants = _no_constants

EVERY = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
