"""The artifact store is down or full when there is something to prove: the proof waits in the database, and arrives."""

import asyncio
from typing import Any
from uuid import uuid4

import botocore.exceptions
import pytest
from temporalio.testing import ActivityEnvironment

import activities.artifacts
from activities.artifacts import ArtifactStore
from activities.pending import PendingArtifacts
from activities.proof import keep_picture
from deploy.runtime.aws import s3_client
from deploy.runtime.settings import Settings
from schema.contracts.submission import SubmissionRef
from schema.contracts.upkeep import Sweep, UpkeepReport
from schema.store import pending_artifacts
from schema.store.database import Pool

IMAGE = b"\x89PNG, of a kind"
REF = SubmissionRef(job_id=uuid4(), slug="alpha")


def _away(**_: Any) -> None:
    raise botocore.exceptions.EndpointConnectionError(endpoint_url="http://store")


def _full(**_: Any) -> None:
    raise botocore.exceptions.ClientError(
        {"Error": {"Code": "QuotaExceeded"}, "ResponseMetadata": {"HTTPStatusCode": 507}},  # type: ignore[typeddict-item]
        "PutObject",
    )


@pytest.fixture
def store(settings: Settings, pool: Pool) -> ArtifactStore:
    return ArtifactStore(s3_client(settings), settings.artifact_bucket, pool)


async def _pass(pool: Pool, store: ArtifactStore, *, dry_run: bool = False) -> UpkeepReport:
    return await ActivityEnvironment().run(PendingArtifacts(pool, store).store_pending, Sweep(dry_run=dry_run))


@pytest.mark.parametrize("trouble", [_away, _full])
async def test_a_picture_that_the_store_does_not_take_is_stored_later_under_the_same_key(
    pool: Pool, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch, trouble: Any
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(store._s3, "put_object", trouble)
        key = await keep_picture(store, IMAGE, REF)
        assert await keep_picture(store, IMAGE, REF) == key
        assert await store.get(key) == IMAGE
        assert (await _pass(pool, store)).findings == ()
    assert (await _pass(pool, store, dry_run=True)).healed[0].subjects == (key,)
    assert (await _pass(pool, store)).healed[0].subjects == (key,)
    assert await pending_artifacts.keys(pool) == ()
    assert await store.get(key) == IMAGE


async def test_a_store_that_hangs_costs_four_seconds_and_no_proof(
    pool: Pool, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(store, "put", hang)
    monkeypatch.setattr(activities.artifacts, "_PATIENCE_S", 0.2)
    key = await keep_picture(store, IMAGE, REF)
    assert await pending_artifacts.find(pool, key) == IMAGE


async def test_a_picture_that_waits_for_long_is_for_a_person_to_look_at(
    pool: Pool, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store._s3, "put_object", _away)
    key = await keep_picture(store, IMAGE, REF)
    await pool.execute("update pending_artifacts set created_at = now() - interval '11 minutes'")
    assert (await _pass(pool, store)).reported[0].subjects == (key,)


async def test_two_passes_at_once_store_everything_once(pool: Pool, store: ArtifactStore) -> None:
    for number in range(6):
        await pending_artifacts.keep(pool, f"jobs/{number}.png", IMAGE)
    reports = await asyncio.gather(_pass(pool, store), _pass(pool, store))
    stored = [key for report in reports for finding in report.healed for key in finding.subjects]
    assert sorted(stored) == [f"jobs/{number}.png" for number in range(6)]


async def test_with_store_and_database_away_the_outcome_is_told_without_a_picture(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(store._s3, "put_object", _away)
    monkeypatch.setattr(pending_artifacts, "keep", away)
    assert await keep_picture(store, IMAGE, REF) == ""
