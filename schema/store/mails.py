"""`mails`: what was promised to be mailed to a customer, in the transaction that gave the reason.

A row says why, never what: the words are made when the mail is sent, of what is so then. Whoever sends claims a row
for some minutes; one that died in between loses it to another. No row holds a secret.
"""

from datetime import timedelta
from uuid import UUID

from schema import wording
from schema.contracts.mail import Mail, MailedAction, MailedJob, MailKind, MailState, PromisedMail, Recipient
from schema.failures import FailureType
from schema.store.database import Connection, Executor

MOST_TRIES = 24
"""With the pauses in between that is three days: as long as mail servers try."""

_GATHERED_FOR = timedelta(minutes=10)
"""What else a customer is asked within that time is told in the same mail."""

_AT_MOST_EVERY = timedelta(hours=6)
_REMEMBERED_FOR = timedelta(days=1)
"""Whoever was told of all that waits for them so short a time ago need not be reminded of one of it."""

_ASKED_AGAIN_AFTER = timedelta(minutes=15)
_MOST_JOBS = 20
"""Of one customer, in the mail that brings links again: the newest."""

_UNSENT = "m.sent_at is null and m.given_up_at is null"

BY_CUSTOMER = (FailureType.CONFIRMATION_NEEDED,)
"""What only the customer can do."""


async def put(connection: Connection, kind: MailKind, job_id: UUID, key: str) -> None:
    """Promise the job's customer a mail. Put twice under one key, it is sent once."""
    await connection.execute(
        """
        insert into mails (kind, customer_id, job_id, key) select $1, customer_id, id, $3 from jobs where id = $2
        on conflict (key) do nothing
        """,
        kind,
        job_id,
        key,
    )


async def put_action_needed(connection: Connection, result_id: UUID) -> None:
    """Promise a mail about what the customer must do there: in ten minutes, with all else that comes up until then.

    The next one of the same job is due six hours after it at the earliest.
    """
    await connection.execute(
        """
        insert into mails (kind, customer_id, job_id, key, due_at)
        select 'action_needed', j.customer_id, j.id, 'action_needed:' || j.id || ':' || before.mails,
            greatest(now() + $2::interval, before.last_sent_at + $3::interval)
        from job_results r join jobs j on j.id = r.job_id, lateral (
            select count(*) as mails, max(m.sent_at) as last_sent_at from mails m
            -- One that is being sent has its words already.
            where m.job_id = j.id and m.kind = 'action_needed' and m.tries > 0) as before
        where r.id = $1
        on conflict (key) do nothing
        """,
        result_id,
        _GATHERED_FOR,
        _AT_MOST_EVERY,
    )


async def put_reminders(db: Executor) -> None:
    """Promise a mail to each customer of whose time for something half is over, or all but a day.

    It is the mail that asks, once more: it tells of all that waits for them. Safe to repeat.
    """
    await db.execute(
        """
        insert into mails (kind, customer_id, job_id, key)
        select distinct 'action_needed', j.customer_id, j.id, 'action_needed:' || j.id || ':' || before.mails
        from actions a join job_results r on r.id = a.result_id join jobs j on j.id = r.job_id, lateral (
            values (a.created_at + (a.deadline_at - a.created_at) / 2), (a.deadline_at - interval '1 day')
        ) as moment (due), lateral (
            select count(*) as mails, max(coalesce(m.sent_at, m.given_up_at, m.created_at)) as last_at from mails m
            where m.job_id = j.id and m.kind = 'action_needed' and m.tries > 0) as before
        where a.status = 'open' and a.kind = any($1) and a.deadline_at > now() and moment.due <= now()
            -- Nobody is reminded of what they have not been asked for: that mail is on its way.
            and before.last_at < moment.due - $2::interval
        on conflict (key) do nothing
        """,
        list(BY_CUSTOMER),
        _REMEMBERED_FOR,
    )


async def put_links(db: Executor, email: str) -> None:
    """Promise a mail with new links to whoever has jobs under this address; nothing happens where nobody has.

    Asked for again within a quarter of an hour, it is the same mail.
    """
    await db.execute(
        """
        insert into mails (kind, customer_id, key)
        select 'links', c.id,
            'links:' || c.id || ':' || floor(extract(epoch from now()) / extract(epoch from $2::interval))
        from customers c where lower(c.email) = lower($1) and exists (select from jobs j where j.customer_id = c.id)
        order by c.created_at, c.id limit 1
        on conflict (key) do nothing
        """,
        email,
        _ASKED_AGAIN_AFTER,
    )


