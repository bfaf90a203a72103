-- migrate:up
-- A paid solver may be asked for this directory's captchas; by default a person is.
alter table directories add column solver_allowed boolean not null default false;

-- What a page asked a person who had said that they are there. Each belongs to one page that is open just then.
create table challenges (
    id uuid primary key default gen_random_uuid(),
    result_id uuid not null references job_results (id) on delete cascade,
    number integer not null,
    kind text not null check (kind in ('image', 'question')),
    question text not null default '',
    -- The artifact store's key.
    picture text not null default '',
    asked_at timestamptz not null default now(),
    expires_at timestamptz not null,
    answer text,
    answered_by text,
    answered_at timestamptz,
    -- When the worker that has the page open took the answer: an answer that nobody takes came to a page that is gone.
    taken_at timestamptz,
    -- What the directory said of the answer; null: nothing yet.
    is_right boolean,
    unique (result_id, number),
    constraint answered_by_somebody check ((answer is null) = (answered_by is null))
);

-- migrate:down
drop table challenges;
alter table directories drop column solver_allowed;
