"""The SQS message that starts a paid job, as other front ends write it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator

from schema.contracts.base import Contract
from schema.contracts.job import Tier

_PRIORITIES: dict[str, Tier | int] = {
    **{tier.value: tier for tier in Tier},
    "pro": Tier.PROFESSIONAL,
    **{str(number): number for number in range(1, 11)},
}


class JobMessage(Contract):
    """`priority` is a tier's name ("pro" and "professional" are one) or a number, 1 most urgent … 10 least.

    Unknown fields are kept (`model_extra`); a `version` other than 1 is not understood and therefore refused.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    job_id: UUID
    customer_id: UUID
    package_size: int = Field(gt=0, le=10_000)
    priority: Tier | int
    created_at: datetime
    source: str = ""
    version: Literal[1] = 1

    @field_validator("priority", mode="before")
    @classmethod
    def _tier_or_number(cls, value: Any) -> Tier | int:
        known = _PRIORITIES.get(str(value).strip().lower())
        if known is None:
            raise ValueError("must be starter, growth, professional (or pro), enterprise, or a number from 1 to 10")
        return known

    @property
    def priority_key(self) -> int:
        """Temporal priority, 1 (first) … 5 (last)."""
        if isinstance(self.priority, Tier):
            return self.priority.priority_key
        return (self.priority + 1) // 2
