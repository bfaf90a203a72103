-- migrate:up
-- What is asked every few minutes reads what is open, and never all that has ended.
create index job_results_open on job_results (updated_at)
    where status in ('pending', 'planned', 'submitting', 'awaiting_action', 'uncertain');
create index actions_called_off on actions (closed_at) where status = 'cancelled';
drop index payments_in_trouble;
create index payments_in_trouble on payments (created_at) where trouble <> '' or disputed;

-- migrate:down
drop index payments_in_trouble;
create index payments_in_trouble on payments (created_at) where trouble <> '';
drop index actions_called_off;
drop index job_results_open;
