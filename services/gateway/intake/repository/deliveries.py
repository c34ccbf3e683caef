"""SQL of deliveries."""

from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.core.repository import WriteConflict
from services.gateway.intake.domain.deliveries import Delivery
from services.gateway.intake.tables import delivery
from shared.events import DeliveredLine
from shared.messaging import Transaction
from shared.sql import JsonText, insert_many

DELIVERIES = """select id, source, ref, order_id, customer_id, delivered_at, lines::text as lines, fingerprint,
    event_id, recorded_at from delivery"""


async def list_deliveries(tx: Transaction, order_id: UUID) -> list[Delivery]:
    """Deliveries of an order, earliest first."""
    rows = await tx.raw.fetch(f"{DELIVERIES} where order_id = $1 order by delivered_at, id", order_id)
    return [_delivery(row) for row in rows]


async def find_delivery(tx: Transaction, source: str, ref: str) -> Delivery | None:
    """A delivery by the source's own id."""
    row = await tx.raw.fetchrow(f"{DELIVERIES} where source = $1 and ref = $2", source, ref)
    return None if row is None else _delivery(row)


async def add_delivery(tx: Transaction, new: Delivery) -> None:
    """Insert a delivery; WriteConflict when its id was used meanwhile."""
    lines = JsonText(orjson.dumps([line.model_dump() for line in new.lines]).decode())
    row = {field.name: getattr(new, field.name) for field in fields(new)} | {"lines": lines}
    if not await insert_many(tx, delivery, [row], on_conflict="nothing"):
        raise WriteConflict("a delivery_id was used by another transaction")


def _delivery(row: "asyncpg.Record") -> Delivery:
    values: dict[str, Any] = dict(row)
    lines = tuple(DeliveredLine(**line) for line in orjson.loads(values.pop("lines")))
    return Delivery(**values, lines=lines)
