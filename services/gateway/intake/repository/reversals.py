"""SQL of what follows an order: returns, cancellations, deliveries."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.core.repository import Overtaken
from services.gateway.intake.domain.reversals import TakenBack
from shared.events import ReversedLine
from shared.messaging import Transaction

TAKEN_BACK = """select id, kind, source, ref, order_id, customer_id, at, reason, amount, lines::text as lines,
    fingerprint, event_id, recorded_at from take_back"""


async def list_taken_back(tx: Transaction, order_id: UUID) -> list[TakenBack]:
    rows = await tx.raw.fetch(f"{TAKEN_BACK} where order_id = $1 order by recorded_at, id", order_id)
    return [_taken_back(row) for row in rows]


async def find_taken_back(tx: Transaction, kind: str, source: str, ref: str) -> TakenBack | None:
    row = await tx.raw.fetchrow(
        f"{TAKEN_BACK} where kind = $1 and source = $2 and ref = $3", kind, source, ref
    )  # fmt: skip
    return None if row is None else _taken_back(row)


async def add_taken_back(tx: Transaction, record: TakenBack) -> None:
    added = await tx.raw.fetchval(
        """insert into take_back (id, kind, source, ref, order_id, customer_id, at, reason, amount, lines, fingerprint,
               event_id, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11, $12, $13)
           on conflict (kind, source, ref) do nothing returning true""",
        record.id, record.kind, record.source, record.ref, record.order_id, record.customer_id, record.at,
        record.reason, record.amount, _written(record.lines), record.fingerprint, record.event_id, record.recorded_at,
    )  # fmt: skip
    if not added:
        raise Overtaken("a return_id was used by another transaction")


def _taken_back(row: "asyncpg.Record") -> TakenBack:
    values: dict[str, Any] = dict(row)
    lines = tuple(ReversedLine(**line) for line in orjson.loads(values.pop("lines")))
    return TakenBack(**values, lines=lines)


def _written(lines: Sequence[ReversedLine]) -> str:
    return orjson.dumps([line.model_dump(mode="json") for line in lines]).decode()
