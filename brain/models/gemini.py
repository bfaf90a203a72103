"""Gemini, through Google's SDK. Imported only where a key is set: the SDK is slow to import."""

import httpx2
from google import genai
from google.genai import errors, types

from brain.models.question import MOST_TOKENS, A, ModelFailed, Question, Reply, Tokens, read


class Gemini:
    """One model of the Gemini API, answering in structured output. It sets no time limit: its caller does."""

    def __init__(self, api_key: str, name: str, *, base_url: str | None = None) -> None:
        self.name = name
        options = types.HttpOptions(base_url=base_url, retry_options=types.HttpRetryOptions(attempts=1))
        # Said outright, or the environment could turn the client into another product's.
        self._client = genai.Client(api_key=api_key, http_options=options, enterprise=False)

    async def ask(self, question: Question[A]) -> Reply[A]:
        config = types.GenerateContentConfig(
            system_instruction=question.instructions,
            max_output_tokens=MOST_TOKENS,
            response_mime_type="application/json",
            # Decoding is bound to the schema: its enumerations are all that can be said.
            response_json_schema=question.schema,
            # One question, one request: what was cut short is no answer.
            automatic_continuation=False,
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW),
        )
        try:
            response = await self._client.aio.models.generate_content(
                model=self.name, contents=question.material, config=config
            )
        except errors.APIError as error:
            raise ModelFailed(f"status {error.code}") from error
        except httpx2.TransportError as error:
            raise ModelFailed("no connection") from error
        return _reply(response, question)

    async def aclose(self) -> None:
        await self._client.aio.aclose()


def _reply(response: types.GenerateContentResponse, question: Question[A]) -> Reply[A]:
    usage = response.usage_metadata or types.GenerateContentResponseUsageMetadata()
    tokens = Tokens(
        usage.prompt_token_count or 0, (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    )
    candidate = response.candidates[0] if response.candidates else types.Candidate()
    if candidate.finish_reason is not types.FinishReason.STOP:
        raise ModelFailed(f"stopped: {(candidate.finish_reason or 'no candidate').lower()}", tokens)
    parts = (candidate.content and candidate.content.parts) or []
    said = "".join(part.text or "" for part in parts if not part.thought)
    return Reply(read(said, question, tokens), tokens)
