-- migrate:up
-- What a customer types before paying. The browser holds the secret; here is its sha256.
create table drafts (
    id uuid primary key default gen_random_uuid(),
    secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
    tier text not null default 'starter' check (tier in ('starter', 'growth', 'professional', 'enterprise')),
    -- As typed: not yet a whole profile.
    profile jsonb not null default '{}',
    -- A data: URL. Apart, so that saving what is typed does not carry the picture.
    logo text not null default '' check (octet_length(logo) <= 3000000),
    -- Counts the changes: an order is of one version, and a later one makes another order.
    version integer not null default 1,
    -- When the customer authorised us to act and confirmed what is written here.
    consented_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index drafts_by_age on drafts (updated_at);
create trigger touch before update on drafts for each row execute function touch_updated_at();

create table payments (
    id uuid primary key default gen_random_uuid(),
    draft_id uuid references drafts (id) on delete set null,
    draft_version integer not null default 1,
    tier text not null check (tier in ('starter', 'growth', 'professional', 'enterprise')),
    amount_cents integer not null check (amount_cents > 0),
    currency text not null default 'usd' check (currency ~ '^[a-z]{3}$'),
    livemode boolean not null,
    -- What is ordered, pinned when the customer goes to pay.
    profile jsonb not null,
    checkout_session_id text unique,
    payment_intent_id text unique,
    status text not null default 'open'
        check (status in ('open', 'processing', 'paid', 'mismatched', 'failed', 'expired')),
    refunded_cents integer not null default 0 check (refunded_cents >= 0),
    disputed boolean not null default false,
    -- Why staff should look at it, in a sentence.
    trouble text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    paid_at timestamptz
);
create unique index payments_one_open on payments (draft_id) where status = 'open';
create trigger touch before update on payments for each row execute function touch_updated_at();

alter table jobs
    -- At most one job of a payment, whatever arrives how often.
    add column payment_id uuid unique references payments (id),
    -- Refunded or disputed: nothing more is to be sent. What is there stays, with its proof.
    add column stop_requested_at timestamptz,
    add column stop_reason text not null default '';
create index jobs_to_stop on jobs (id) where stop_requested_at is not null and status in ('pending', 'in_progress');

-- How a customer gets to their job without an account. The link holds the secret; here is its sha256.
create table links (
    id uuid primary key default gen_random_uuid(),
    job_id uuid not null references jobs (id),
    secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
    why text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    used_at timestamptz
);
create index links_by_job on links (job_id);

-- Mails that were promised in a transaction. No row holds a secret: a link's is made when its mail is sent.
create table mails (
    id uuid primary key default gen_random_uuid(),
    kind text not null check (kind in ('paid', 'action_needed', 'done', 'links')),
    customer_id uuid not null references customers (id),
    job_id uuid references jobs (id),
    -- What makes it the same mail: put twice, it is sent once.
    key text not null unique,
    due_at timestamptz not null default now(),
    tries integer not null default 0,
    error text not null default '',
    sent_at timestamptz,
    given_up_at timestamptz,
    created_at timestamptz not null default now()
);
create index mails_by_job on mails (job_id);
create index customers_by_email on customers (lower(email));
create index mails_due on mails (due_at) where sent_at is null and given_up_at is null;

-- What staff and services show to be let in, as its sha256.
create table tokens (
    id uuid primary key default gen_random_uuid(),
    name text not null check (name <> ''),
    secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
    scopes text[] not null check (scopes <@ array['read', 'act', 'admin', 'enqueue'] and cardinality(scopes) > 0),
    created_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    used_at timestamptz
);
create unique index tokens_one_name on tokens (name) where revoked_at is null;

-- A browser in which somebody of the staff is signed in: by a token, or by the OpenID provider.
create table staff_sessions (
    id uuid primary key default gen_random_uuid(),
    secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
    name text not null,
    scopes text[] not null check (scopes <@ array['read', 'act', 'admin'] and cardinality(scopes) > 0),
    token_id uuid references tokens (id),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz
);

-- What staff did. Append-only.
create table audit (
    id uuid primary key default gen_random_uuid(),
    at timestamptz not null default now(),
    who text not null,
    what text not null,
    target text not null default '',
    request_id text not null default '',
    detail jsonb not null default '{}'
);
create index audit_by_time on audit (at desc);
create index audit_by_target on audit (target, at desc);
create function refuse_rewriting_audit() returns trigger language plpgsql as $$
begin
    raise exception 'audit is append-only' using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update or delete on audit for each row execute function refuse_rewriting_audit();
create trigger never_emptied before truncate on audit for each statement execute function refuse_rewriting_audit();

-- migrate:down
drop table audit, staff_sessions, tokens, mails, links;
drop index customers_by_email;
drop function refuse_rewriting_audit;
alter table jobs drop column payment_id, drop column stop_requested_at, drop column stop_reason;
drop table payments, drafts;
