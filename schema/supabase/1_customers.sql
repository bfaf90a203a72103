-- Optional, for Supabase: customers' browsers read their job's progress from it directly. Run it as the owner of the
-- tables, after `directorybolt migrate`; safe to repeat. Without it the roles `anon` and `authenticated`, which anybody
-- on the internet may be, see nothing.
--
-- A browser shows a token that your server has signed with the project's JWT secret, for a customer who has shown it
-- their link: {"role": "authenticated", "link": "<links.id>", "exp": …}. The claim is the id of the link, not its secret;
-- the link is looked up each time, so that a revoked one opens nothing, whatever was signed before.

-- The job of the claimed link. With the owner's rights, because nobody else may read links.
create or replace function linked_job() returns uuid
language sql stable security definer set search_path = public, pg_temp as $$
    select job_id from links
    where id::text = current_setting('request.jwt.claims', true)::jsonb ->> 'link'
        and revoked_at is null and (expires_at is null or expires_at > now())
$$;
revoke execute on function linked_job() from public, anon;
grant execute on function linked_job() to authenticated;

-- No customer data but the name, nothing that a directory's page wrote, and nothing to be written.
grant usage on schema public to authenticated;
grant select (id, business_name, tier, status, total, ended, waiting, created_at, started_at, completed_at)
    on jobs to authenticated;
grant select (id, job_id, directory_id, status, evidence, failure, started_at, finished_at, updated_at)
    on job_results to authenticated;
grant select (id, slug, name) on directories to authenticated;

drop policy if exists linked on jobs;
create policy linked on jobs for select to authenticated using (id = (select linked_job()));
drop policy if exists linked on job_results;
create policy linked on job_results for select to authenticated using (job_id = (select linked_job()));
drop policy if exists linked on directories;
create policy linked on directories for select to authenticated
    using (id in (select r.directory_id from job_results r where r.job_id = (select linked_job())));
