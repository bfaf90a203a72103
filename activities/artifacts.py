"""The artifact store: screenshots by key, in S3 or anything that speaks its API. Only keys travel (claim check)."""

import asyncio
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from io import BufferedRandom
from typing import TYPE_CHECKING

import botocore.exceptions
import structlog

from schema.contracts.submission import SubmissionRef
from schema.store import pending_artifacts
from schema.store.database import Pool

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PAGE = 1000
"""The most that S3 lists, or deletes, at once."""

_PATIENCE_S = 4.0
"""The database needs some of the time that `activities.proof` has for keeping a screenshot."""

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class StoredArtifact:
    """An artifact as the store lists it; `stored_at` is by the store's clock."""

    key: str
    stored_at: datetime


class ArtifactStore:
    """Keeps proof under a key that names its job, directory and content.

    Where it is given the database too, proof that the store does not take waits there, under the same key.
    """

    def __init__(self, s3: "S3Client", bucket: str, waiting: "Pool | None" = None) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._waiting = waiting

    async def put_screenshot(self, ref: SubmissionRef, image: bytes) -> str:
        """Store a PNG; returns its key. Raises TimeoutError and botocore's errors; with a database, its errors."""
        digest = hashlib.sha256(image).hexdigest()[:16]
        key = f"jobs/{ref.job_id}/{ref.slug}/{digest}.png"
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self.put(key, image)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, TimeoutError) as error:
            if self._waiting is None:
                raise
            _log.warning("screenshot waits in the database", directory=ref.slug, error=type(error).__name__)
            await pending_artifacts.keep(self._waiting, key, image)
        return key

    async def put(self, key: str, content: bytes, media: str = "image/png") -> None:
        """Store it under this key. Raises botocore's errors."""
        await asyncio.to_thread(self._s3.put_object, Bucket=self._bucket, Key=key, Body=content, ContentType=media)

    async def put_archive(self, name: str, kind: str, file: BufferedRandom) -> str:
        """Store a whole file, such as `json.gz`, under a name and its content's digest; returns its key."""
        file.seek(0)
        digest = (await asyncio.to_thread(hashlib.file_digest, file, "sha256")).hexdigest()[:16]
        key = f"archive/{name}-{digest}.{kind}"
        file.seek(0)
        await asyncio.to_thread(
            self._s3.put_object, Bucket=self._bucket, Key=key, Body=file, ContentType="application/gzip"
        )
        return key

    async def pages(self, prefix: str) -> AsyncIterator[list[StoredArtifact]]:
        """All artifacts below the prefix, up to a thousand at a time. Raises botocore's errors."""
        listing = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": _PAGE}
        )
        pages = iter(listing)
        while page := await asyncio.to_thread(next, pages, None):
            yield [StoredArtifact(entry["Key"], entry["LastModified"]) for entry in page.get("Contents", [])]

    async def delete(self, keys: Sequence[str]) -> frozenset[str]:
        """Delete up to a thousand artifacts; returns those that the store refused to. Raises botocore's errors."""
        answer = await asyncio.to_thread(
            self._s3.delete_objects,
            Bucket=self._bucket,
            Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
        )
        return frozenset(error["Key"] for error in answer.get("Errors", []))

    async def get(self, key: str) -> bytes:
        """The artifact's content. Raises botocore's errors."""
        if self._waiting is not None and (kept := await pending_artifacts.find(self._waiting, key)) is not None:
            return kept
        answer = await asyncio.to_thread(self._s3.get_object, Bucket=self._bucket, Key=key)
        return await asyncio.to_thread(answer["Body"].read)

    async def find(self, key: str) -> bytes | None:
        """The artifact's content; None where there is none. Raises botocore's errors."""
        try:
            return await self.get(key)
        except self._s3.exceptions.NoSuchKey:
            return None

    def link(self, key: str, lifetime: timedelta) -> str:
        """An address that shows the artifact to whoever has it, for so long: at most seven days."""
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=int(lifetime.total_seconds())
        )
