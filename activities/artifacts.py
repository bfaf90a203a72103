"""The artifact store: screenshots by key, in S3 or anything that speaks its API. Only keys travel (claim check)."""

import asyncio
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from schema.contracts.submission import SubmissionRef

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ArtifactStore:
    """Keeps proof under a key that names its job, directory and content."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    async def put_screenshot(self, ref: SubmissionRef, image: bytes) -> str:
        """Store a PNG; returns its key. Raises botocore's errors."""
        digest = hashlib.sha256(image).hexdigest()[:16]
        key = f"jobs/{ref.job_id}/{ref.slug}/{digest}.png"
        await asyncio.to_thread(self._s3.put_object, Bucket=self._bucket, Key=key, Body=image, ContentType="image/png")
        return key

    async def get(self, key: str) -> bytes:
        """The artifact's content. Raises botocore's errors."""
        answer = await asyncio.to_thread(self._s3.get_object, Bucket=self._bucket, Key=key)
        return await asyncio.to_thread(answer["Body"].read)

    def link(self, key: str, lifetime: timedelta) -> str:
        """An address that shows the artifact to whoever has it, for so long: at most seven days."""
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=int(lifetime.total_seconds())
        )
