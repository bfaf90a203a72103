"""What leaves an activity when it fails: a known type, one bounded sentence, and nothing of a customer."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import botocore.exceptions
import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.boundary import ActivityFailure, boundary, heartbeating, scrub
from schema.failures import FailureType
from tests.patience import PATIENCE_S

CREDENTIALS = "postgresql://app:s3cr$t@127.0.0.1:5432/app"


def failing(error: BaseException, default: FailureType = FailureType.INTERNAL) -> ApplicationError:
    """How the error of an activity's body leaves it."""

    def body() -> None:
        with boundary(default):
            raise error

    with pytest.raises(ApplicationError) as caught:
        ActivityEnvironment().run(body)
    return caught.value


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("maya@bluebird.example was refused", ["maya", "bluebird"]),
        ("to: Maya.O+x@mail.bluebird-bakery.example", ["Maya", "bluebird"]),
        ("phone +1 (512) 555-0147 is invalid", ["512", "555", "0147"]),
        ("phone (512) 555-0147 is invalid", ["512", "555", "0147"]),
        ("phone 512.555.0147 is invalid", ["512", "555", "0147"]),
        ("phone +49 30/901820 is invalid", ["30", "901820"]),
        ("GET https://site.example/add?name=Bluebird&phone=5125550147 failed", ["Bluebird", "name="]),
        ("GET https://user:pass@site.example/add failed", ["user", "pass"]),
        (f"cannot connect to {CREDENTIALS}", ["app:", "s3cr", "$t"]),
        ("cannot connect to postgresql://app:p@ss@db/app", ["p@", "ss@"]),
    ],
)
def test_nothing_of_a_customer_or_a_password_is_left(text: str, secrets: list[str]) -> None:
    scrubbed = scrub(text)
    assert [secret for secret in secrets if secret in scrubbed] == []


def test_what_helps_to_find_the_cause_is_left() -> None:
    text = f"Job {uuid4()} met HTTP 503 at https://site.example/add-listing after 12000 ms"
    assert scrub(text) == text


def test_ids_made_of_digits_are_no_phone_numbers() -> None:
    text = "There is no job 11111111-1111-4111-8111-111111111111."
    assert scrub(text) == text


def test_a_long_text_is_cut() -> None:
    assert len(scrub("x" * 5000)) == 300
    assert scrub("x" * 5000).endswith("…")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ActivityFailure(FailureType.DIRECTORY_BUSY, "HTTP 429"), FailureType.DIRECTORY_BUSY),
        (asyncpg.UndefinedTableError("jobs"), FailureType.STORE_UNAVAILABLE),
        (asyncpg.InterfaceError("the pool is closed"), FailureType.STORE_UNAVAILABLE),
        (ConnectionRefusedError(), FailureType.STORE_UNAVAILABLE),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="http://x"), FailureType.QUEUE_UNAVAILABLE),
        (KeyError("phone"), FailureType.BROWSER_FAILED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_exception_gets_a_known_type(error: Exception, failure: FailureType) -> None:
    left = failing(error, default=FailureType.BROWSER_FAILED)
    assert left.type == failure
    assert len(left.message) <= 300


@pytest.mark.parametrize(("failure", "final"), [(FailureType.INVALID_INPUT, True), (FailureType.DIRECTORY_BUSY, False)])
def test_only_what_meets_the_same_wall_is_never_retried(failure: FailureType, final: bool) -> None:
    assert failing(ActivityFailure(failure, "no")).non_retryable is final


def test_the_directory_says_when_to_come_back() -> None:
    busy = ActivityFailure(FailureType.DIRECTORY_BUSY, "HTTP 429", retry_after=timedelta(seconds=90))
    assert failing(busy).next_retry_delay == timedelta(seconds=90)


def test_no_cause_travels_with_the_failure() -> None:
    left = failing(ValueError(f"maya@bluebird.example at {CREDENTIALS}"))
    assert left.__cause__ is None
    travelling = Failure()
    converter = DataConverter.default
    converter.failure_converter.to_failure(left, converter.payload_converter, travelling)
    assert not travelling.HasField("cause")
    assert [secret for secret in ("maya", "s3cr") if secret in str(travelling)] == []


@pytest.mark.parametrize(
    ("error", "traced"),
    [
        (ActivityFailure(FailureType.DIRECTORY_BUSY, "HTTP 429"), False),
        (asyncpg.TooManyConnectionsError("sorry, too many clients already"), False),
        (asyncpg.UndefinedColumnError("jobs.colour"), True),
        (FileNotFoundError("weights"), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_to_be_expected_is_logged_without_a_traceback(
    error: Exception, traced: bool, caplog: pytest.LogCaptureFixture
) -> None:
    default = FailureType.STORE_UNAVAILABLE if isinstance(error, asyncpg.PostgresError) else FailureType.INTERNAL
    failing(error, default)
    assert bool(caplog.records) is traced


def test_an_application_error_passes_as_it_is() -> None:
    error = ApplicationError("said already", type=FailureType.REFUSED)
    assert failing(error) is error


async def test_a_long_activity_heartbeats_until_it_ends_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.boundary._HEARTBEAT_S", 0.01)
    beats: list[tuple[object, ...]] = []
    enough = asyncio.Event()
    environment = ActivityEnvironment()

    def beat(*details: object) -> None:
        beats.append(details)
        if len(beats) == 3:
            enough.set()

    environment.on_heartbeat = beat

    async def work() -> int:
        async with heartbeating():
            await asyncio.wait_for(enough.wait(), PATIENCE_S)
        return len(beats)

    at_its_end = await environment.run(work)
    await asyncio.sleep(0.05)
    assert 3 <= at_its_end == len(beats)
