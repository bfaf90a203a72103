"""One SQS queue, as the bridge, the alerts and the operators' commands use it. It knows no job.

Raises botocore's errors. Retries belong to Temporal, or to the operator.
"""

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueOutputTypeDef,
        MessageTypeDef,
        ReceiveMessageRequestTypeDef,
    )

BATCH = 10
"""SQS takes and gives no more messages at a time."""


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A message in hand. `receives` counts this time too; `sent_at` is in seconds since 1970."""

    id: str
    body: str
    receipt: str
    sent_at: float = 0.0
    receives: int = 1
    attributes: "Mapping[str, MessageAttributeValueOutputTypeDef]" = dataclasses.field(default_factory=dict)


class Queue:
    """One queue by its name; it is looked up at the first use, so that a process can start while SQS is away."""

    def __init__(self, sqs: "SQSClient", name: str) -> None:
        self.name = name
        self._sqs = sqs
        self._url_found: str | None = None

    async def receive(self, *, wait_s: int, hidden_s: int | None = None) -> list[Message]:
        """Up to ten messages, hidden from others for `hidden_s` seconds (by default, what the queue says)."""
        request: ReceiveMessageRequestTypeDef = {
            "QueueUrl": await self._url(),
            "MaxNumberOfMessages": BATCH,
            "WaitTimeSeconds": wait_s,
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["SentTimestamp", "ApproximateReceiveCount"],
        }
        if hidden_s is not None:
            request["VisibilityTimeout"] = hidden_s
        answer = await asyncio.to_thread(lambda: self._sqs.receive_message(**request))
        return [_message(found) for found in answer.get("Messages", [])]

    async def send(self, bodies: Mapping[str, str]) -> dict[str, str]:
        """Send up to ten bodies, each under a name of the caller's; what was not taken, with SQS's code."""
        answer = await asyncio.to_thread(
            self._sqs.send_message_batch,
            QueueUrl=await self._url(),
            Entries=[{"Id": name, "MessageBody": body} for name, body in bodies.items()],
        )
        taken = {entry["Id"] for entry in answer.get("Successful", [])}
        codes = {entry["Id"]: entry["Code"] for entry in answer.get("Failed", [])}
        return {name: codes.get(name, "unknown") for name in bodies if name not in taken}

    async def put_back(self, message: Message) -> str:
        """Send a message of another queue as it came, with its attributes; returns its new id."""
        answer = await asyncio.to_thread(
            self._sqs.send_message,
            QueueUrl=await self._url(),
            MessageBody=message.body,
            MessageAttributes=dict(message.attributes),
        )
        return answer["MessageId"]

    async def delete(self, message: Message) -> None:
        await asyncio.to_thread(self._sqs.delete_message, QueueUrl=await self._url(), ReceiptHandle=message.receipt)

    async def release(self, messages: Sequence[Message], after_s: int = 0) -> None:
        """Show messages in hand to everybody again, at once or after so many seconds."""
        for start in range(0, len(messages), BATCH):
            await asyncio.to_thread(
                self._sqs.change_message_visibility_batch,
                QueueUrl=await self._url(),
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message.receipt, "VisibilityTimeout": after_s}
                    for number, message in enumerate(messages[start : start + BATCH])
                ],
            )

    async def depth(self) -> int:
        """How many messages wait, as far as SQS knows; those in somebody's hand are not counted."""
        answer = await asyncio.to_thread(
            self._sqs.get_queue_attributes, QueueUrl=await self._url(), AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    async def _url(self) -> str:
        if self._url_found is None:
            answer = await asyncio.to_thread(self._sqs.get_queue_url, QueueName=self.name)
            self._url_found = answer["QueueUrl"]
        return self._url_found


def _message(found: "MessageTypeDef") -> Message:
    known = found.get("Attributes", {})
    return Message(
        id=found.get("MessageId", ""),
        body=found.get("Body", ""),
        receipt=found.get("ReceiptHandle", ""),
        sent_at=int(known.get("SentTimestamp", 0)) / 1000,
        receives=int(known.get("ApproximateReceiveCount", 1)),
        attributes=found.get("MessageAttributes", {}),
    )
