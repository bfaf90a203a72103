-- migrate:up
-- Which of the six states that a customer tells apart a directory is in. The names are `StateGroup`'s.
create function state_group(r job_results, d directories) returns text language sql stable as $$
    select case
        when r.status in ('submitted', 'approved') then 'listed'
        when r.status = 'skipped' and r.failure = 'already_listed' and r.evidence <> 'none' then 'listed'
        when is_ended(r.status) then 'not_possible'
        when r.status = 'awaiting_action' and r.failure = 'confirmation_needed' then 'needs_you'
        when is_waiting(r.status) then 'needs_us'
        when r.status = 'submitting' or (d.held_by = r.id and d.held_until > now()) then 'working'
        else 'waiting'
    end
$$;

-- How long the whole of a recent job took, for each of its directories, as the median over them. What waited for a
-- person for days does not count: the moment at which nine of ten were done with does. It tells of all customers'
-- jobs, and therefore nothing but one figure.
create function recent_pace(of_tier text, out seconds double precision, out jobs integer)
language sql stable security definer set search_path = public, pg_temp as $$
    select percentile_cont(0.5) within group (order by pace), count(*)::integer
    from (
        select extract(epoch from (percentile_disc(0.9) within group (order by r.finished_at)) - j.started_at)::float8
            / (0.9 * j.total) as pace
        from (
            select id, started_at, total from jobs
            where tier = of_tier and status = 'completed' and completed_at > now() - interval '30 days' and total > 0
            order by completed_at desc limit 20
        ) as j join job_results r on r.job_id = j.id and r.finished_at > j.started_at
        group by j.id, j.started_at, j.total
    ) as paces
$$;
revoke execute on function recent_pace(text) from public;
grant execute on function recent_pace(text) to directorybolt_api, directorybolt_worker;

-- Whatever a customer is shown is announced when it changes, whether it is an event of the history or not. The word is
-- only that something has changed: who listens reads how it is now.
create function announce_job(job_id uuid) returns void language sql as $$
    select pg_notify('directorybolt_events', json_build_object('seq', null, 'job_id', job_id)::text)
$$;
create function announce_job_itself() returns trigger language plpgsql as $$
begin
    perform announce_job(new.id);
    return null;
end $$;
create function announce_of_job() returns trigger language plpgsql as $$
begin
    perform announce_job(new.job_id);
    return null;
end $$;
-- Whoever looks at the job may have lost the right to.
create function announce_viewers() returns trigger language plpgsql as $$
begin
    perform pg_notify('directorybolt_events',
        json_build_object('seq', null, 'job_id', new.job_id, 'viewers', true)::text);
    return null;
end $$;
create function announce_turn() returns trigger language plpgsql as $$
begin
    perform announce_job(r.job_id) from job_results r where r.id in (old.held_by, new.held_by);
    return null;
end $$;
create function announce_action() returns trigger language plpgsql as $$
begin
    perform announce_job(r.job_id) from job_results r where r.id = new.result_id;
    return null;
end $$;
create trigger announce after update on job_results for each row
    when ((old.status, old.failure, old.evidence, old.screenshot) is distinct from
        (new.status, new.failure, new.evidence, new.screenshot))
    execute function announce_of_job();
create trigger announce after update on jobs for each row
    when ((old.status, old.stop_requested_at) is distinct from (new.status, new.stop_requested_at))
    execute function announce_job_itself();
create trigger announce after update on links for each row
    when (old.revoked_at is distinct from new.revoked_at) execute function announce_viewers();
create trigger announce after update on directories for each row
    when (old.held_by is distinct from new.held_by) execute function announce_turn();
create trigger announce after insert or update of status on actions for each row execute function announce_action();

-- migrate:down
drop trigger announce on actions;
drop trigger announce on directories;
drop trigger announce on links;
drop trigger announce on jobs;
drop trigger announce on job_results;
drop function announce_action, announce_turn, announce_viewers, announce_of_job, announce_job_itself, announce_job, recent_pace, state_group;
