-- migrate:up
-- What a site's robots.txt says, one row per origin ("https://host:port"), for all workers.
create table robots_files (
    origin text primary key,
    -- The last answer that could be used, its HTTP status, and when it came; null before the first.
    body text not null default '',
    status integer,
    fetched_at timestamptz,
    -- Whoever moves this on is the one who fetches.
    next_fetch_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create trigger touch before update on robots_files for each row execute function touch_updated_at();

-- migrate:down
drop table robots_files;
