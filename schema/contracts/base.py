"""The base of every typed contract: frozen, and tolerant of fields a newer build has added."""

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """An immutable value that crosses a boundary.

    Unknown fields are ignored, not refused: a worker of the previous build may receive what a newer one wrote.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
