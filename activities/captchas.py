"""Captchas on the way to a submission: who answers them, and that the answer goes to the page that asked.

By default that is nobody, and the captcha waits for a person to come. A person who has said that they are there goes
before a paid solver; the solver needs an account and the directory's permission.
"""

from dataclasses import dataclass

from activities.artifacts import ArtifactStore
from activities.attending import Attendant
from activities.browser import captcha
from activities.browser.captcha import CaptchaUnreadable, Posed
from activities.browser.fill import Filled, FormChanged
from activities.browser.pool import Visit
from activities.solving import Solution, Solver, Unanswered
from schema.contracts.form import CaptchaKind
from schema.contracts.submission import Evidence, Outcome
from schema.failures import FailureType
from schema.store import challenges
from schema.store.database import Pool
from schema.store.submissions import Submission

_MOST_POSED = 3
"""Pages that pose another challenge while one is being answered are followed so far."""


class CaptchaStands(Exception):
    """The captcha is still in the way: `failure` says who could take it away, the text why, in a sentence."""

    def __init__(self, kind: CaptchaKind, reason: str) -> None:
        super().__init__(reason)
        self.failure = FailureType.CAPTCHA_ON_PAGE if kind.widget else FailureType.CAPTCHA


@dataclass(frozen=True, slots=True)
class Answered:
    """A form whose captcha has been answered, by whom, and with what."""

    filled: Filled
    solver: Solver
    solution: Solution

    async def judge(self, outcome: Outcome) -> None:
        """Tell whoever answered what the directory made of it; nothing where it said neither yes nor no."""
        if outcome.failure is FailureType.CAPTCHA:
            await self.solver.judge(self.solution, right=False)
        elif outcome.evidence is not Evidence.NONE:
            await self.solver.judge(self.solution, right=True)


class Captchas:
    """Finds who answers. Without a solver, that is always a person."""

    def __init__(self, pool: Pool, artifacts: ArtifactStore, solver: Solver | None = None) -> None:
        self._pool = pool
        self._artifacts = artifacts
        self._solver = solver

    async def solver_for(self, submission: Submission) -> Solver | None:
        """Who would answer a captcha of this submission now."""
        if await challenges.attended(self._pool, submission.id):
            return Attendant(self._pool, self._artifacts, submission)
        return self._solver if submission.solver_allowed else None

    async def answerable(self, submission: Submission) -> frozenset[CaptchaKind]:
        """The kinds of captcha that need stop nobody from planning on."""
        solver = await self.solver_for(submission)
        return solver.kinds if solver else frozenset()

    async def answer(self, visit: Visit, filled: Filled, submission: Submission) -> Answered | None:
        """Have the captcha of the filled form answered, and put the answer in; None where the form has none.

        Raises CaptchaStands, FormChanged.
        """
        kind = filled.observation.snapshot.captcha
        if kind is CaptchaKind.NONE:
            return None
        solver = await self.solver_for(submission)
        if solver is None or kind not in solver.kinds:
            raise CaptchaStands(kind, f"The form has a captcha ({kind.value}).")
        try:
            posed, solution = await self._solved(visit, filled, solver)
            return Answered(
                Filled(filled.values, await captcha.put(visit.page, posed, solution.text)), solver, solution
            )
        except (Unanswered, CaptchaUnreadable) as error:
            raise CaptchaStands(kind, str(error)) from None

    async def _solved(self, visit: Visit, filled: Filled, solver: Solver) -> tuple[Posed, Solution]:
        """The challenge that stands on the page once it has been answered, and the answer to it."""
        posed = await captcha.pose(visit.page)
        for _ in range(_MOST_POSED):
            solution = await solver.solve(posed.challenge)
            now = await captcha.pose(visit.page)
            _same_form(filled, now)
            if now.mark == posed.mark:
                return now, solution
            posed = now
        raise Unanswered("The page poses another captcha before one can be answered.")


def _same_form(filled: Filled, posed: Posed) -> None:
    """While somebody thinks, a page may time out and start anew."""
    before, now = filled.observation.snapshot, posed.observation.snapshot
    held = {field.handle for field in before.fields if field.filled}
    holds = {field.handle for field in now.fields if field.filled}
    if now.fingerprint != before.fingerprint or not held <= holds:
        raise FormChanged("The form has changed while its captcha was being answered.")
