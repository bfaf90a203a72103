-- migrate:up
-- The second wall: which rows a process can see at all, whatever its queries ask for. The owner of the tables (who
-- migrates, and the command) sees everything; worker and API run in roles of their own, and for every table it is said
-- here what each of them may do. A table of which nothing is said is closed.

-- Roles belong to the whole cluster: another database of it may make them at this very moment, or have made them long
-- ago, and so they outlive this file's down. Nobody can log in as one; whoever migrates may become one.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['directorybolt_api', 'directorybolt_worker', 'directorybolt_reader'] loop
        loop
            begin
                if not exists (select from pg_roles where rolname = wanted) then
                    execute format('create role %I nologin', wanted);
                end if;
                execute format('grant %I to current_user', wanted);
                exit;
            exception
                when duplicate_object or unique_violation or internal_error then
                    -- Somebody else was at it: "tuple concurrently updated".
                    perform pg_sleep(0.05 * random());
                when insufficient_privilege then
                    if not pg_has_role(current_user, wanted, 'member') then
                        raise;
                    end if;
                    exit;
            end;
        end loop;
    end loop;
end $$;

-- What a connection is for, as its process has set it: one job, everything, or nothing.
create function seen_job() returns uuid language sql stable as $$
    select nullif(current_setting('directorybolt.job_id', true), '')::uuid
$$;
create function sees_everything() returns boolean language sql stable as $$
    select coalesce(current_setting('directorybolt.scope', true) = 'all', false)
$$;

-- Every table there is, dbmate's own and each month of the history too.
do $$
declare
    name text;
begin
    for name in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    loop
        execute format('alter table public.%I enable row level security', name);
    end loop;
end $$;

grant usage on schema public to directorybolt_api, directorybolt_worker, directorybolt_reader;
grant usage on sequence queue_history_order to directorybolt_api, directorybolt_worker;

-- The worker: every row of what it works on. It knows no token, no session, no audit and no draft.
grant select, insert, update on customers, jobs, job_results, directories, actions, outbox, payments, stripe_events,
    links to directorybolt_worker;
grant select, insert, update, delete on form_mappings, form_changes, worker_heartbeats, alerts, alert_deliveries,
    robots_files, challenges, pending_artifacts, mails to directorybolt_worker;
grant select, insert on queue_history to directorybolt_worker;
-- For which months there is no partition yet.
grant select on queue_history_default to directorybolt_worker;
create policy worker on customers to directorybolt_worker using (true);
create policy worker on jobs to directorybolt_worker using (true);
create policy worker on job_results to directorybolt_worker using (true);
create policy worker on directories to directorybolt_worker using (true);
create policy worker on actions to directorybolt_worker using (true);
create policy worker on outbox to directorybolt_worker using (true);
create policy worker on payments to directorybolt_worker using (true);
create policy worker on stripe_events to directorybolt_worker using (true);
create policy worker on links to directorybolt_worker using (true);
create policy worker on form_mappings to directorybolt_worker using (true);
create policy worker on form_changes to directorybolt_worker using (true);
create policy worker on worker_heartbeats to directorybolt_worker using (true);
create policy worker on alerts to directorybolt_worker using (true);
create policy worker on alert_deliveries to directorybolt_worker using (true);
create policy worker on robots_files to directorybolt_worker using (true);
create policy worker on challenges to directorybolt_worker using (true);
create policy worker on pending_artifacts to directorybolt_worker using (true);
create policy worker on mails to directorybolt_worker using (true);
create policy worker on queue_history to directorybolt_worker using (true);
create policy worker on queue_history_default for select to directorybolt_worker using (true);

-- The API where it serves staff, Stripe, and who is about to pay: everything it works on.
grant select, insert, update on customers, jobs, job_results, directories, actions, outbox, payments, stripe_events,
    links, tokens, staff_sessions, form_mappings, challenges to directorybolt_api;
grant select, insert, update, delete on drafts, mails, form_changes to directorybolt_api;
grant select, insert on queue_history, audit to directorybolt_api;
grant select on worker_heartbeats, alerts, alert_deliveries, robots_files, pending_artifacts to directorybolt_api;
create policy api_all on customers to directorybolt_api using ((select sees_everything()));
create policy api_all on jobs to directorybolt_api using ((select sees_everything()));
create policy api_all on job_results to directorybolt_api using ((select sees_everything()));
create policy api_all on directories to directorybolt_api using ((select sees_everything()));
create policy api_all on actions to directorybolt_api using ((select sees_everything()));
create policy api_all on outbox to directorybolt_api using ((select sees_everything()));
create policy api_all on payments to directorybolt_api using ((select sees_everything()));
create policy api_all on stripe_events to directorybolt_api using ((select sees_everything()));
create policy api_all on links to directorybolt_api using ((select sees_everything()));
create policy api_all on tokens to directorybolt_api using ((select sees_everything()));
create policy api_all on staff_sessions to directorybolt_api using ((select sees_everything()));
create policy api_all on form_mappings to directorybolt_api using ((select sees_everything()));
create policy api_all on challenges to directorybolt_api using ((select sees_everything()));
create policy api_all on drafts to directorybolt_api using ((select sees_everything()));
create policy api_all on mails to directorybolt_api using ((select sees_everything()));
create policy api_all on form_changes to directorybolt_api using ((select sees_everything()));
create policy api_all on queue_history to directorybolt_api using ((select sees_everything()));
create policy api_all on audit to directorybolt_api using ((select sees_everything()));
create policy api_all on worker_heartbeats to directorybolt_api using ((select sees_everything()));
create policy api_all on alerts to directorybolt_api using ((select sees_everything()));
create policy api_all on alert_deliveries to directorybolt_api using ((select sees_everything()));
create policy api_all on robots_files to directorybolt_api using ((select sees_everything()));
create policy api_all on pending_artifacts to directorybolt_api using ((select sees_everything()));

