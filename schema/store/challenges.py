"""`challenges`: captchas that are shown to a person while the page that asked them is open.

A number belongs to one page. Who answers names it, so that the words read in one picture never go to another.
"""

from datetime import timedelta
from uuid import UUID

from schema.contracts.captcha import Attendance, ShownChallenge
from schema.contracts.form import CaptchaKind
from schema.store.database import Executor

_COLUMNS = """number, kind, question, picture, asked_at, expires_at, expires_at <= now() as expired,
    answered_by, taken_at is not null as taken, is_right as right"""


class NotAsked(Exception):
    """The challenge does not wait for this answer; the text says why, and what to do."""


class Superseded(NotAsked):
    """A later page has posed another one."""


async def attended(db: Executor, result_id: UUID) -> bool:
    """True for a row that goes on although its action is open: a person has said that they are there."""
    found = await db.fetchval(
        "select exists(select from actions where result_id = $1 and kind = 'captcha' and status = 'open')", result_id
    )
    return bool(found)


async def attendance(db: Executor, action_id: UUID) -> Attendance | None:
    """How far the captcha of an action is; None where there is no such action."""
    row = await db.fetchrow(
        """
        select a.id as action_id, a.result_id, d.slug as directory, r.status, r.failure, r.reason,
            case when r.expected_at > now() then r.expected_at end as turn_at,
            r.status in ('planned', 'submitting') and a.status = 'open' as attended
        from actions a join job_results r on r.id = a.result_id join directories d on d.id = r.directory_id
        where a.id = $1
        """,
        action_id,
    )
    if row is None:
        return None
    return Attendance.model_validate({**row, "challenge": await latest(db, row["result_id"])})


async def ask(
    db: Executor, result_id: UUID, kind: CaptchaKind, question: str, picture: str, patience: timedelta
) -> int:
    """Show a challenge, which waits for so long; returns its number. Every earlier one is over."""
    number = await db.fetchval(
        """
        insert into challenges (result_id, number, kind, question, picture, expires_at)
        select $1, coalesce(max(number), 0) + 1, $2, $3, $4, now() + $5 from challenges where result_id = $1
        returning number
        """,
        result_id,
        kind,
        question,
        picture,
        patience,
    )
    return int(number)


async def latest(db: Executor, result_id: UUID) -> ShownChallenge | None:
    """The challenge that was shown last."""
    row = await db.fetchrow(
        f"select {_COLUMNS} from challenges where result_id = $1 order by number desc limit 1",  # noqa: S608
        result_id,
    )
    return ShownChallenge.model_validate(dict(row)) if row else None


async def result_of(db: Executor, action_id: UUID) -> UUID:
    """The result whose captcha an action is about."""
    result: UUID = await db.fetchval("select result_id from actions where id = $1", action_id)
    return result


async def answer(db: Executor, result_id: UUID, number: int, text: str, by: str) -> None:
    """Answer the challenge that was shown last, once, and in time. Raises NotAsked."""
    answered = await db.fetchval(
        """
        update challenges set answer = $3, answered_by = $4, answered_at = now()
        where result_id = $1 and number = $2 and answer is null and expires_at > now()
            and number = (select max(number) from challenges where result_id = $1)
        returning true
        """,
        result_id,
        number,
        text,
        by,
    )
    if not answered:
        raise _why_not(await latest(db, result_id), number)


async def take(db: Executor, result_id: UUID, number: int) -> str | None:
    """The answer, for the worker whose page asked; None while there is none. Raises NotAsked once it is over."""
    taken = await db.fetchval(
        """
        update challenges set taken_at = coalesce(taken_at, now())
        where result_id = $1 and number = $2 and answer is not null
            and number = (select max(number) from challenges where result_id = $1)
        returning answer
        """,
        result_id,
        number,
    )
    if taken is not None:
        return str(taken)
    now = await latest(db, result_id)
    if now is None or now.number != number or now.expired:
        raise _why_not(now, number)
    return None


async def withdraw(db: Executor, result_id: UUID, number: int) -> None:
    """The page that asked is gone. What was answered stays."""
    await db.execute(
        """
        update challenges set expires_at = now()
        where result_id = $1 and number = $2 and answer is null and expires_at > now()
        """,
        result_id,
        number,
    )


async def judge(db: Executor, result_id: UUID, number: int, *, right: bool) -> None:
    """Keep what the directory said of the answer."""
    await db.execute(
        "update challenges set is_right = $3 where result_id = $1 and number = $2", result_id, number, right
    )


def _why_not(now: ShownChallenge | None, number: int) -> NotAsked:
    if now is None or now.number < number:
        return NotAsked(f"There is no captcha {number} here.")
    if now.number > number:
        return Superseded(f"Captcha {number} is gone with its page: the one shown now is {now.number}; answer that.")
    if now.answered_by is not None:
        return NotAsked(f"Captcha {number} has been answered already, by {now.answered_by}.")
    return NotAsked(f"Captcha {number} has expired: nobody answered it while its page was open. Ask for a new one.")
