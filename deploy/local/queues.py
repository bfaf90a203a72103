"""The queues and the bucket as production has them, made on the local SQS and S3. Safe to run on every start."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from deploy.runtime.aws import s3_client, sqs_client
from deploy.runtime.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_DAY = 86_400
VISIBILITY_SECONDS = 600
RETENTION_SECONDS = _DAY
DEAD_LETTER_RETENTION_SECONDS = 14 * _DAY
RECEIVES_BEFORE_DEAD_LETTER = 3


@dataclass(frozen=True, slots=True)
class QueueUrls:
    jobs: str
    dead_letter: str


def ensure_queues(settings: Settings) -> QueueUrls:
    """The job queue and its dead-letter queue, with their attributes. Raises botocore's errors."""
    sqs = sqs_client(settings)
    dead_letter = _queue(sqs, settings.dead_letter_queue_name)
    _set(sqs, dead_letter, {"MessageRetentionPeriod": str(DEAD_LETTER_RETENTION_SECONDS)})
    arn = sqs.get_queue_attributes(QueueUrl=dead_letter, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    jobs = _queue(sqs, settings.sqs_queue_name)
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": str(RECEIVES_BEFORE_DEAD_LETTER)}
    _set(
        sqs,
        jobs,
        {
            "VisibilityTimeout": str(VISIBILITY_SECONDS),
            "MessageRetentionPeriod": str(RETENTION_SECONDS),
            "RedrivePolicy": json.dumps(redrive),
        },
    )
    return QueueUrls(jobs=jobs, dead_letter=dead_letter)


def ensure_bucket(settings: Settings) -> str:
    """The artifact bucket; answers with its name. Raises botocore's errors."""
    s3 = s3_client(settings)
    try:
        s3.head_bucket(Bucket=settings.artifact_bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        s3.create_bucket(Bucket=settings.artifact_bucket)
    return settings.artifact_bucket


def _queue(sqs: "SQSClient", name: str) -> str:
    try:
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        return sqs.create_queue(QueueName=name)["QueueUrl"]


def _set(sqs: "SQSClient", url: str, attributes: "dict[QueueAttributeNameType, str]") -> None:
    # Set apart from creating: a queue of an older version takes the new values instead of refusing to be created.
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
