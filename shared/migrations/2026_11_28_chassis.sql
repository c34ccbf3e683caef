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
