"""A captcha that somebody elsewhere answers: what the page asks, how it is shown to a person, and what they say."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from schema.contracts.base import Contract, one_line
from schema.contracts.form import CaptchaKind

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
    """The latest challenge of an action, as a person is shown it. `picture` is a key of the artifact store, or a link.

    `number` counts the challenges of one directory: an answer names the one it was read from. `expired`: it waits for
    no answer any more. `right` is what the directory said of the answer, once it has.
    """

    result_id: UUID
    number: int
    kind: CaptchaKind
    question: str = ""
    picture: str = ""
    asked_at: datetime
    expires_at: datetime
    expired: bool = False
    answered_by: str | None = None
    taken: bool = False
    """The page's worker has the answer."""
    right: bool | None = None
