"""`directorybolt dlq` on a real SQS: a poisoned queue is explained and redriven by hand."""

from typing import Any

import pytest

from deploy.runtime.aws import sqs_client
from deploy.runtime.settings import Settings
from schema.store.database import Pool
from tests.cli.conftest import Command
from tests.factories import add_job
from tests.serving import NOWHERE

NO_MESSAGE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def queued(nowhere: Command, settings: Settings) -> Command:
    """The command with this test's database and queues."""
    named = {name.upper(): value for name, value in settings.model_dump(exclude_none=True).items()}
    needed = ("DATABASE_URL", "SQS_QUEUE_NAME", "AWS_REGION", "AWS_ENDPOINT_URL_SQS")
    nowhere.environment.update({name: str(named[name]) for name in needed})
    for name in ("DATABASE_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        nowhere.environment[name] = named[name].get_secret_value()
    return nowhere


def bury(settings: Settings, body: str) -> str:
    sqs = sqs_client(settings)
    url = sqs.get_queue_url(QueueName=settings.dead_letter_queue_name)["QueueUrl"]
    return sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"]


async def test_a_poisoned_queue_is_listed_shown_and_redriven(queued: Command, settings: Settings, pool: Pool) -> None:
    job_id = await add_job(pool, ["alpha"])
    body = await pool.fetchval("select message::text from outbox")
    good, bad = bury(settings, body), bury(settings, '{"job_id": "[red]\u202e"}')
    listed = queued("dlq", "list", "--json").json
    assert {letter["message_id"]: letter["rejected"] != "" for letter in listed} == {good: False, bad: True}
    assert "body" not in listed[0]
    table = queued("dlq", "list")
    assert (table.code, good in table.out, "rejected again" in " ".join(table.out.split())) == (0, True, True)
    shown = queued("dlq", "show", bad)
    assert shown.code == 0
    assert '{"job_id": "[red]\\u202e"}' in shown.out
    dry: Any = {
        result["message_id"]: result["became"]
        for result in queued("dlq", "redrive", "--all", "--dry-run", "--json").json
    }
    assert dry == {good: "would_be_sent", bad: "refused"}
    ran = queued("dlq", "redrive", "--all")
    assert (ran.code, bad in ran.out, "1 sent, 1 refused" in ran.err) == (0, True, True)
    assert queued("dlq", "redrive", bad).code == 2
    assert queued("dlq", "redrive", bad, "--force").code == 0
    assert queued("dlq", "list").err.strip() == "The dead-letter queue is empty."
    assert await pool.fetchval("select count(*) from queue_history where event = 'dlq_redriven'") == 2
    assert job_id == await pool.fetchval("select job_id from queue_history where event = 'dlq_redriven' order by seq")


async def test_what_cannot_be_done_is_one_sentence(queued: Command) -> None:
    assert queued("dlq", "redrive").failed(2, "--all")
    assert queued("dlq", "redrive", NO_MESSAGE, "--all").failed(2, "--all")
    assert queued("dlq", "show", NO_MESSAGE).failed(2, NO_MESSAGE, "dlq list")
    missing = queued("dlq", "redrive", NO_MESSAGE)
    assert (missing.code, NO_MESSAGE in missing.err) == (2, True)
    assert queued("dlq", "list", SQS_QUEUE_NAME="other").failed(1, "other-dlq", "SQS_QUEUE_NAME")
    assert queued("dlq", "list", AWS_ENDPOINT_URL_SQS=f"http://{NOWHERE}").failed(1, "AWS_ENDPOINT_URL_SQS")
