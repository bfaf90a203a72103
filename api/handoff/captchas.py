"""Attended captchas: a person says that they are there, is shown what the opened page asks, and answers it.

It only carries words to and fro: the page is open in a worker, and the directory's workflow decides what goes on.
"""

from uuid import UUID

from api.handoff.actions import ActionsService, Link, NoSuchAction, NotPossible, Taken
from schema.contracts.access import Principal
from schema.contracts.action import Action
from schema.contracts.captcha import Attendance
from schema.contracts.submission import Resolution
from schema.failures import FailureType
from schema.store import challenges
from schema.store.challenges import NotAsked
from schema.store.database import Pool

_ON_THE_PAGE = (
    "The captcha of {slug} can only be solved on its page: open {url} by hand, list the business there, and resolve as "
    "confirmed."
)


class CaptchaService:
    """What a person does about the captcha of an action. `link` makes the address under which a picture is shown."""

    def __init__(self, pool: Pool, actions: ActionsService, link: Link) -> None:
        self._pool = pool
        self._actions = actions
        self._link = link

    async def attend(self, action_id: UUID, who: Principal, *, take_over: bool = False) -> Attendance:
        """Say that a person is there: the form is opened in its turn. Safe to repeat.

        Raises NoSuchAction, NotPossible, Taken, NobodyAnswers.
        """
        action = await self._actions.show(action_id)
        if action.kind is not FailureType.CAPTCHA:
            raise NotPossible(_no_captcha(action))
        # Whoever comes back to a captcha that is attended already goes on from there.
        if (await self.look(action_id)).attended:
            await self._actions.claim(action_id, who, take_over=take_over)
        else:
            await self._actions.resolve(action_id, Resolution.ATTEND, who, take_over=take_over)
        return await self.look(action_id)

    async def look(self, action_id: UUID) -> Attendance:
        """How far it is, and the challenge that was shown last. Raises NoSuchAction."""
        now = await challenges.attendance(self._pool, action_id)
        if now is None:
            raise NoSuchAction(f"There is no action {action_id}.")
        shown = now.challenge
        if shown is not None and shown.picture:
            shown = shown.model_copy(update={"picture": self._link(shown.picture)})
        return now.model_copy(update={"challenge": shown})

    async def answer(self, action_id: UUID, number: int, text: str, who: Principal) -> Attendance:
        """Answer the challenge of that number, once: it goes to the page that asked. Raises NoSuchAction, Taken."""
        await self._actions.claim(action_id, who)
        try:
            result_id = await challenges.result_of(self._pool, action_id)
            await challenges.answer(self._pool, result_id, number, text, who.name)
        except NotAsked as over:
            raise Taken(str(over)) from None
        return await self.look(action_id)


def _no_captcha(action: Action) -> str:
    slug, url = action.directory.slug, action.directory.url
    if action.kind is FailureType.CAPTCHA_ON_PAGE:
        return _ON_THE_PAGE.format(slug=slug, url=url)
    return f"Nothing of {slug} waits for a captcha: action {action.id} is about {action.kind.value}."
