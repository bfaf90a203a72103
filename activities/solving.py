"""What whoever answers captchas has in common: a person who is there just now, or a paid service."""

from dataclasses import dataclass
from typing import Protocol

from schema.contracts.captcha import Challenge
from schema.contracts.form import CaptchaKind


class Unanswered(Exception):
    """Nobody answered the challenge; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Solution:
    """What goes into the captcha's field, or a widget's token. By `ticket` whoever gave it knows it again."""

    text: str
    ticket: str


class Solver(Protocol):
    """Answers challenges of some kinds."""

    @property
    def kinds(self) -> frozenset[CaptchaKind]:
        """What it can answer."""
        ...

    async def solve(self, challenge: Challenge) -> Solution:
        """Raises Unanswered, within minutes at most."""
        ...

    async def judge(self, solution: Solution, *, right: bool) -> None:
        """Told what the directory said of its answer. Never fails."""
        ...
