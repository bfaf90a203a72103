"""The SQS message that starts a paid job, as other front ends write it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator

from schema.contracts.base import Contract
from schema.contracts.job import Tier

_TIER_SPELLINGS = {"pro": Tier.PROFESSIONAL}


class JobMessage(Contract):
    """`priority` is a tier's name ("pro" and "professional" are one) or a number, 1 most urgent … 10 least.

    Unknown fields are kept (`model_extra`); a `version` other than 1 is not understood and therefore refused.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    job_id: UUID
    customer_id: UUID
    package_size: int = Field(gt=0, le=10_000)
    priority: Tier | Annotated[int, Field(ge=1, le=10)]
    created_at: datetime
    source: str = ""
    version: Literal[1] = 1

    @field_validator("priority", mode="before")
    @classmethod
    def _known_spelling(cls, value: Any) -> Any:
        if isinstance(value, str):
            word = value.strip().lower()
            return int(word) if word.isdecimal() else _TIER_SPELLINGS.get(word, word)
        return value

    @property
    def priority_key(self) -> int:
        """Temporal priority, 1 (first) … 5 (last)."""
        if isinstance(self.priority, Tier):
            return self.priority.priority_key
        return (self.priority + 1) // 2
