"""`alerts` and `alert_deliveries`: which conditions hold, and who has been told of them.

One statement decides what a channel is to say next, so that two workers at once say it once.
"""

import dataclasses
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from schema.contracts.alert import (
    TOLD_ONCE,
    Alert,
    AlertEvent,
    BreakerOpen,
    FailureRate,
    MailsStuck,
    Notice,
    PaymentTrouble,
    StaleWorker,
)
from schema.store import actions
from schema.store.database import Executor, Pool

_FEWEST_ENDED = 20
"""Fewer submissions than that within the hour say nothing about a rate."""

_FAILURE_RATE = 0.5
_TRIED_IN_VAIN = 3
"""Times that a mail was not taken, over a quarter of an hour: less is a server that is being restarted."""

_OVER_AFTER = timedelta(minutes=5)
"""A condition that comes and goes is one alert, not many."""

_CLAIM = timedelta(minutes=2)
"""A channel gives up after seconds; a worker that died in between is not waited for much longer."""


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """A notice that one channel of this worker, and of no other, is to tell now."""

    alert_id: UUID
    channel: str
    notice: Notice


async def look(db: Executor) -> tuple[AlertEvent, ...]:
    """What the database alone knows to be wrong at the moment."""
    stale = await db.fetch("select id as worker_id, host, pid, beat_at from stale_workers")
    rate = await db.fetch(
        """
        select count(*) as ended, count(*) filter (where status = 'failed') as failed
        from job_results
        where finished_at > now() - interval '1 hour' and is_ended(status) and status <> 'skipped'
        having count(*) >= $1 and count(*) filter (where status = 'failed') > $2::float8 * count(*)
        """,
        _FEWEST_ENDED,
        _FAILURE_RATE,
    )
    troubles = await db.fetch("select id as payment_id, trouble from payments where trouble <> ''")
    mails = await db.fetch(
        """
        select waiting, given_up
        from (
                select count(*) as waiting from mails where sent_at is null and given_up_at is null
                    -- One that nobody tries at all is due for ever: there is no mail server.
                    and (tries >= $1 or due_at < now() - interval '1 hour')) as due,
            (select count(*) as given_up from mails where given_up_at > now() - interval '1 day') as gone
        where waiting > 0 or given_up > 0
        """,
        _TRIED_IN_VAIN,
    )
    return (
        *await open_breakers(db),
        *(StaleWorker.model_validate(dict(row)) for row in stale),
        *(FailureRate.model_validate(dict(row)) for row in rate),
        *(PaymentTrouble.model_validate(dict(row)) for row in troubles),
        *(MailsStuck.model_validate(dict(row)) for row in mails),
        *await actions.due_reminders(db),
    )


async def open_breakers(db: Executor) -> tuple[BreakerOpen, ...]:
    """Directories that nobody visits, because they failed too often in a row."""
    rows = await db.fetch(
        """
        select d.slug as directory, d.failures, d.resting_until, count(r.id) as waiting
        from directories d left join job_results r on r.directory_id = d.id and r.queued_at is not null
        where d.failures >= breaker_limit()
        group by d.id
        -- After its rest it is still broken as long as somebody waits to probe it.
        having d.resting_until > now() or count(r.id) > 0
        """
    )
    return tuple(BreakerOpen.model_validate(dict(row)) for row in rows)


async def observe(pool: Pool, events: Sequence[AlertEvent], unknown: Collection[str] = ()) -> None:
    """Write down what holds now, and end what does no longer.

    `unknown` are the kinds, or beginnings of keys, that nobody looked for this time: what was so stays so.
    """
    async with pool.acquire() as connection, connection.transaction():
        # One after the other: two looks that touch the same alerts in another order would lock each other out.
        await connection.execute("select pg_advisory_xact_lock(hashtext('alerts'))")
        await connection.executemany(
            """
            insert into alerts (key, event) values ($1, $2)
            on conflict (key) where resolved_at is null do update set event = excluded.event, last_seen_at = now()
            """,
            # With its words: what another build has written must be told, and ended, by this one too.
            [(event.key, {**event.model_dump(mode="json"), "text": event.text}) for event in events],
        )
        await connection.execute(
            """
            update alerts set resolved_at = now()
            where resolved_at is null and last_seen_at <= now() - $1::interval
                and not exists (select from unnest($2::text[]) as of (beginning)
                    where key = beginning or starts_with(key, beginning || ':'))
            """,
            _OVER_AFTER,
            list(unknown),
        )


async def forget(db: Executor) -> None:
    """Remove what has been over for a quarter of a year."""
    await db.execute("delete from alerts where resolved_at < now() - interval '90 days'")


async def claim(db: Executor, channels: Sequence[str], repeat_after: timedelta) -> tuple[Claim, ...]:
    """What each of the channels is to say now, oldest first: new alerts, old ones again, and those that are over.

    That an alert is over is told by the channels that told of it. A claim that is not settled is lost after two
    minutes.
    """
    rows = await db.fetch(
        """
        with due as (
            select a.id, channel.name as channel,
                case when a.resolved_at is null then 'raised' else 'resolved' end as word
            from alerts a cross join unnest($1::text[]) channel (name)
            left join alert_deliveries told
                on told.alert_id = a.id and told.channel = channel.name and told.word = 'raised'
            where (a.resolved_at is null or (a.resolved_at > now() - interval '1 day' and told.sent_at is not null))
                and (a.event ->> 'kind' <> all($4) or (a.resolved_at is null and told.sent_at is null))
        ), claimed as (
            insert into alert_deliveries as d (alert_id, channel, word, claimed_until)
            select id, channel, word, now() + $3::interval from due
            on conflict (alert_id, channel, word) do update set claimed_until = excluded.claimed_until
            where d.claimed_until <= now()
                and (d.sent_at is null or (d.word = 'raised' and d.sent_at <= now() - $2::interval))
            returning alert_id, channel, word
        )
        select alert_id, channel, a.key, word, a.event ->> 'text' as text
        from claimed join alerts a on a.id = alert_id order by a.first_seen_at, a.key
        """,
        list(channels),
        repeat_after,
        _CLAIM,
        list(TOLD_ONCE),
    )
    return tuple(Claim(row["alert_id"], row["channel"], Notice.model_validate(dict(row))) for row in rows)


async def settle(db: Executor, claims: Sequence[Claim], *, sent: bool) -> None:
    """Write down that a channel has said its claims, or could not: then they are free for the next look."""
    await db.executemany(
        """
        update alert_deliveries set claimed_until = now(), sent_at = case when $4 then now() else sent_at end
        where alert_id = $1 and channel = $2 and word = $3
        """,
        [(claim.alert_id, claim.channel, claim.notice.word, sent) for claim in claims],
    )


async def shown(db: Executor, limit: int) -> tuple[Alert, ...]:
    """Open alerts first, then those that ended last."""
    rows = await db.fetch(
        """
        select a.key, a.event ->> 'kind' as kind, a.event ->> 'text' as text,
            a.first_seen_at, a.last_seen_at, a.resolved_at,
            array(select channel from alert_deliveries
                where alert_id = a.id and word = 'raised' and sent_at is not null order by channel) as sent
        from alerts a order by a.resolved_at desc nulls first, a.first_seen_at desc limit $1
        """,
        limit,
    )
    return tuple(Alert.model_validate(dict(row)) for row in rows)
