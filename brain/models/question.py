"""One question to a model, whoever makes it: what it is told, what it is shown, and the closed form of its answer.

This module knows nothing of forms, and nothing of who answers.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class Task(StrEnum):
    CHOOSE = "choose"
    SHORTEN = "shorten"
    READ_ANSWER = "read_answer"


class AnswerForm(BaseModel):
    """The base of every form of answer: each property is required, and no other one is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def one_of(words: Iterable[str]) -> Any:
    """The type of a property that takes one of these words, as `create_model` wants it."""
    return (Literal[tuple(words)], ...)


A = TypeVar("A", bound=AnswerForm)


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """`instructions` are ours; `material` is JSON and may hold a stranger's words. `answer` is the form to fill in."""

    task: Task
    instructions: str
    material: str
    answer: type[A]

    @property
    def schema(self) -> dict[str, Any]:
        """The answer's form as JSON Schema."""
        return self.answer.model_json_schema()


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens as billed; those a model thinks with are output."""

    input: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class Reply(Generic[A]):
    answer: A
    tokens: Tokens


class ModelFailed(Exception):
    """No usable answer; the text is one word or two for logs. What was billed all the same is in `tokens`."""

    def __init__(self, reason: str, tokens: Tokens | None = None) -> None:
        super().__init__(reason)
        self.tokens = tokens or Tokens()


class Model(Protocol):
    """A language model of some provider, by its name there."""

    name: str

    async def ask(self, question: Question[A]) -> Reply[A]:
        """One request, never repeated. Raises ModelFailed."""
        ...

    async def aclose(self) -> None: ...


MOST_TOKENS = 4_000
"""The longest answer, thinking included: twenty fields need a tenth of it."""


def read(text: str, question: Question[A], tokens: Tokens) -> A:
    """The answer if it is one JSON object of exactly the asked form. Raises ModelFailed."""
    try:
        json.loads(text, object_pairs_hook=_once_each)
        return question.answer.model_validate_json(text)
    except (ValidationError, ValueError, RecursionError):
        raise ModelFailed("malformed answer", tokens) from None


def _once_each(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Two answers to one question are none."""
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return found
