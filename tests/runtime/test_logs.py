"""Logs: one JSON line per event, and a sentence where a sentence says it all."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from temporalio.exceptions import ApplicationError

from deploy.runtime.logs import configure_logs

ACTIVITIES = logging.getLogger("temporalio.activity")


@pytest.fixture(autouse=True)
def as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, filters = root.handlers, root.level, list(ACTIVITIES.filters)
    configured = structlog.get_config()
    yield
    root.handlers, ACTIVITIES.filters = handlers, filters
    root.setLevel(level)
    structlog.configure(**configured)


def test_an_activity_that_failed_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    try:
        raise ApplicationError("ConnectionRefusedError: Connect call failed", type="store_unavailable")
    except ApplicationError:
        # As the SDK does.
        ACTIVITIES.warning("Completing activity as failed", exc_info=True)
    said = json.loads(capsys.readouterr().err)
    assert (said["failure"], said["reason"]) == (
        "store_unavailable",
        "ConnectionRefusedError: Connect call failed",
    )
    assert "exception" not in said
