"""The table of jobs, the same in every service that has them: one shape in the metadata, one in the migration."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

CREATE_JOB_TABLE = """
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
"""
"""For a service's first migration, which copies it into its SQL file (a migration is frozen)."""


def job_table(metadata: MetaData) -> Table:
    """The table of jobs in a service's metadata."""
    instant = DateTime(timezone=True)
    return Table(
        "job",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("lane", Text, nullable=False),
        Column("once", Text),  # asked for again with the same, it is not made again
        Column("params", JSONB, nullable=False),
        Column("cursor", JSONB),
        Column("done", BigInteger, nullable=False),
        Column("total", BigInteger),
        Column("status", Text, nullable=False),  # waiting, running, done, failed, cancelled
        Column("steps", BigInteger, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("retry_at", instant),  # after a failure, not before then
        Column("error", Text),
        Column("worker", Uuid),  # the process that did the last step, and until when it stays with that one
        Column("worker_until", instant),
        Column("requested_by", Text, nullable=False),
        Column("requested_at", instant, nullable=False),
        Column("started_at", instant),
        Column("finished_at", instant),
        Column("cancelled_by", Text),
    )
