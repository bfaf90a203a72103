"""A person who has said that they are there: shown the challenge of the page that is open now, waited for."""

import asyncio
from datetime import timedelta

import structlog

from activities import proof
from activities.artifacts import ArtifactStore
from activities.boundary import ActivityFailure, to_its_end
from activities.solving import Solution, Unanswered
from schema.contracts.captcha import Challenge
from schema.contracts.form import CaptchaKind
from schema.failures import FailureType
from schema.store import challenges
from schema.store.challenges import NotAsked, Superseded
from schema.store.database import AWAY, Pool
from schema.store.submissions import Submission

PATIENCE = timedelta(minutes=3)
"""How long a page is kept open for an answer. Most directories forget a captcha after five minutes or later."""

_LOOKS_EVERY_S = 0.5
_GRACE_S = 15.0
"""For a database that is restarted just when the patience ends: it alone knows whether an answer came in time."""

_log = structlog.get_logger(__name__)


class Attendant:
    """Solver of one submission. What is asked is kept in the database under a number that belongs to this page."""

    kinds = frozenset({CaptchaKind.IMAGE, CaptchaKind.QUESTION})

    def __init__(self, pool: Pool, artifacts: ArtifactStore, submission: Submission) -> None:
        self._pool = pool
        self._artifacts = artifacts
        self._submission = submission

    async def solve(self, challenge: Challenge) -> Solution:
        """Raises Unanswered. Whatever ends the wait, nobody is left to answer a page that is gone."""
        picture = ""
        if challenge.picture:
            picture = await proof.keep_picture(self._artifacts, challenge.picture, self._submission.ref)
            if not picture:
                raise Unanswered("The captcha's picture could not be kept, and so nobody could be shown it.")
        number = await challenges.ask(
            self._pool, self._submission.id, challenge.kind, challenge.question, picture, PATIENCE
        )
        try:
            async with asyncio.timeout(PATIENCE.total_seconds() + _GRACE_S):
                return Solution(text=await self._answer(number), ticket=str(number))
        except TimeoutError:
            raise Unanswered(f"Nobody could answer captcha {number}: the database was away.") from None
        finally:
            await self._withdraw(number)

    async def judge(self, solution: Solution, *, right: bool) -> None:
        """Keep what the directory said, for whoever answered."""
        try:
            await challenges.judge(self._pool, self._submission.id, int(solution.ticket), right=right)
        except AWAY as error:
            _log.warning("captcha answer not judged", number=solution.ticket, error=type(error).__name__)

    async def _withdraw(self, number: int) -> None:
        try:
            await to_its_end(challenges.withdraw(self._pool, self._submission.id, number))
        except AWAY as error:
            _log.warning("captcha not withdrawn", number=number, error=repr(error))

    async def _answer(self, number: int) -> str:
        while True:
            try:
                answer = await challenges.take(self._pool, self._submission.id, number)
            except Superseded as lost:
                # A later attempt has the row by now: whatever this one said would be about a page nobody looks at.
                raise ActivityFailure(FailureType.INTERNAL, str(lost)) from None
            except NotAsked as over:
                raise Unanswered(str(over)) from None
            except AWAY:
                answer = None
            if answer is not None:
                return answer
            await asyncio.sleep(_LOOKS_EVERY_S)
