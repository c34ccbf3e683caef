-- What every service's database has of the chassis: how it was set up first, and replies kept by idempotency key.

create table deployment (
    one_row int primary key check (one_row = 1), currency text not null, time_zone text not null,
    fixed_at timestamptz not null
);

create table idempotency (
    digest bytea primary key, sent bytea not null, path text not null, status int, headers text, body bytea,
    created_at timestamptz not null
);

create index idempotency_created on idempotency using brin (created_at);

-- Every read and write of personal data, plain rows, and the chain of seals over them.

create table access_trail (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    actor text not null,
    customer_id uuid,
    action text not null,
    subject text,
    fields text[] not null default '{}',
    purpose text
);

create index access_trail_customer on access_trail (customer_id, id);

create table access_trail_seal (
    number bigint primary key constraint access_trail_seal_number check (number > 0),
    last_id bigint not null unique,
    lines bigint not null constraint access_trail_seal_lines check (lines > 0),
    digest bytea not null,
    sealed_at timestamptz not null
);

create trigger access_trail_stays before update or delete on access_trail
for each statement execute function refuse_change();

create trigger access_trail_seal_stays before update or delete on access_trail_seal
for each statement execute function refuse_change();
