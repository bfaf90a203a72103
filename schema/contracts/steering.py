"""What staff ask of a whole job, and what comes of it."""

from enum import StrEnum


class Steer(StrEnum):
    """What is asked of a job."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"


class Became(StrEnum):
    """What came of it. A job that is being cancelled ends when its pages are closed."""

    BEING_CANCELLED = "being_cancelled"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    RESUMED = "resumed"
