-- migrate:up
create view job_progress as
select j.id as job_id, j.customer_id, j.status, j.total,
    count(r.id) filter (where r.status = 'pending') as pending,
    count(r.id) filter (where r.status = 'planned') as planned,
    count(r.id) filter (where r.status = 'submitting') as submitting,
    count(r.id) filter (where r.status = 'submitted') as submitted,
    count(r.id) filter (where r.status = 'awaiting_action') as awaiting_action,
    count(r.id) filter (where r.status = 'uncertain') as uncertain,
    count(r.id) filter (where r.status = 'approved') as approved,
    count(r.id) filter (where r.status = 'rejected') as rejected,
    count(r.id) filter (where r.status = 'skipped') as skipped,
    count(r.id) filter (where r.status = 'failed') as failed,
    case when j.total = 0 then 0 else round(100.0 * j.ended / j.total, 1) end as percent
from jobs j
left join job_results r on r.job_id = j.id
group by j.id;

create view stale_workers as
select * from worker_heartbeats where status <> 'stopped' and beat_at < now() - interval '2 minutes';

create view directory_success_rate as
select d.id as directory_id, d.slug,
    count(r.id) filter (where is_ended(r.status)) as ended,
    count(r.id) filter (where r.status in ('submitted', 'approved')) as succeeded,
    round(
        count(r.id) filter (where r.status in ('submitted', 'approved'))::numeric
        / nullif(count(r.id) filter (where is_ended(r.status) and r.status <> 'skipped'), 0), 4) as success_rate
from directories d
left join job_results r on r.directory_id = d.id
group by d.id;

-- migrate:down
drop view directory_success_rate, stale_workers, job_progress;
