-- migrate:up
alter table directories
    -- At most so many submissions a day (UTC); null is no limit.
    add column daily_cap integer check (daily_cap > 0),
    add column sent_on date,
    add column sent_today integer not null default 0,
    -- The lease: the one result whose worker may be at the directory now. A worker that died loses it by time.
    add column held_by uuid references job_results (id),
    add column held_until timestamptz,
    -- Visits in a row that the directory itself made fail, and until when it is left alone because of them.
    add column failures integer not null default 0,
    add column resting_until timestamptz;

alter table job_results
    -- Since when the row waits for its turn at the directory, and when it was told to come back; null between turns.
    add column queued_at timestamptz,
    add column expected_at timestamptz;
create index job_results_in_line on job_results (directory_id) where queued_at is not null;

-- How many failed visits in a row open a directory's circuit breaker.
create function breaker_limit() returns integer language sql immutable as $$
    select 3
$$;

-- How long a directory is left alone after so many failed visits in a row: a hiccup, then the breaker's rests.
create function rest_after(failures integer) returns interval language sql immutable as $$
    select case
        when failures < breaker_limit() then interval '1 second' * power(3, failures - 1)
        else least(interval '5 minutes' * power(2, least(failures - breaker_limit(), 10)), interval '6 hours')
    end
$$;

-- One visit's activity lasts less; each visit renews it.
create function lease_length() returns interval language sql immutable as $$
    select interval '10 minutes'
$$;

-- Who waits longest goes first, and the higher tiers count as having come earlier: nobody waits for ever.
create function head_start(tier text) returns interval language sql immutable as $$
    select case tier
        when 'enterprise' then interval '15 minutes'
        when 'professional' then interval '10 minutes'
        when 'growth' then interval '5 minutes'
        else interval '0'
    end
$$;

-- The next turn at a directory: one visitor at a time, not more often than its interval, at most its cap a day, not
-- while it rests, and in order. Grants the lease, or says how long to wait and for what. Safe to repeat.
create function take_turn(asking uuid, out granted boolean, out wait_ms bigint, out waits_for text)
language plpgsql as $$
declare
    gate directories;
    mine job_results;
    my_place timestamptz;
    ahead integer;
    due_ahead integer;
    spacing interval;
    free_at timestamptz := now();
begin
    select d.* into strict gate
        from directories d join job_results r on r.directory_id = d.id where r.id = asking for update of d;
    if gate.held_by = asking and gate.held_until > now() then
        granted := true;
        wait_ms := 0;
        return;
    end if;

    update job_results set queued_at = coalesce(queued_at, now()) where id = asking returning * into strict mine;
    select mine.queued_at - head_start(j.tier) into strict my_place from jobs j where j.id = mine.job_id;
    -- Whoever has not come back when expected does not hold up the others.
    select count(*), count(*) filter (where r.expected_at <= now() + interval '1 second') into ahead, due_ahead
        from job_results r join jobs j on j.id = r.job_id
        where r.directory_id = gate.id and r.id <> asking and r.queued_at is not null
            and r.expected_at > now() - interval '1 minute'
            and (r.queued_at - head_start(j.tier), r.id) < (my_place, asking);

    if due_ahead > 0 then
        waits_for := 'line';
    end if;
    if gate.next_slot_at > free_at then
        free_at := gate.next_slot_at;
        waits_for := 'interval';
    end if;
    if gate.held_by is not null and gate.held_until > now() then
        -- Most visits take seconds: a look after two costs less than a place kept empty.
        free_at := greatest(free_at, now() + interval '2 seconds');
        waits_for := 'line';
    end if;
    if gate.sent_on = (now() at time zone 'utc')::date and gate.sent_today >= gate.daily_cap then
        free_at := greatest(free_at, (gate.sent_on + 1)::timestamp at time zone 'utc');
        waits_for := 'daily_cap';
    end if;
    if gate.resting_until > free_at then
        free_at := gate.resting_until;
        waits_for := case when gate.failures >= breaker_limit() then 'breaker' else 'rest' end;
    end if;

    granted := waits_for is null;
    if granted then
        update directories set held_by = asking, held_until = now() + lease_length(),
            next_slot_at = now() + make_interval(secs => interval_ms / 1000.0)
            where id = gate.id;
        update job_results set queued_at = null, expected_at = null where id = asking;
        wait_ms := 0;
    else
        spacing := greatest(make_interval(secs => gate.interval_ms / 1000.0), interval '1 second');
        free_at := free_at + spacing * ahead;
        wait_ms := greatest(250, ceil(extract(epoch from free_at - now()) * 1000));
        update job_results set expected_at = now() + make_interval(secs => wait_ms / 1000.0) where id = asking;
    end if;
end $$;

-- migrate:down
drop function take_turn, head_start, lease_length, rest_after, breaker_limit;
alter table job_results drop column queued_at, drop column expected_at;
alter table directories drop column daily_cap, drop column sent_on, drop column sent_today, drop column held_by,
    drop column held_until, drop column failures, drop column resting_until;
