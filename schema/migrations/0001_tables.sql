-- migrate:up
create table customers (
    id uuid primary key default gen_random_uuid(),
    email text not null,
    name text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table directories (
    id uuid primary key default gen_random_uuid(),
    slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
    name text not null,
    submission_url text not null check (submission_url ~* '^https?://'),
    domain_authority smallint not null default 0 check (domain_authority between 0 and 100),
    priority_tier smallint not null default 1 check (priority_tier between 1 and 5),
    category text not null default '',
    active boolean not null default true,
    automation text not null default 'silent' check (automation in ('allowed', 'silent', 'forbidden')),
    accept_terms boolean not null default true,
    interval_ms integer not null default 0 check (interval_ms >= 0),
    -- The next moment at which a visit that submits may begin; advanced by interval_ms when a slot is reserved.
    next_slot_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index directories_by_rank on directories (domain_authority desc, slug) where active;

create table jobs (
    id uuid primary key default gen_random_uuid(),
    customer_id uuid not null references customers (id),
    tier text not null check (tier in ('starter', 'growth', 'professional', 'enterprise')),
    package_size integer not null check (package_size > 0),
    status text not null default 'pending'
        check (status in ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    business_name text not null,
    business_key text not null,
    -- Pinned when the job is paid: a later edit of the profile makes a new job.
    business_data jsonb not null,
    -- Null: chosen by tier. Otherwise exactly these directories.
    directory_slugs text[],
    source text not null default '',
    failure text,
    -- Counters, kept by a trigger on job_results.
    total integer not null default 0,
    ended integer not null default 0,
    waiting integer not null default 0,
    directories_selected_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    started_at timestamptz,
    completed_at timestamptz
);
create index jobs_by_customer on jobs (customer_id, created_at desc);
create index jobs_by_age on jobs (created_at desc);
create index jobs_not_begun on jobs (id) where status = 'pending';

create table job_results (
    id uuid primary key default gen_random_uuid(),
    job_id uuid not null references jobs (id),
    directory_id uuid not null references directories (id),
    status text not null default 'pending' check (status in (
        'pending', 'planned', 'submitting', 'submitted', 'awaiting_action',
        'uncertain', 'approved', 'rejected', 'skipped', 'failed')),
    idempotency_key text not null unique,
    business_key text not null,
    -- Counts the intents that were claimed; an outcome names the attempt it belongs to.
    attempt integer not null default 0,
    -- Set by the claim, cleared only by proof that the directory did not take it. While it is set, nobody else may click.
    intent_at timestamptz,
    plan jsonb,
    evidence text not null default 'none' check (evidence in ('none', 'response', 'text', 'listing', 'person')),
    failure text,
    reason text not null default '',
    final_url text not null default '',
    page_text text not null default '',
    screenshot text not null default '',
    response_status integer,
    confidence real not null default 0,
    started_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (job_id, directory_id),
    -- The promise, as the database sees it: no success without proof, no proof of a click nobody claimed.
    constraint submitted_needs_evidence check (status <> 'submitted' or evidence <> 'none'),
    constraint submitting_needs_intent check (status not in ('submitting', 'uncertain') or intent_at is not null)
);
-- One listing of a business in a directory, whatever job paid for it.
create unique index job_results_one_listing on job_results (business_key, directory_id) where intent_at is not null;
create index job_results_by_directory on job_results (directory_id, finished_at desc);

create table form_mappings (
    id uuid primary key default gen_random_uuid(),
    directory_id uuid not null references directories (id),
    fingerprint text not null,
    mapper_version text not null,
    source text not null,
    plan jsonb not null,
    confirmed integer not null default 0,
    refused integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (directory_id, fingerprint, mapper_version)
);

create table queue_history (
    id uuid primary key default gen_random_uuid(),
    seq bigint generated always as identity unique,
    -- No foreign key: a rejected message may name a job that does not exist.
    job_id uuid,
    directory text,
    event text not null check (event in (
        'queue_claimed', 'queue_rejected', 'workflow_started', 'job_started', 'plan_ready', 'submission_intent',
        'submission_complete', 'submission_failed', 'action_required', 'action_resolved', 'job_completed',
        'replay_requested', 'dlq_redriven')),
    detail jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create index queue_history_by_job on queue_history (job_id, seq);

create table worker_heartbeats (
    id uuid primary key,
    host text not null,
    pid integer not null,
    status text not null check (status in ('running', 'stopped')),
    started_at timestamptz not null default now(),
    beat_at timestamptz not null default now()
);

create table actions (
    id uuid primary key default gen_random_uuid(),
    result_id uuid not null references job_results (id),
    kind text not null,
    instructions text not null,
    screenshot text not null default '',
    status text not null default 'open' check (status in ('open', 'resolved', 'expired', 'cancelled')),
    resolution text check (resolution in ('confirmed', 'retry', 'give_up')),
    resolved_by text,
    note text not null default '',
    deadline_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index actions_one_open on actions (result_id) where status = 'open';

create table outbox (
    id uuid primary key default gen_random_uuid(),
    job_id uuid not null references jobs (id),
    message jsonb not null,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    sends integer not null default 0
);
create index outbox_unsent on outbox (created_at) where sent_at is null;
create index outbox_by_job on outbox (job_id);

create table stripe_events (
    id text primary key,
    type text not null,
    livemode boolean not null,
    payload jsonb not null,
    created_at timestamptz not null default now()
);

-- migrate:down
drop table stripe_events, outbox, actions, worker_heartbeats, queue_history, form_mappings, job_results, jobs,
    directories, customers;
