"""What orders earned: one row an order, its lines as compact JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record

from services.loyalty_svc.earning.domain.order_points import EarningLine, EarningOrder
from shared.messaging import Transaction

COLUMNS = "order_id, customer_id, placed_at, programme, lines, posted, lots, reversed_by"

ADD = """
insert into order_points (order_id, customer_id, placed_at, programme, lines, posted, lots, reversed_by, recorded_at)
select order_id, customer_id, placed_at, programme, lines, posted,
       case when lot is null then '{}'::uuid[] else array[lot] end, '{}', $8
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::int[], $5::jsonb[], $6::bigint[], $7::uuid[])
     as t(order_id, customer_id, placed_at, programme, lines, posted, lot)
"""

SAVE = """
update order_points o
set lines = t.lines, posted = t.posted,
    lots = array(select jsonb_array_elements_text(t.lots)::uuid),
    reversed_by = array(select jsonb_array_elements_text(t.reversed_by)::uuid)
from unnest($1::uuid[], $2::jsonb[], $3::bigint[], $4::jsonb[], $5::jsonb[])
     as t(order_id, lines, posted, lots, reversed_by)
where o.order_id = t.order_id
"""


async def list_known_orders(tx: Transaction, order_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these orders that were recorded before."""
    rows = await tx.raw.fetch("select order_id from order_points where order_id = any($1::uuid[])", list(order_ids))
    return {row["order_id"] for row in rows}


async def add_orders(tx: Transaction, orders: Sequence[EarningOrder]) -> None:
    """A new order has one lot at most: that of its first earning."""
    if not orders:
        return
    await tx.raw.execute(
        ADD,
        [o.order_id for o in orders], [o.customer_id for o in orders], [o.placed_at for o in orders],
        [o.programme for o in orders], [_write_lines(o.lines) for o in orders], [o.posted for o in orders],
        [o.lots[0] if o.lots else None for o in orders], tx.at,
    )  # fmt: skip


async def load_orders(tx: Transaction, order_ids: Iterable[UUID]) -> dict[UUID, EarningOrder]:
    """Loaded under the locks of their customers, which the caller holds."""
    rows = await tx.raw.fetch(f"select {COLUMNS} from order_points where order_id = any($1::uuid[])", list(order_ids))
    return {row["order_id"]: _order(row) for row in rows}


async def load_orders_since(tx: Transaction, since: Mapping[UUID, datetime]) -> list[EarningOrder]:
    """The orders of each customer placed at or after an instant, in the order they were placed."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from unnest($1::uuid[], $2::timestamptz[]) as s(customer, since)
            join order_points on customer_id = customer and placed_at >= since
            order by placed_at, order_id""",
        list(since), list(since.values()),
    )  # fmt: skip
    return [_order(row) for row in rows]


async def save_orders(tx: Transaction, orders: Sequence[EarningOrder]) -> None:
    """Write what changed of orders: what was reversed and posted, and the lots they made."""
    if not orders:
        return
    await tx.raw.execute(
        SAVE,
        [o.order_id for o in orders], [_write_lines(o.lines) for o in orders], [o.posted for o in orders],
        [_write_ids(o.lots) for o in orders], [_write_ids(o.reversed_by) for o in orders],
    )  # fmt: skip


def _write_lines(lines: Sequence[EarningLine]) -> str:
    rows: list[list[Any]] = []
    for line in lines:
        row: list[Any] = [line.line, line.category, str(line.amount), line.quantity]
        if line.reversed_quantity:
            row += [str(line.reversed_amount), line.reversed_quantity]
        rows.append(row)
    return orjson.dumps(rows).decode()


def _write_ids(ids: Sequence[UUID]) -> str:
    return orjson.dumps([str(id_) for id_ in ids]).decode()


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
