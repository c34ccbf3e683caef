"""What orders earned: one row an order, its lines as compact JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record

from services.loyalty_svc.earning.domain.order_points import EarningLine, EarningOrder
from services.loyalty_svc.earning.tables import order_points
from shared.messaging import Transaction
from shared.sql import JsonText, insert_columns, unnest, update_columns

COLUMNS = "order_id, customer_id, placed_at, programme, lines, posted, lots, reversed_by"

SINCE = f"""
select {COLUMNS} from {unnest("since", customer=order_points.c.customer_id, placed=order_points.c.placed_at)}
join order_points on customer_id = customer and placed_at >= placed
order by placed_at, order_id
"""


async def list_known_orders(tx: Transaction, order_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these orders that were recorded before."""
    rows = await tx.raw.fetch("select order_id from order_points where order_id = any($1::uuid[])", list(order_ids))
    return {row["order_id"] for row in rows}


async def add_orders(tx: Transaction, orders: Sequence[EarningOrder]) -> None:
    """Store new orders, whose lots and reversals are those of this batch."""
    columns: dict[str, list[Any]] = {
        "order_id": [o.order_id for o in orders],
        "customer_id": [o.customer_id for o in orders],
        "placed_at": [o.placed_at for o in orders],
        "programme": [o.programme for o in orders],
        **_changing_columns(orders),
    }
    await insert_columns(tx, order_points, columns, shared={"recorded_at": tx.at})


async def load_orders(tx: Transaction, order_ids: Iterable[UUID]) -> dict[UUID, EarningOrder]:
    """Loaded under the locks of their customers, which the caller holds."""
    rows = await tx.raw.fetch(f"select {COLUMNS} from order_points where order_id = any($1::uuid[])", list(order_ids))
    return {row["order_id"]: _order(row) for row in rows}


async def load_orders_since(tx: Transaction, since: Mapping[UUID, datetime]) -> list[EarningOrder]:
    """The orders of each customer placed at or after an instant, in the order they were placed."""
    rows = await tx.raw.fetch(SINCE, list(since), list(since.values()))
    return [_order(row) for row in rows]


async def save_orders(tx: Transaction, orders: Sequence[EarningOrder]) -> None:
    """Write what changed of orders: what was reversed and posted, and the lots they made."""
    columns = {"order_id": [o.order_id for o in orders], **_changing_columns(orders)}
    await update_columns(tx, order_points, columns, key=("order_id",))


def _changing_columns(orders: Sequence[EarningOrder]) -> dict[str, list[Any]]:
    return {
        "lines": [JsonText(_write_lines(o.lines)) for o in orders],
        "posted": [o.posted for o in orders],
        "lots": [o.lots for o in orders],
        "reversed_by": [o.reversed_by for o in orders],
    }


def _write_lines(lines: Sequence[EarningLine]) -> str:
    rows: list[list[Any]] = []
    for line in lines:
        row: list[Any] = [line.line, line.category, str(line.amount), line.quantity]
        if line.reversed_quantity:
            row += [str(line.reversed_amount), line.reversed_quantity]
        rows.append(row)
    return orjson.dumps(rows).decode()


def _order(row: Record) -> EarningOrder:
    lines = [_line(*values) for values in row["lines"]]
    return EarningOrder(
        row["order_id"], row["customer_id"], row["placed_at"], row["programme"], lines, row["posted"],
        list(row["lots"]), list(row["reversed_by"]),
    )  # fmt: skip


def _line(
    line: int, category: str, amount: str, quantity: int, reversed_amount: str = "0", reversed_quantity: int = 0
) -> EarningLine:
    return EarningLine(line, category, Decimal(amount), quantity, Decimal(reversed_amount), reversed_quantity)
