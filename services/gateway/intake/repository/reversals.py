"""SQL of reversals: returns and cancellations."""

from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.core.repository import WriteConflict
from services.gateway.intake.domain.reversals import Reversal
from services.gateway.intake.tables import reversal
from shared.events import ReversedLine
from shared.messaging import Transaction
from shared.sql import JsonText, insert_many

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


async def add_reversal(tx: Transaction, new: Reversal) -> None:
    """Insert a reversal; WriteConflict when its id was used meanwhile."""
    lines = JsonText(orjson.dumps([line.model_dump(mode="json") for line in new.lines]).decode())
    row = {field.name: getattr(new, field.name) for field in fields(new)} | {"lines": lines}
    if not await insert_many(tx, reversal, [row], on_conflict="nothing"):
        raise WriteConflict("a return_id was used by another transaction")


def _reversal(row: "asyncpg.Record") -> Reversal:
    values: dict[str, Any] = dict(row)
    lines = tuple(ReversedLine(**line) for line in orjson.loads(values.pop("lines")))
    return Reversal(**values, lines=lines)
