-- Optional, for Supabase, after 1_customers.sql: changes of a job reach its customer's browser by Realtime. It sends a
-- row to whoever may select it, and of it only the columns that they may select. Safe to repeat.
do $$
declare
    name text;
begin
    if not exists (select from pg_publication where pubname = 'supabase_realtime') then
        create publication supabase_realtime;
    end if;
    foreach name in array array['jobs', 'job_results'] loop
        if not exists (
            select from pg_publication_tables
            where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = name
        ) then
            execute format('alter publication supabase_realtime add table public.%I', name);
        end if;
    end loop;
end $$;
