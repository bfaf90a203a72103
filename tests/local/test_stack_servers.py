"""The real servers of the embedded stack: where they listen, and what they keep."""

import contextlib
import os
import signal
import socket
import stat
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from deploy.local.parts import Piece, StackPlan, plan_stack
from deploy.local.postgres import open_cluster
from deploy.local.queues import ensure_bucket, ensure_queues
from deploy.local.stack import Stack
from deploy.runtime.artifacts import store
from deploy.runtime.aws import s3_client, sqs_client
from deploy.runtime.settings import Settings
from tests.patience import PATIENCE_S
from tests.stacks import NOTHING_CONFIGURED, quiet

DAY = 86_400


def plan(folder: Path, *pieces: Piece) -> StackPlan:
    return plan_stack(folder, frozenset(pieces), NOTHING_CONFIGURED, usual_ports=False)


def test_a_taken_port_is_replaced(folder: Path) -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # Taken by somebody else is as good.
            busy.bind(("127.0.0.1", 4566))
            busy.listen()
        chosen = plan_stack(folder, {Piece.AWS}, NOTHING_CONFIGURED).environment.values["AWS_ENDPOINT_URL_SQS"]
    assert chosen != "http://127.0.0.1:4566"


def test_a_configured_database_is_used_instead_of_one_of_ours(folder: Path) -> None:
    theirs = NOTHING_CONFIGURED.model_copy(update={"database_url": "postgresql://elsewhere/db"})
    decided = plan_stack(folder, {Piece.POSTGRES}, type(theirs).model_validate(theirs.model_dump()))
    assert decided.waves == ()
    assert decided.environment.values["DATABASE_URL"] == "postgresql://elsewhere/db"


async def test_postgresql_survives_sigkill(folder: Path) -> None:
    decided = plan(folder, Piece.POSTGRES)
    url = decided.environment.values["DATABASE_URL"]
    async with Stack(folder, decided, quiet()) as stack:
        connection = await asyncpg.connect(url)
        await connection.execute("create table kept (word text)")
        await connection.execute("insert into kept values ('committed')")
        os.kill(stack.pid(Piece.POSTGRES), signal.SIGKILL)
        assert "SIGKILL" in str(await stack.trouble())
        stale = open_cluster(folder / "data").data / "postmaster.pid"
        stale.write_text(f"{os.getpid()}\n{stale.parent}\n")
        await stack.restart(Piece.POSTGRES)
        again = await asyncpg.connect(url)
        assert await again.fetchval("select word from kept") == "committed"
        await again.close()
        connection.terminate()


async def test_postgresql_wants_its_password_and_keeps_it_to_itself(postgres: Stack, test_folder: Path) -> None:
    url = postgres.environment.values["DATABASE_URL"]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url, password="guessed")
    cluster = open_cluster(test_folder / "postgres" / "data")
    assert cluster.password in url
    assert stat.S_IMODE((cluster.folder / "password").stat().st_mode) == 0o600
    assert cluster.programs.exists()


async def test_messages_and_objects_survive_a_restart(folder: Path) -> None:
    pieces = (Piece.POSTGRES, Piece.AWS, Piece.QUEUES)
    decided = plan(folder, *pieces)
    async with Stack(folder, decided, quiet()):
        settings = decided.environment.settings()
        urls = ensure_queues(settings)
        sqs_client(settings).send_message(QueueUrl=urls.jobs, MessageBody="paid")
        s3_client(settings).put_object(Bucket=settings.artifact_bucket, Key="proof/1.png", Body=b"pixels")
    decided = plan(folder, *pieces)
    async with Stack(folder, decided, quiet()):
        settings = decided.environment.settings()
        received = sqs_client(settings).receive_message(QueueUrl=ensure_queues(settings).jobs, WaitTimeSeconds=1)
        stored = s3_client(settings).get_object(Bucket=settings.artifact_bucket, Key="proof/1.png")
        assert [message["Body"] for message in received["Messages"]] == ["paid"]
        assert stored["Body"].read() == b"pixels"


async def test_a_signed_link_shows_an_object_to_whoever_has_it(settings: Settings) -> None:
    ensure_bucket(settings)
    artifacts = store(settings)
    await artifacts.put("proof/linked.png", b"pixels")
    link = artifacts.link("proof/linked.png", timedelta(minutes=1))
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        shown = await client.get(link)
        forged = await client.get(link.replace("linked.png", "other.png"))
    assert (shown.status_code, shown.content) == (200, b"pixels")
    assert forged.status_code == 403


def test_queues_are_as_in_production(settings: Settings) -> None:
    sqs = sqs_client(settings)
    urls = ensure_queues(settings)
    jobs = sqs.get_queue_attributes(QueueUrl=urls.jobs, AttributeNames=["All"])["Attributes"]
    dead_letter = sqs.get_queue_attributes(QueueUrl=urls.dead_letter, AttributeNames=["All"])["Attributes"]
    assert (jobs["VisibilityTimeout"], jobs["MessageRetentionPeriod"]) == ("600", str(DAY))
    assert '"maxReceiveCount": "3"' in jobs["RedrivePolicy"]
    assert dead_letter["QueueArn"] in jobs["RedrivePolicy"]
    assert dead_letter["MessageRetentionPeriod"] == str(14 * DAY)


async def test_temporal_is_as_its_file_says(temporal: Stack) -> None:
    values = temporal.environment.values
    namespace = values["TEMPORAL_NAMESPACE"]
    client = await Client.connect(values["TEMPORAL_ADDRESS"], namespace=namespace)
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    attributes = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=30)
    assert {"JobId", "CustomerId", "Tier", "Directory", "Outcome"} <= set(attributes.custom_attributes)
