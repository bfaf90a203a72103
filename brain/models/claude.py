"""Claude, through Anthropic's SDK. Imported only where a key is set: the SDK is slow to import."""

import anthropic
from anthropic.types import Message

from brain.models.question import MOST_TOKENS, A, ModelFailed, Question, Reply, Tokens, read


class Claude:
    """One model of the Messages API, answering in structured output. It sets no time limit: its caller does."""

    def __init__(self, api_key: str, name: str, *, base_url: str | None = None) -> None:
        self.name = name
        self._client = anthropic.AsyncAnthropic(api_key=api_key, base_url=base_url, max_retries=0)

    async def ask(self, question: Question[A]) -> Reply[A]:
        try:
            message = await self._client.messages.create(
                model=self.name,
                max_tokens=MOST_TOKENS,
                system=question.instructions,
                messages=[{"role": "user", "content": question.material}],
                # Decoding is bound to the schema: its enumerations are all that can be said. Not by a tool that must
                # be used, which models that always think refuse.
                output_config={"format": {"type": "json_schema", "schema": question.schema}, "effort": "low"},
            )
        except anthropic.APIStatusError as error:
            raise ModelFailed(f"status {error.status_code}") from error
        except anthropic.APIConnectionError as error:
            raise ModelFailed("no connection") from error
        return _reply(message, question)

    async def aclose(self) -> None:
        await self._client.close()


def _reply(message: Message, question: Question[A]) -> Reply[A]:
    tokens = Tokens(message.usage.input_tokens, message.usage.output_tokens)
    if message.stop_reason != "end_turn":
        raise ModelFailed(f"stopped: {message.stop_reason}", tokens)
    said = "".join(block.text for block in message.content if block.type == "text")
    return Reply(read(said, question, tokens), tokens)
