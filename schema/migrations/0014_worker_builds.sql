-- migrate:up
-- The build that the worker is of; '' for one that started before workers said so.
alter table worker_heartbeats add column build_id text not null default '';

-- migrate:down
alter table worker_heartbeats drop column build_id;
