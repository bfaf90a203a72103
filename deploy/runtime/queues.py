"""What is said of a queue that cannot be used: one sentence with the way out, as of the database."""

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError


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
