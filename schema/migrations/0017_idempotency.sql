-- migrate:up

-- Requests that change something and were asked under a key of the caller's, so that asking again does it once.
-- Nobody can read from here who asked, what, or what the answer was: ids are hashes, and the answer is sealed with what
-- only the caller knows.
create table idempotency_keys (
    -- sha256 of who asks, for what, under which key.
    id bytea primary key check (octet_length(id) = 32),
    -- sha256 of what was sent: another request under the same key is a mistake.
    request_hash bytea not null check (octet_length(request_hash) = 32),
    claimed_at timestamptz not null default now(),
    -- Null while it is being carried out.
    answer bytea
);
create index idempotency_keys_by_age on idempotency_keys (claimed_at);
alter table idempotency_keys enable row level security;
grant select, insert, update, delete on idempotency_keys to directorybolt_api;
create policy api_all on idempotency_keys to directorybolt_api using ((select sees_everything()));

-- migrate:down
drop table idempotency_keys;
