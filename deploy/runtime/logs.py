"""Logs: one JSON line per event on standard error, the standard library's loggers included."""

import logging
import sys
from typing import Any

import structlog
from asgi_correlation_id import correlation_id
from temporalio.exceptions import ApplicationError


def configure_logs(level: str) -> None:
    """`level` is a name of the logging module, e.g. "INFO"."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("temporalio.activity").addFilter(_in_a_sentence)
    for noisy in ("botocore", "urllib3", "httpx", "httpx2", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _in_a_sentence(record: logging.LogRecord) -> bool:
    """That an activity has failed, without the way through the SDK; what is of use of it `activities.boundary` logs."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ApplicationError):
        record.exc_info = None
        record.__dict__ |= {"failure": error.type, "reason": error.message}
    return True


def name_request(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What is said while a request is answered names that request."""
    if request_id := correlation_id.get():
        event["request_id"] = request_id
    return event
