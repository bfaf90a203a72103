"""Clients of the SQS and S3 APIs. Retries belong to Temporal, so the SDK's own are off."""

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from deploy.runtime.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from pydantic import SecretStr

_READ_TIMEOUT_S = 30
"""Longer than the longest poll, which is 20 s."""


def sqs_client(settings: Settings) -> "SQSClient":
    return boto3.client("sqs", endpoint_url=settings.aws_endpoint_url_sqs, **_common(settings))


def s3_client(settings: Settings) -> "S3Client":
    return boto3.client("s3", endpoint_url=settings.aws_endpoint_url_s3, **_common(settings))


def _common(settings: Settings) -> dict[str, Any]:
    """boto3's keyword arguments; without keys in the settings its own chain (role, profile) is used."""
    return {
        "region_name": settings.aws_region,
        "aws_access_key_id": _revealed(settings.aws_access_key_id),
        "aws_secret_access_key": _revealed(settings.aws_secret_access_key),
        "aws_session_token": _revealed(settings.aws_session_token),
        "config": Config(
            connect_timeout=3,
            read_timeout=_READ_TIMEOUT_S,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"} if settings.aws_endpoint_url_s3 else None,
        ),
    }


def _revealed(secret: "SecretStr | None") -> str | None:
    return secret.get_secret_value() if secret else None
