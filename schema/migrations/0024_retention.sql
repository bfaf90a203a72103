-- migrate:up
-- Workers delete what nobody needs any more: sessions that are over, what Stripe told of nothing of ours, and orders
-- that were never paid. Of a session they see when it was over, and nothing else.
grant select (id, expires_at), delete on staff_sessions to directorybolt_worker;
create policy worker on staff_sessions to directorybolt_worker using (true);
grant select on refunds to directorybolt_worker;
create policy worker on refunds for select to directorybolt_worker using (true);
grant delete on stripe_events, payments to directorybolt_worker;

-- migrate:down
revoke delete on stripe_events, payments from directorybolt_worker;
drop policy worker on refunds;
revoke select on refunds from directorybolt_worker;
drop policy worker on staff_sessions;
revoke select (id, expires_at), delete on staff_sessions from directorybolt_worker;