-- The API where it serves a customer: their one job, to be read.
create policy api_job on jobs for select to directorybolt_api using (id = (select seen_job()));
create policy api_job on job_results for select to directorybolt_api using (job_id = (select seen_job()));
create policy api_job on queue_history for select to directorybolt_api using (job_id = (select seen_job()));
create policy api_job on directories for select to directorybolt_api
    using (id in (select r.directory_id from job_results r where r.job_id = (select seen_job())));
create policy api_job on actions for select to directorybolt_api
    using (result_id in (select r.id from job_results r where r.job_id = (select seen_job())));
create policy api_job on customers for select to directorybolt_api
    using (id in (select j.customer_id from jobs j where j.id = (select seen_job())));
create policy api_job on payments for select to directorybolt_api
    using (id in (select j.payment_id from jobs j where j.id = (select seen_job())));
create policy api_job on pending_artifacts for select to directorybolt_api
    using (key in (select r.screenshot from job_results r where r.job_id = (select seen_job())));

-- A dashboard: how much, how fast, how well; no secret, nobody's name, nothing that a customer or a page wrote.
grant select on directories, worker_heartbeats, alerts, alert_deliveries to directorybolt_reader;
grant select (id, customer_id, tier, package_size, status, source, failure, total, ended, waiting, stop_requested_at,
    stop_reason, directories_selected_at, created_at, updated_at, started_at, completed_at, archived_at)
    on jobs to directorybolt_reader;
grant select (id, job_id, directory_id, status, attempt, replays, intent_at, evidence, failure, response_status,
    confidence, queued_at, expected_at, started_at, finished_at, created_at, updated_at)
    on job_results to directorybolt_reader;
grant select (id, seq, job_id, directory, event, created_at) on queue_history to directorybolt_reader;
grant select (id, result_id, kind, status, resolution, deadline_at, claimed_at, claimed_until, closed_at, created_at,
    updated_at) on actions to directorybolt_reader;
grant select (id, job_id, created_at, sent_at, sends) on outbox to directorybolt_reader;
grant select (id, tier, amount_cents, currency, livemode, status, refunded_cents, disputed, created_at, updated_at,
    paid_at) on payments to directorybolt_reader;
grant select (id, kind, job_id, due_at, tries, sent_at, given_up_at, created_at) on mails to directorybolt_reader;
grant select (id, directory_id, fingerprint, mapper_version, source, confirmed, refused, confirmed_at, created_at,
    updated_at) on form_mappings to directorybolt_reader;
create policy reader on directories for select to directorybolt_reader using (true);
create policy reader on worker_heartbeats for select to directorybolt_reader using (true);
create policy reader on alerts for select to directorybolt_reader using (true);
create policy reader on alert_deliveries for select to directorybolt_reader using (true);
create policy reader on jobs for select to directorybolt_reader using (true);
create policy reader on job_results for select to directorybolt_reader using (true);
create policy reader on queue_history for select to directorybolt_reader using (true);
create policy reader on actions for select to directorybolt_reader using (true);
create policy reader on outbox for select to directorybolt_reader using (true);
create policy reader on payments for select to directorybolt_reader using (true);
create policy reader on mails for select to directorybolt_reader using (true);
create policy reader on form_mappings for select to directorybolt_reader using (true);

-- Views show what whoever asks may see, not what their owner may.
alter view job_progress set (security_invoker = true);
alter view stale_workers set (security_invoker = true);
alter view directory_success_rate set (security_invoker = true);
alter view history_months set (security_invoker = true);
grant select on job_progress, stale_workers, directory_success_rate, history_months
    to directorybolt_api, directorybolt_worker, directorybolt_reader;

-- Months of the history are made and dropped by the worker, which owns no table: as the owner, for it alone. A month
-- is reached through the history, whose policies hold; by itself it is closed.
create or replace function make_history_partition(day date) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
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
    execute format('alter table %I enable row level security', partition);
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
alter function drop_history_partition(date, bigint) security definer set search_path = public, pg_temp;
revoke execute on function make_history_partition(date), drop_history_partition(date, bigint) from public;
grant execute on function make_history_partition(date), drop_history_partition(date, bigint) to directorybolt_worker;
-- Supabase gives its own roles, behind which is everybody, all there is.
do $$
declare
    everybody text;
begin
    for everybody in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
        execute format('revoke all on all tables in schema public from %I', everybody);
        execute format('revoke execute on function make_history_partition(date), drop_history_partition(date, bigint)
            from %I', everybody);
    end loop;
end $$;

-- migrate:down
drop owned by directorybolt_api, directorybolt_worker, directorybolt_reader;
create or replace function make_history_partition(day date) returns boolean language plpgsql as $$
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
alter function drop_history_partition(date, bigint) security invoker reset search_path;
grant execute on function make_history_partition(date), drop_history_partition(date, bigint) to public;
alter view job_progress reset (security_invoker);
alter view stale_workers reset (security_invoker);
alter view directory_success_rate reset (security_invoker);
alter view history_months reset (security_invoker);
do $$
declare
    name text;
begin
    for name in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    loop
        execute format('alter table public.%I disable row level security', name);
    end loop;
end $$;
drop function sees_everything, seen_job;
