"""B1's limit: bare FastAPI and asyncpg. One statement writes the order and its outbox row, one commit each."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response
from uuid_utils import uuid7

TABLES = """
create table if not exists orders (
    id uuid primary key, source text not null, order_ref text not null, customer_id text not null,
    placed_at timestamptz not null, amount numeric(18, 4) not null, lines jsonb not null,
    recorded_at timestamptz not null, unique (source, order_ref));
create table if not exists outbox (
    position bigint generated always as identity primary key, event_id uuid not null, topic text not null,
    key text not null, type text not null, payload text not null, recorded_at timestamptz not null,
    published_at timestamptz);
create index if not exists outbox_unpublished on outbox (position) where published_at is null
"""
INSERT = """
with placed as (
    insert into orders (id, source, order_ref, customer_id, placed_at, amount, lines, recorded_at)
    values ($1, 'bench', $2, $3, $4::text::timestamptz, $5::text::numeric, $6, now())
)
insert into outbox (event_id, topic, key, type, payload, recorded_at)
values ($7, 'orders', $3, 'order_placed', $8, now())
"""


def create_app() -> FastAPI:
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pool = await asyncpg.create_pool(os.environ["LIMIT_DATABASE_URL"], min_size=10, max_size=10)
        await pool.execute(TABLES)
        pools.append(pool)
        yield
        await pool.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/orders")
    async def place(request: Request) -> Response:
        body = await request.body()
        order = orjson.loads(body)
        lines = order["lines"]
        amount = sum(round(float(line["amount"]) * 100) for line in lines) / 100
        order_id, event_id = UUID(int=uuid7().int), UUID(int=uuid7().int)
        await pools[0].execute(
            INSERT, order_id, order["order_id"], order["customer"]["ref"], order["placed_at"], str(amount),
            orjson.dumps(lines).decode(), event_id, body.decode(),
        )  # fmt: skip
        return Response(orjson.dumps({"id": order_id, "event_id": event_id}), 202, media_type="application/json")

    return app
