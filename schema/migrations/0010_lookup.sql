-- migrate:up
alter table directories
    -- By which means of its own the directory can be asked whether it holds a business; null: by none.
    add column lookup jsonb;

-- migrate:down
alter table directories drop column lookup;
