-- migrate:up
-- How often the row has been reopened. Each replay has a workflow of its own, whose ID is derived from this number.
alter table job_results add column replays integer not null default 0 check (replays >= 0);
create index job_results_to_replay on job_results (finished_at) where status in ('failed', 'skipped');

-- Whether a directory of a job may be tried again by an operator, or why not: the one rule, for what is shown before
-- as for what is done. Nothing of ours may be at the directory, and nobody else may be at work on it.
create function replay_answer(result job_results, job jobs, directory directories) returns text
language sql immutable as $$
    select case
        when is_waiting(result.status) then 'waits_for_person'
        when not is_ended(result.status) then
            case when result.replays > 0 then 'already_requested' else 'under_way' end
        when result.status in ('submitted', 'approved') then 'already_submitted'
        when result.intent_at is not null or result.status not in ('failed', 'skipped') then 'may_be_sent'
        when result.failure = 'already_listed' then 'already_listed'
        when job.status = 'cancelled' then 'job_cancelled'
        when not directory.active or directory.automation = 'forbidden' then 'policy_forbids'
        else 'accepted'
    end
$$;

-- migrate:down
drop function replay_answer;
drop index job_results_to_replay;
alter table job_results drop column replays;
