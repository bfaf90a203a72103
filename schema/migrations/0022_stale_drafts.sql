-- migrate:up
-- Workers delete drafts that nobody came back to. What is in them they need not see.
grant select (id, updated_at), delete on drafts to directorybolt_worker;
create policy worker on drafts to directorybolt_worker using (true);

-- migrate:down
drop policy worker on drafts;
revoke select (id, updated_at), delete on drafts from directorybolt_worker;
