"""The base of every typed contract: frozen, and tolerant of fields a newer build has added."""

import re

from pydantic import AfterValidator, BaseModel, ConfigDict


class Contract(BaseModel):
    """An immutable value that crosses a boundary.

    Unknown fields are ignored, not refused: a worker of the previous build may receive what a newer one wrote.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


def matching(pattern: str, otherwise: str) -> AfterValidator:
    """For text that people write: what does not match as a whole is refused in words, not with the pattern."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(otherwise)
        return value

    return AfterValidator(check)


one_line = matching(r"[^\r\n\x00]*", "must be one line of text")
