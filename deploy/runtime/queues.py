"""Queues as commands and the API meet them: what is said of one that cannot be used, and the two that are counted."""

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from activities.queues import Queue
from api.staff.status import Queues
from deploy.runtime.aws import sqs_client
from deploy.runtime.settings import Settings


class QueueUnusable(Exception):
    """SQS does not answer, refuses us, or has no such queue; the text is one sentence with the way out."""


@contextlib.contextmanager
def using_queue(name: str) -> Iterator[None]:
    """Turns what goes wrong with SQS in the block into QueueUnusable."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise QueueUnusable(
            f"The queue {name} cannot be used ({error}): "
            "create it, or correct SQS_QUEUE_NAME, AWS_REGION or AWS_ENDPOINT_URL_SQS."
        ) from None


def watched_queues(settings: Settings) -> Queues:
    """The two queues, to be counted. Nothing is looked up before the first look."""
    sqs = sqs_client(settings)
    return Queues(jobs=Queue(sqs, settings.sqs_queue_name), dead_letters=Queue(sqs, settings.dead_letter_queue_name))
