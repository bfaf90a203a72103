-- migrate:up
-- The service whose token brought the job. A link to the job's customer is given to nobody else who knows the order.
alter table jobs add column brought_by text;

-- migrate:down
alter table jobs drop column brought_by;
