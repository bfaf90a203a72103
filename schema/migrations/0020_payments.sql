-- migrate:up
alter table payments
    -- What came in, as Stripe says: where it is not what was asked for, nothing is made of it.
    add column received_cents integer not null default 0 check (received_cents >= 0),
    -- When the customer authorised us to act; the draft may be gone one day.
    add column consented_at timestamptz;
create index payments_by_age on payments (created_at desc);
create index payments_in_trouble on payments (created_at) where trouble <> '';

-- A payment's state is what all of its events say together, in whatever order they came.
alter table stripe_events
    add column payment_id uuid references payments (id),
    add column payment_intent_id text;
create index stripe_events_by_payment on stripe_events (payment_id) where payment_id is not null;
create index stripe_events_by_intent on stripe_events (payment_intent_id) where payment_intent_id is not null;

-- What we gave back, written before Stripe is asked: the same state of the ledger is refunded once.
create table refunds (
    id uuid primary key default gen_random_uuid(),
    payment_id uuid not null references payments (id),
    ledger_version text not null,
    amount_cents integer not null check (amount_cents > 0),
    stripe_refund_id text unique,
    created_at timestamptz not null default now(),
    unique (payment_id, ledger_version)
);
-- At most one that nobody knows the end of.
create unique index refunds_one_unfinished on refunds (payment_id) where stripe_refund_id is null;
alter table refunds enable row level security;
grant select, insert, update, delete on refunds to directorybolt_api;
create policy api_all on refunds to directorybolt_api using ((select sees_everything()));

-- What was stopped stays stopped, also where it had ended before.
create or replace function replay_answer(result job_results, job jobs, directory directories) returns text
language sql immutable as $$
    select case
        when is_waiting(result.status) then 'waits_for_person'
        when not is_ended(result.status) then
            case when result.replays > 0 then 'already_requested' else 'under_way' end
        when result.status in ('submitted', 'approved') then 'already_submitted'
        when result.intent_at is not null or result.status not in ('failed', 'skipped') then 'may_be_sent'
        when result.failure = 'already_listed' then 'already_listed'
        when job.status = 'cancelled' or job.stop_requested_at is not null then 'job_cancelled'
        when not directory.active or directory.automation = 'forbidden' then 'policy_forbids'
        else 'accepted'
    end
$$;

-- migrate:down
create or replace function replay_answer(result job_results, job jobs, directory directories) returns text
language sql immutable as $$
    select case
        when is_waiting(result.status) then 'waits_for_person'
        when not is_ended(result.status) then
            case when result.replays > 0 then 'already_requested' else 'under_way' end
        when result.status in ('submitted', 'approved') then 'already_submitted'
        when result.intent_at is not null or result.status not in ('failed', 'skipped') then 'may_be_sent'
        when result.failure = 'already_listed' then 'already_listed'
        when job.status = 'cancelled' then 'job_cancelled'
        when not directory.active or directory.automation = 'forbidden' then 'policy_forbids'
        else 'accepted'
    end
$$;
drop table refunds;
drop index stripe_events_by_intent, stripe_events_by_payment;
alter table stripe_events drop column payment_intent_id, drop column payment_id;
drop index payments_in_trouble, payments_by_age;
alter table payments drop column consented_at, drop column received_cents;
