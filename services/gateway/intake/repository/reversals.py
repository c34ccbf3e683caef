"""SQL of reversals: returns and cancellations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.core.repository import WriteConflict
from services.gateway.intake.domain.reversals import Reversal
from shared.events import ReversedLine
from shared.messaging import Transaction

REVERSALS = """select id, kind, source, ref, order_id, customer_id, at, reason, amount, lines::text as lines,
    fingerprint, event_id, recorded_at from reversal"""


async def list_reversals(tx: Transaction, order_id: UUID) -> list[Reversal]:
    """Reversals of an order, in the order they were recorded."""
    rows = await tx.raw.fetch(f"{REVERSALS} where order_id = $1 order by recorded_at, id", order_id)
    return [_reversal(row) for row in rows]


async def find_reversal(tx: Transaction, kind: str, source: str, ref: str) -> Reversal | None:
    """A return by the source's own id, or the cancellation of an order by the order's id."""
    row = await tx.raw.fetchrow(
        f"{REVERSALS} where kind = $1 and source = $2 and ref = $3", kind, source, ref
    )  # fmt: skip
    return None if row is None else _reversal(row)


async def add_reversal(tx: Transaction, reversal: Reversal) -> None:
    """Insert a reversal; WriteConflict when its id was used meanwhile."""
    added = await tx.raw.fetchval(
        """insert into reversal (id, kind, source, ref, order_id, customer_id, at, reason, amount, lines, fingerprint,
               event_id, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11, $12, $13)
           on conflict (kind, source, ref) do nothing returning true""",
        reversal.id, reversal.kind, reversal.source, reversal.ref, reversal.order_id, reversal.customer_id, reversal.at,
        reversal.reason, reversal.amount, _lines_as_json(reversal.lines), reversal.fingerprint, reversal.event_id,
        reversal.recorded_at,
    )  # fmt: skip
    if not added:
        raise WriteConflict("a return_id was used by another transaction")


def _reversal(row: "asyncpg.Record") -> Reversal:
    values: dict[str, Any] = dict(row)
    lines = tuple(ReversedLine(**line) for line in orjson.loads(values.pop("lines")))
    return Reversal(**values, lines=lines)


def _lines_as_json(lines: Sequence[ReversedLine]) -> str:
    return orjson.dumps([line.model_dump(mode="json") for line in lines]).decode()
