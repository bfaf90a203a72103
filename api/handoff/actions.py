"""The one service behind `directorybolt actions` and `/api/actions`: what waits for a person, who has it, what became.

It decides nothing about a directory: the directory's workflow does, or, where that has ended, the ledger by the same
rules. A claim keeps two people from acting on one thing; whoever resolves holds the claim, if only for a moment. What
anybody does is written into the audit with the claim, and so before it is carried out.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from api.gateway import Unanswered, UpdateRefused, WorkflowAway, WorkflowGateway
from schema.contracts.access import Principal
from schema.contracts.action import Action, ActionFilter, ActionStatus
from schema.contracts.submission import ActionResolution, Resolution, SubmissionRef
from schema.spelling import minute
from schema.store import actions, audit, results
from schema.store.actions import ActionClosed
from schema.store.database import Pool
from schema.store.results import LedgerConflict

CLAIM = timedelta(minutes=30)
"""How long a claim keeps others away, unless it is renewed."""

Link = Callable[[str], str]
"""Makes an address of an artifact's key."""


class NoSuchAction(Exception):
    """There is no action of that id; the text says so."""


class NotPossible(Exception):
    """What is asked of the action is not done with it, whoever asks; the text says what is."""


class Taken(Exception):
    """Somebody else, or the clock, was first: the text says who, and what can be done."""


class NobodyAnswers(Exception):
    """Neither done nor refused: who has to carry it out is away."""


