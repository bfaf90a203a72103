-- migrate:up
-- Proof that the artifact store did not take when it was made: kept here under its key until the store has it.
create table pending_artifacts (
    key text primary key,
    content bytea not null,
    created_at timestamptz not null default now()
);
-- A picture is compressed already.
alter table pending_artifacts alter column content set storage external;
create index pending_artifacts_by_age on pending_artifacts (created_at);

-- migrate:down
drop table pending_artifacts;
