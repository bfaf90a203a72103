"""A captcha that somebody elsewhere answers: what the page asks, how it is shown to a person, and what they say."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from schema.contracts.base import Contract, one_line
from schema.contracts.form import CaptchaKind
from schema.contracts.submission import SubmissionStatus
from schema.failures import FailureType

CaptchaAnswer = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), one_line]
"""What a person reads in a picture or answers to a question."""


class Challenge(Contract):
    """What a page asks just before its form is sent. It is answered on that very page, or never.

    `picture` is a PNG of the challenge alone, empty where words are all there is; `question` is what stands beside it.
    A widget has a `site_key` instead of both.
    """

    kind: CaptchaKind
    page_url: str
    question: str = ""
    picture: bytes = b""
    site_key: str = ""


class ShownChallenge(Contract):
    """A challenge as a person is shown it. `picture` is the artifact store's key; whoever shows it puts a link there.

    `number` counts the challenges of one directory: an answer names the one it was read from. `expired`: it waits for
    no answer any more. `taken`: the worker that has the page open has the answer. `right` is what the directory said
    of it, None as long as it has said nothing.
    """

    number: int
    kind: CaptchaKind
    question: str = ""
    picture: str = ""
    asked_at: datetime
    expires_at: datetime
    expired: bool = False
    answered_by: str | None = None
    taken: bool = False
    right: bool | None = None

    @property
    def waits(self) -> bool:
        """True while an answer would be taken."""
        return not self.expired and self.answered_by is None


class Attendance(Contract):
    """How far an attended captcha is. `challenge` is the last one that was shown since somebody attends, if any.

    `attended` is True from the moment a person says that they are there until the directory's answer, or until the
    captcha waits for a person again. `turn_at` is when the directory's turn is expected, where it is not now.
    """

    action_id: UUID
    directory: str
    status: SubmissionStatus
    failure: FailureType | None = None
    reason: str = ""
    attended: bool = False
    turn_at: datetime | None = None
    challenge: ShownChallenge | None = None