class ActionsService:
    """Lists, claims and resolves actions. `link` makes the address under which a screenshot is shown."""

    def __init__(self, pool: Pool, gateway: WorkflowGateway, link: Link) -> None:
        self._pool = pool
        self._gateway = gateway
        self._link = link

    async def list(self, wanted: ActionFilter) -> tuple[Action, ...]:
        """The actions asked for; what is due first comes first."""
        return tuple(map(self._linked, await actions.listed(self._pool, wanted)))

    async def show(self, action_id: UUID) -> Action:
        """Raises NoSuchAction."""
        return self._linked(await self._find(action_id))

    async def named(self, prefix: str) -> UUID:
        """The one action whose id begins so. Raises NoSuchAction where there is none, or more than one."""
        found = await actions.named(self._pool, prefix)
        if len(found) != 1:
            many = "More than one action's" if found else "No action's"
            raise NoSuchAction(f"{many} id begins with {prefix}.")
        return found[0]

    async def claim(self, action_id: UUID, who: Principal, *, take_over: bool = False) -> Action:
        """Take it, or keep it longer, for half an hour. Raises NoSuchAction, Taken."""
        await self._take(action_id, who, "action.claim", take_over=take_over)
        return await self.show(action_id)

    async def release(self, action_id: UUID, who: Principal) -> Action:
        """Leave it to others. Raises NoSuchAction, Taken."""
        async with self._pool.acquire() as connection, connection.transaction():
            released = await actions.release(connection, action_id, who.name)
            if released:
                await audit.write(connection, who, "action.release", action_id)
        if not released:
            raise Taken(_not_released(await self._find(action_id), who.name))
        return await self.show(action_id)

    async def check(self, action_id: UUID, asked: Resolution, who: Principal, *, take_over: bool = False) -> Action:
        """What `resolve` would find, without doing anything. Raises NoSuchAction, NotPossible, Taken."""
        action = await self._find(action_id)
        if action.status is not ActionStatus.OPEN:
            raise Taken(_closed(action))
        if asked not in (choice.resolution for choice in action.choices):
            possible = " or ".join(choice.resolution for choice in action.choices)
            why = "may already hold the business, and is not sent again" if action.may_be_sent else "has no captcha"
            raise NotPossible(f"{action.directory.slug} {why}: resolve as {possible}.")
        if action.claim and action.claim.by != who.name and not take_over:
            raise Taken(_held(action))
        return self._linked(action)

    async def resolve(
        self, action_id: UUID, asked: Resolution, who: Principal, *, note: str = "", take_over: bool = False
    ) -> Action:
        """Do what a person decided; of two at once, one wins and the other is told who.

        Raises NoSuchAction, NotPossible, Taken, NobodyAnswers.
        """
        action = await self.check(action_id, asked, who, take_over=take_over)
        await self._take(action_id, who, "action.resolve", take_over=take_over, note=note, resolution=asked)
        # What a person writes may name the customer: it stays out of the workflow's history.
        decision = ActionResolution(resolution=asked, by=who.name, action_id=action_id)
        try:
            await self._gateway.resolve(action.workflow_id, decision)
        except WorkflowAway:
            await self._decide_in_ledger(action, decision)
        except UpdateRefused as refused:
            now = await self._find(action_id)
            raise Taken(_closed(now) if now.status is not ActionStatus.OPEN else str(refused)) from None
        except Unanswered as away:
            raise NobodyAnswers(
                f"{away} Whether it is still resolved will show: look again before you decide anew."
            ) from None
        now = await self._find(action_id)
        if asked is not Resolution.ATTEND and now.resolved_by != who.name:
            raise Taken(_closed(now))
        return self._linked(now)

    async def _decide_in_ledger(self, action: Action, decision: ActionResolution) -> None:
        """No workflow is there to go on: what ends the directory is written down, what would send is not done."""
        if decision.resolution.sends:
            now = await self._find(action.id)
            if now.status is not ActionStatus.OPEN:
                # Decided a moment before, and gone on to its end since.
                raise Taken(_closed(now))
            raise NotPossible(
                f"The workflow of {action.directory.slug} has ended, and nobody would send it: confirm or give up; "
                "what was given up can be replayed."
            )
        try:
            await results.resolve(self._pool, SubmissionRef(job_id=action.job_id, slug=action.directory.slug), decision)
        except (ActionClosed, LedgerConflict):
            raise Taken(_closed(await self._find(action.id))) from None

    async def _take(
        self, action_id: UUID, who: Principal, what: str, *, take_over: bool, note: str = "", **detail: str
    ) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await actions.claim(connection, action_id, who.name, CLAIM, take_over=take_over)
            if taken:
                await audit.write(connection, who, what, action_id, **detail)
                if note:
                    await actions.keep_note(connection, action_id, who.name, note)
        if not taken:
            action = await self._find(action_id)
            raise Taken(_held(action) if action.status is ActionStatus.OPEN else _closed(action))

    async def _find(self, action_id: UUID) -> Action:
        action = await actions.find(self._pool, action_id)
        if action is None:
            raise NoSuchAction(f"There is no action {action_id}.")
        return action

    def _linked(self, action: Action) -> Action:
        return action.model_copy(update={"screenshot": self._link(action.screenshot) if action.screenshot else ""})


def _held(action: Action) -> str:
    if action.claim is None:
        return f"Action {action.id} was claimed by somebody else just now: look again."
    return (
        f"Action {action.id} is claimed by {action.claim.by} until {minute(action.claim.until)}: "
        "wait, or take it over explicitly."
    )


def _closed(action: Action) -> str:
    when = f" at {minute(action.closed_at)}" if action.closed_at else ""
    match action.status:
        case ActionStatus.RESOLVED:
            return f"Action {action.id} was resolved as {action.resolution} by {action.resolved_by}{when}."
        case ActionStatus.EXPIRED:
            return f"Action {action.id} expired{when}: nobody had resolved it before its deadline."
        case ActionStatus.CANCELLED:
            return f"Action {action.id} was cancelled{when}: its directory has ended without a person."
        case ActionStatus.OPEN:
            return f"Action {action.id} is open again: look at it anew."


def _not_released(action: Action, by: str) -> str:
    if action.status is not ActionStatus.OPEN:
        return _closed(action)
    if action.claim is None:
        return f"Nobody has claimed action {action.id}."
    return f"Action {action.id} is claimed by {action.claim.by}, not by {by}."
