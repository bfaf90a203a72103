-- migrate:up
-- What staff are told of. One open row per key: whoever meets the condition again only touches it.
create table alerts (
    id uuid primary key default gen_random_uuid(),
    key text not null,
    event jsonb not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    resolved_at timestamptz
);
create unique index alerts_one_open on alerts (key) where resolved_at is null;
create index alerts_by_end on alerts (resolved_at);

-- Who has been told what. A channel claims what it is about to say; one that died in between loses the claim by time.
create table alert_deliveries (
    alert_id uuid not null references alerts (id) on delete cascade,
    channel text not null,
    word text not null check (word in ('raised', 'resolved')),
    claimed_until timestamptz not null,
    sent_at timestamptz,
    primary key (alert_id, channel, word)
);

-- The failure rate of the last hour, and the reasons of the dead letters, are looked for every few minutes.
create index job_results_by_end on job_results (finished_at);
create index queue_history_by_message on queue_history ((detail ->> 'message_id')) 
    where event in ('queue_claimed', 'queue_rejected');

-- migrate:down
drop index queue_history_by_message, job_results_by_end;
drop table alert_deliveries, alerts;
