-- Takes back what 1_customers.sql and 2_realtime.sql gave. Safe to repeat.
do $$
declare
    name text;
begin
    for name in
        select tablename from pg_publication_tables
        where pubname = 'supabase_realtime' and schemaname = 'public' and tablename in ('jobs', 'job_results')
    loop
        execute format('alter publication supabase_realtime drop table public.%I', name);
    end loop;
end $$;
drop policy if exists linked on jobs;
drop policy if exists linked on job_results;
drop policy if exists linked on directories;
revoke all on jobs, job_results, directories from authenticated;
drop function if exists linked_job();
