-- migrate:up
create function touch_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end $$;
create trigger touch before update on customers for each row execute function touch_updated_at();
create trigger touch before update on directories for each row execute function touch_updated_at();
create trigger touch before update on jobs for each row execute function touch_updated_at();
create trigger touch before update on job_results for each row execute function touch_updated_at();
create trigger touch before update on form_mappings for each row execute function touch_updated_at();
create trigger touch before update on actions for each row execute function touch_updated_at();

-- What was paid for does not change: the idempotency keys are derived from it.
create function refuse_repinning() returns trigger language plpgsql as $$
begin
    raise exception 'jobs.business_data is pinned when the job is paid: make a new job'
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger pinned before update of business_data, business_key, customer_id on jobs for each row
    when (old.business_data is distinct from new.business_data
        or old.business_key is distinct from new.business_key
        or old.customer_id is distinct from new.customer_id)
    execute function refuse_repinning();

create function refuse_rewriting_history() returns trigger language plpgsql as $$
begin
    raise exception 'queue_history is append-only' using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update or delete on queue_history for each row
    execute function refuse_rewriting_history();
create trigger never_emptied before truncate on queue_history for each statement
    execute function refuse_rewriting_history();

-- Deltas, not recounts: two results of one job that end together must not both write the same total.
create function is_ended(status text) returns boolean language sql immutable as $$
    select status in ('submitted', 'approved', 'rejected', 'skipped', 'failed')
$$;
create function is_waiting(status text) returns boolean language sql immutable as $$
    select status in ('awaiting_action', 'uncertain')
$$;
create function count_results() returns trigger language plpgsql as $$
declare
    ended_delta integer := is_ended(new.status)::int;
    waiting_delta integer := is_waiting(new.status)::int;
begin
    if tg_op = 'UPDATE' then
        ended_delta := ended_delta - is_ended(old.status)::int;
        waiting_delta := waiting_delta - is_waiting(old.status)::int;
    end if;
    if tg_op = 'INSERT' or ended_delta <> 0 or waiting_delta <> 0 then
        update jobs set total = total + (tg_op = 'INSERT')::int, ended = ended + ended_delta,
            waiting = waiting + waiting_delta
        where id = new.job_id;
    end if;
    return null;
end $$;
create trigger count_results after insert or update of status on job_results for each row
    execute function count_results();

create function announce_event() returns trigger language plpgsql as $$
begin
    perform pg_notify('directorybolt_events', json_build_object('seq', new.seq, 'job_id', new.job_id)::text);
    return null;
end $$;
create trigger announce after insert on queue_history for each row execute function announce_event();

create function announce_outbox() returns trigger language plpgsql as $$
begin
    perform pg_notify('directorybolt_outbox', new.id::text);
    return null;
end $$;
create trigger announce after insert on outbox for each row execute function announce_outbox();

-- migrate:down
drop trigger announce on outbox;
drop trigger announce on queue_history;
drop trigger count_results on job_results;
drop trigger append_only on queue_history;
drop trigger never_emptied on queue_history;
drop trigger pinned on jobs;
drop trigger touch on customers;
drop trigger touch on directories;
drop trigger touch on jobs;
drop trigger touch on job_results;
drop trigger touch on form_mappings;
drop trigger touch on actions;
drop function announce_outbox, announce_event, count_results, is_waiting, is_ended, refuse_rewriting_history,
    refuse_repinning, touch_updated_at;
