-- migrate:up
-- Rates of an hour, a day and a week are asked for every few seconds: from the index alone.
drop index job_results_by_end;
create index job_results_by_end on job_results (finished_at) include (directory_id, status, failure, started_at);
create index actions_by_result on actions (result_id);
create index actions_open_by_age on actions (created_at) where status = 'open';

-- The list of jobs, newest first, by name and by state.
drop index jobs_by_age;
create index jobs_by_age on jobs (created_at desc, id desc) include (business_name, status, tier, waiting);
create index jobs_by_status on jobs (status, created_at desc, id desc);

-- What happened last, whatever job it happened to.
create index queue_history_by_time on queue_history (created_at desc, seq desc);

create index mails_given_up on mails (given_up_at) where given_up_at is not null;

-- migrate:down
drop index mails_given_up, queue_history_by_time, jobs_by_status, jobs_by_age, actions_open_by_age, actions_by_result,
    job_results_by_end;
create index jobs_by_age on jobs (created_at desc);
create index job_results_by_end on job_results (finished_at);
