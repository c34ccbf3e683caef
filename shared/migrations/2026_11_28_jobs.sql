-- What every service's database has of long work in small steps (`shared.jobs`).

create table job (
    id uuid primary key,
    kind text not null,
    lane text not null,
    once text,
    params jsonb not null,
    cursor jsonb,
    done bigint not null default 0,
    total bigint,
    status text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    steps bigint not null default 0,
    tries int not null default 0,
    retry_at timestamptz,
    error text,
    worker uuid,
    worker_until timestamptz,
    requested_by text not null,
    requested_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    cancelled_by text,
    check ((finished_at is null) = (status in ('waiting', 'running')))
) with (fillfactor = 70);

create unique index job_once on job (kind, once);

create index job_unfinished on job (lane, requested_at, id) where finished_at is null;

create index job_newest on job (kind, requested_at desc, id desc);
