"""Clients of the SQS and S3 APIs. Retries belong to Temporal, so the SDK's own are off."""

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from deploy.runtime.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from pydantic import SecretStr

# The longest poll takes 20 s; a connection that does not come up is given up long before.
_CONFIG = Config(connect_timeout=3, read_timeout=30, retries={"total_max_attempts": 1})


def sqs_client(settings: Settings) -> "SQSClient":
    return boto3.client("sqs", endpoint_url=settings.aws_endpoint_url_sqs, config=_CONFIG, **_common(settings))


def s3_client(settings: Settings) -> "S3Client":
    # Signature version 4 for links too: newer regions know no other.
    config = _CONFIG.merge(
        Config(signature_version="s3v4", s3={"addressing_style": "path" if settings.aws_endpoint_url_s3 else "auto"})
    )
    return boto3.client("s3", endpoint_url=settings.aws_endpoint_url_s3, config=config, **_common(settings))


def _common(settings: Settings) -> dict[str, Any]:
    """boto3's keyword arguments; without keys in the settings its own chain (role, profile) is used."""
    return {
        "region_name": settings.aws_region,
        "aws_access_key_id": _revealed(settings.aws_access_key_id),
        "aws_secret_access_key": _revealed(settings.aws_secret_access_key),
        "aws_session_token": _revealed(settings.aws_session_token),
    }


def _revealed(secret: "SecretStr | None") -> str | None:
    return secret.get_secret_value() if secret else None
