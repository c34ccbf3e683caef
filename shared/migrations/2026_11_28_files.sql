-- The tables of shared.files: files, their parts, and bytes that are to go.

create table stored_file (
    id uuid primary key,
    area text not null,
    owner text not null,
    customer_id uuid,
    name text,
    declared_type text,
    media_type text,
    size bigint,
    received bigint not null default 0,
    sha256 bytea,
    state text not null constraint stored_file_state check (state in ('open', 'ready')),
    created_at timestamptz not null,
    completed_at timestamptz,
    expires_at timestamptz not null,
    constraint stored_file_ready
        check (state = 'open' or (size = received and sha256 is not null and completed_at is not null)),
    constraint stored_file_received check (received >= 0 and (size is null or received <= size))
);

create index stored_file_expires on stored_file (expires_at);

create index stored_file_customer on stored_file (customer_id);

create index stored_file_owner on stored_file (owner, state);

create table stored_part (
    file_id uuid not null references stored_file on delete cascade,
    starts_at bigint not null,
    size bigint not null constraint stored_part_size check (size > 0),
    sha256 bytea not null,
    key text not null unique,
    primary key (file_id, starts_at)
);

create table removed_part (
    key text primary key,
    removed_at timestamptz not null
);

-- Whoever deletes a file, or the piece of one: the key of the bytes is kept until they are gone too.
create function keep_key_of_removed_part() returns trigger language plpgsql as $$ begin
    insert into removed_part (key, removed_at) values (old.key, now()) on conflict do nothing;
    return null;
end $$;

create trigger removed_part_is_kept after delete on stored_part
for each row execute function keep_key_of_removed_part();
