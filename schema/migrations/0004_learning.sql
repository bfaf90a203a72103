-- migrate:up
alter table form_mappings
    -- Digest of what the plan does, without its words: the counts below belong to these choices.
    add column choices text not null default '',
    -- The form's steps as they were found, for a diff that people can read once they change.
    add column seen jsonb not null default '[]',
    add column confirmed_at timestamptz;

-- How long what was learned is worth something without new proof: directories are redesigned a few times a year, and
-- after a quarter a look is cheaper than a surprise.
create function learning_lifetime() returns interval language sql immutable as $$
    select interval '90 days'
$$;

-- The one rule of trust. A remembered mapping is used without looking at the form first while submissions with it
-- were confirmed, it was not used in vain more often than that, and the last confirmation is recent enough.
create function is_trusted(confirmed integer, refused integer, confirmed_at timestamptz) returns boolean
language sql stable as $$
    select confirmed >= 1 and refused <= confirmed and confirmed_at > now() - learning_lifetime()
$$;

-- What a visit found otherwise than the form that is remembered. One row per face of a form: whoever meets it again
-- only touches it.
create table form_changes (
    id uuid primary key default gen_random_uuid(),
    directory_id uuid not null references directories (id),
    fingerprint text not null,
    changes text[] not null check (cardinality(changes) > 0),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (directory_id, fingerprint)
);
create trigger touch before update on form_changes for each row execute function touch_updated_at();

-- migrate:down
drop table form_changes;
drop function is_trusted, learning_lifetime;
alter table form_mappings drop column choices, drop column seen, drop column confirmed_at;
