-- migrate:up
alter table worker_heartbeats drop constraint worker_heartbeats_status_check;
alter table worker_heartbeats
    add constraint worker_heartbeats_status_check
        check (status in ('starting', 'running', 'draining', 'stopped', 'lost')),
    -- The workflow IDs of the directories that the worker is at.
    add column work text[] not null default '{}',
    -- Activities that ended well and that failed, and submissions that a directory accepted, since the worker's start.
    add column done bigint not null default 0,
    add column failed bigint not null default 0,
    add column submissions bigint not null default 0;
-- With the new columns. One that is marked as lost stays stale until it beats again or is forgotten.
create or replace view stale_workers as
select * from worker_heartbeats where status <> 'stopped' and beat_at < now() - interval '2 minutes';

-- When the job's words were moved to the artifact store, and the key of the document that holds them.
alter table jobs
    add column archived_at timestamptz,
    add column archive text not null default '';
create index jobs_to_archive on jobs (completed_at) where status in ('completed', 'failed', 'cancelled');
create index jobs_in_progress on jobs (id) where status = 'in_progress';
-- Whether anybody names an artifact.
create index job_results_by_screenshot on job_results using hash (screenshot) where screenshot <> '';
create index actions_by_screenshot on actions using hash (screenshot) where screenshot <> '';

-- The history by months, so that an old one leaves in one piece. Every row is copied under one lock: whoever writes
-- meanwhile waits. A sequence in place of the identity, which partitioned tables have from PostgreSQL 17 on only.
alter table queue_history rename to queue_history_whole;
create table queue_history (like queue_history_whole including defaults including constraints)
    partition by range (created_at);
-- For a month that nobody has made yet: an insert never fails.
create table queue_history_default partition of queue_history default;

create function history_partition(month date) returns text language sql immutable as $$
    select 'queue_history_y' || extract(year from month)::int || 'm' || lpad(extract(month from month)::text, 2, '0')
$$;

-- Make the partition of the month (UTC) that the day lies in; false when there is one. What the default partition
-- holds of that month moves into it.
create function make_history_partition(day date) returns boolean language plpgsql as $$
declare
    starts timestamptz := date_trunc('month', day::timestamp) at time zone 'utc';
    ends timestamptz := (date_trunc('month', day::timestamp) + interval '1 month') at time zone 'utc';
    partition text := history_partition(day);
begin
    -- Two that come at once: the second waits here, and finds it made. Inserts go on.
    lock table queue_history in share update exclusive mode;
    if to_regclass(partition) is not null then
        return false;
    end if;
    execute format('create table %I (like queue_history including defaults including constraints)', partition);
    if exists (select from queue_history_default where created_at >= starts and created_at < ends) then
        alter table queue_history_default disable trigger append_only;
        execute format(
            'with moved as (delete from queue_history_default where created_at >= $1 and created_at < $2 returning *)
            insert into %I select * from moved', partition) using starts, ends;
        alter table queue_history_default enable trigger append_only;
    end if;
    execute format('create trigger never_emptied before truncate on %I for each statement
        execute function refuse_rewriting_history()', partition);
    execute format('alter table queue_history attach partition %I for values from (%L) to (%L)',
        partition, starts, ends);
    return true;
end $$;

-- Let the month go, if it holds as many rows as were archived: then true.
create function drop_history_partition(day date, archived bigint) returns boolean language plpgsql as $$
declare
    partition text := history_partition(day);
    held bigint;
begin
    lock table queue_history in access exclusive mode;
    if to_regclass(partition) is null then
        return false;
    end if;
    execute format('select count(*) from %I', partition) into held;
    if held <> archived then
        return false;
    end if;
    execute format('drop table %I', partition);
    return true;
end $$;

select make_history_partition(month) from (
    select distinct date_trunc('month', created_at at time zone 'utc')::date as month from queue_history_whole
    union select (date_trunc('month', now() at time zone 'utc') + make_interval(months => ahead))::date
    from generate_series(0, 3) as ahead
) as needed order by month;
insert into queue_history select * from queue_history_whole order by seq;
create sequence queue_history_order owned by queue_history.seq;
select setval('queue_history_order', coalesce(max(seq), 0) + 1, false) from queue_history_whole;
drop table queue_history_whole;
alter table queue_history
    alter column seq set default nextval('queue_history_order'),
    add primary key (id, created_at),
    add unique (seq, created_at);
create index queue_history_by_job on queue_history (job_id, seq);
create trigger append_only before update or delete on queue_history for each row
    execute function refuse_rewriting_history();
create trigger never_emptied before truncate on queue_history for each statement
    execute function refuse_rewriting_history();
create trigger never_emptied before truncate on queue_history_default for each statement
    execute function refuse_rewriting_history();
create trigger announce after insert on queue_history for each row execute function announce_event();

-- The months there are; `first_day` names one, and its rows are those from then until `ends`.
create view history_months as
select first_day, first_day::timestamp at time zone 'utc' as starts,
    (first_day + interval '1 month') at time zone 'utc' as ends
from (
    select to_date(right(c.relname, 7), 'YYYY"m"MM') as first_day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'queue_history'::regclass and c.relname <> 'queue_history_default'
) as months;

-- migrate:down
alter table queue_history rename to queue_history_parts;
drop view history_months;
create table queue_history (like queue_history_parts including constraints);
insert into queue_history select * from queue_history_parts order by seq;
drop table queue_history_parts;
drop function make_history_partition, drop_history_partition, history_partition;
alter table queue_history
    alter column id set default gen_random_uuid(),
    alter column detail set default '{}',
    alter column created_at set default now(),
    alter column seq add generated always as identity,
    add primary key (id),
    add unique (seq);
select setval(pg_get_serial_sequence('queue_history', 'seq'), coalesce(max(seq), 0) + 1, false) from queue_history;
create index queue_history_by_job on queue_history (job_id, seq);
create trigger append_only before update or delete on queue_history for each row
    execute function refuse_rewriting_history();
create trigger never_emptied before truncate on queue_history for each statement
    execute function refuse_rewriting_history();
create trigger announce after insert on queue_history for each row execute function announce_event();

drop index actions_by_screenshot, job_results_by_screenshot, jobs_in_progress, jobs_to_archive;
alter table jobs drop column archived_at, drop column archive;

drop view stale_workers;
update worker_heartbeats set status = case status when 'starting' then 'running' else 'stopped' end
    where status not in ('running', 'stopped');
alter table worker_heartbeats drop column work, drop column done, drop column failed, drop column submissions;
alter table worker_heartbeats drop constraint worker_heartbeats_status_check;
alter table worker_heartbeats add constraint worker_heartbeats_status_check check (status in ('running', 'stopped'));
create view stale_workers as
select * from worker_heartbeats where status <> 'stopped' and beat_at < now() - interval '2 minutes';