async def claim(db: Executor) -> Mail | None:
    """The mail that has been due the longest; nobody else gets it for two minutes.

    It is due again after a pause that doubles with every try, up to four hours, unless it is settled.
    """
    row = await db.fetchrow(
        f"""
        update mails set tries = tries + 1,
            due_at = now() + least(interval '1 minute' * power(2, tries + 1), interval '4 hours')
        where id = (
            select m.id from mails m where {_UNSENT} and m.due_at <= now()
            order by m.due_at, m.id limit 1 for update skip locked)
        returning id, kind, customer_id, job_id, tries
        """  # noqa: S608
    )
    return Mail.model_validate(dict(row)) if row else None


async def due(db: Executor) -> tuple[UUID, ...]:
    """The mails that wait to be sent now."""
    rows = await db.fetch(f"select m.id from mails m where {_UNSENT} and m.due_at <= now() order by m.due_at, m.id")  # noqa: S608
    return tuple(row["id"] for row in rows)


async def given_up(db: Executor) -> tuple[UUID, ...]:
    """The mails that were given up within a day."""
    rows = await db.fetch("select id from mails where given_up_at > now() - interval '1 day' order by given_up_at, id")
    return tuple(row["id"] for row in rows)


async def listed(db: Executor, state: MailState | None, limit: int) -> tuple[PromisedMail, ...]:
    """The newest mails, all or those of one state."""
    rows = await db.fetch(
        """
        select * from (
            select id, kind, job_id, tries, error, created_at, due_at, sent_at,
                case when sent_at is not null then 'sent' when given_up_at is not null then 'given_up'
                    else 'waiting' end as state
            from mails) as shown
        where $1::text is null or state = $1 order by created_at desc, id limit $2
        """,
        state,
        limit,
    )
    return tuple(PromisedMail.model_validate(dict(row)) for row in rows)


async def mark_sent(db: Executor, mail_id: UUID) -> None:
    await db.execute("update mails set sent_at = now(), error = '' where id = $1 and sent_at is null", mail_id)


async def mark_failed(db: Executor, mail: Mail, error: str, *, for_good: bool) -> None:
    """Keep why it was not sent. It is given up where that is for good, and after too many tries."""
    await db.execute(
        """
        update mails set error = $2, given_up_at = case when $3 then now() end
        where id = $1 and sent_at is null and tries = $4
        """,
        mail.id,
        error,
        for_good or mail.tries >= MOST_TRIES,
        mail.tries,
    )


async def call_off(db: Executor, mail_id: UUID) -> None:
    """There is nothing to say any more."""
    await db.execute("delete from mails where id = $1 and sent_at is null", mail_id)


async def recipient(db: Executor, mail: Mail) -> Recipient:
    row = await db.fetchrow("select email, name from customers where id = $1", mail.customer_id)
    assert row is not None
    return Recipient.model_validate(dict(row))


async def jobs_of(db: Executor, mail: Mail) -> tuple[MailedJob, ...]:
    """The job that the mail is about; where it is about none, the newest of all that are known by its address."""
    rows = await db.fetch(
        """
        select j.id as job_id, j.business_name, j.tier, j.status, j.created_at,
            case when j.stop_requested_at is not null then j.stop_reason end as stop_reason, (
                select coalesce(jsonb_object_agg(name, number), '{}') from (
                    select state_group(r, d) as name, count(*) as number
                    from job_results r join directories d on d.id = r.directory_id where r.job_id = j.id group by 1
                ) as counted) as groups
        from jobs j join customers c on c.id = j.customer_id
        where j.id = $1 or ($1 is null and lower(c.email) = (select lower(email) from customers where id = $2))
        order by j.created_at desc, j.id limit $3
        """,
        mail.job_id,
        mail.customer_id,
        _MOST_JOBS,
    )
    return tuple(
        MailedJob.model_validate(
            {**row, "stopped": wording.stopped(row["stop_reason"]) if row["stop_reason"] is not None else None}
        )
        for row in rows
    )


async def to_do(db: Executor, job_id: UUID) -> tuple[MailedAction, ...]:
    """What the customer must do, by deadline."""
    rows = await db.fetch(
        """
        select d.name as directory, a.deadline_at
        from actions a join job_results r on r.id = a.result_id join directories d on d.id = r.directory_id
        where r.job_id = $1 and a.status = 'open' and a.kind = any($2) and a.deadline_at > now()
        order by a.deadline_at, d.name
        """,
        job_id,
        list(BY_CUSTOMER),
    )
    return tuple(MailedAction.model_validate(dict(row)) for row in rows)
