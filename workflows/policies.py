"""How each activity is called: its timeouts, its retries, what one retry costs, and how a cancellation is heard."""

import asyncio
from datetime import timedelta
from typing import TypedDict

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from schema.failures import NOT_RETRYABLE

_NEVER = [failure.value for failure in NOT_RETRYABLE]

BROWSER_QUEUE_SUFFIX = "-browser"
"""Activities that hold a browser page have a task queue of their own, so that its slots are the browser's."""


class Policy(TypedDict, total=False):
    """The options of `workflow.execute_activity_method` that are decided here."""

    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


# A retry costs one query. Without end: while the database is down a job waits, it does not fail.
LEDGER = Policy(
    start_to_close_timeout=timedelta(seconds=15),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500),
        maximum_interval=timedelta(seconds=30),
        non_retryable_error_types=_NEVER,
    ),
    # A transaction under way ends before the workflow goes on: what is written next must find what it wrote.
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)

_VISIT_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=3,
    maximum_interval=timedelta(minutes=5),
    maximum_attempts=6,
    non_retryable_error_types=_NEVER,
)

# A retry costs one visit of the directory that sends nothing. A directory that is out of order is no reason for one:
# the workflow asks for its next turn instead.
PLAN = Policy(
    start_to_close_timeout=timedelta(seconds=120),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=_VISIT_RETRY,
    # The browser's page is closed before the workflow goes on.
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)

# Before the intent a retry costs one visit; after it a retry never clicks, it only reads the ledger.
SUBMIT = Policy(
    # Long enough for a person to answer a captcha on the open page.
    start_to_close_timeout=timedelta(minutes=8),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=_VISIT_RETRY,
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)

# A retry costs one visit that only reads. Few: a person is asked anyway.
LOOK_UP = Policy(
    start_to_close_timeout=timedelta(seconds=120),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_attempts=3, non_retryable_error_types=_NEVER
    ),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)

# A retry costs one more print. Few: whoever waits for it has another way.
PRINT = Policy(
    start_to_close_timeout=timedelta(minutes=2),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_attempts=3, non_retryable_error_types=_NEVER
    ),
)

# A retry costs one receive; a message that was in hand comes back after its visibility timeout.
SHIFT = Policy(
    start_to_close_timeout=timedelta(minutes=20),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
)

# A retry costs one more look at everything; few, because the next pass looks again.
UPKEEP = Policy(
    start_to_close_timeout=timedelta(hours=1),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_attempts=3, non_retryable_error_types=_NEVER
    ),
)

# A retry costs one more look; a channel is told once all the same.
ALERT = Policy(
    start_to_close_timeout=timedelta(minutes=1),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_attempts=3, non_retryable_error_types=_NEVER
    ),
)


def heed_cancellation() -> None:
    """Raise a cancellation that came while a signal or an activity was ending in good order.

    The SDK raises it once, into what is awaited at that moment; whoever succeeds all the same has swallowed it.
    """
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError
