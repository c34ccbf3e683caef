"""The limit of customer imports: the same rows by `unnest`, 500 a transaction, read and not judged."""

import csv
import json
import sys
import time
from itertools import islice
from pathlib import Path
from uuid import UUID

import asyncpg
from uuid_utils import uuid7

from bench.environment import run_as_services_do

TABLES = """
create extension if not exists pg_trgm;
create table customer (id uuid primary key, kind text, facts jsonb, at timestamptz);
create table name (id uuid primary key, folded text, search_text text, tokens tsvector);
create index on name (folded text_pattern_ops); create index on name using gin (search_text gin_trgm_ops);
create index on name using gin (tokens);
create table phone (id uuid, e164 text, last_digits text, primary key (id, e164));
create index on phone (e164); create index on phone (last_digits);
create table email (id uuid, address text, primary key (id, address)); create index on email (address text_pattern_ops);
create table outbox (position bigint generated always as identity primary key, event_id uuid, key text, payload bytea);
create table trail (id bigint generated always as identity primary key, customer_id uuid, action text);
create index on trail (customer_id, id); create table row (number bigint primary key, customer_id uuid, outcome text);
"""
INSERT = """
with given as (
    select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[])
        as g(id, number, name, phone, email, facts, event_id)),
c as (insert into customer select id, 'person', facts::jsonb, now() from given),
n as (insert into name select id, lower(name), lower(name), to_tsvector('simple', name) from given),
p as (insert into phone select id, phone, right(phone, 8) from given),
e as (insert into email select id, email from given),
o as (insert into outbox (event_id, key, payload)
      select event_id, id::text, convert_to(facts, 'UTF8') from given cross join generate_series(1, 2)),
t as (insert into trail (customer_id, action) select id, 'opened' from given)
insert into row select number, id, 'opened' from given
"""


async def main(url: str, file: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(TABLES)
    began, done = time.perf_counter(), 0
    with Path(file).open(newline="", encoding="utf-8") as content:  # noqa: ASYNC230
        rows = csv.DictReader(content)
        while batch := list(islice(rows, 500)):
            ids = [[UUID(int=uuid7().int) for _ in batch] for _ in range(2)]
            texts = [[row[name] for row in batch] for name in ("name", "phone", "email")]
            texts.append([json.dumps(row) for row in batch])
            await connection.execute(INSERT, ids[0], range(done, done + len(batch)), *texts, ids[1])
            done += len(batch)
    print(json.dumps({"done": done, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    run_as_services_do(main(*sys.argv[1:]))
