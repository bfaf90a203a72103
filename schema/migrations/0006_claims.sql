-- migrate:up
alter table actions
    -- Who works on it, and until when that keeps others away. All three are set, or none.
    add column claimed_by text,
    add column claimed_at timestamptz,
    add column claimed_until timestamptz,
    add column closed_at timestamptz,
    add constraint claims_run_out check (num_nonnulls(claimed_by, claimed_at, claimed_until) in (0, 3));
update actions set closed_at = updated_at where status <> 'open';
alter table actions add constraint closed_at_some_time check ((status = 'open') = (closed_at is null));
create index actions_by_deadline on actions (deadline_at) where status = 'open';

-- migrate:down
drop index actions_by_deadline;
alter table actions drop constraint closed_at_some_time, drop constraint claims_run_out, drop column closed_at,
    drop column claimed_until, drop column claimed_at, drop column claimed_by;
