"""SQL of orders. Intake's statements are set-based and straight on asyncpg: it is a hot path."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.gateway.core.repository import WriteConflict
from services.gateway.intake.domain.orders import AcceptedOrder, Order
from shared.events import OrderLine
from shared.messaging import Transaction

COLUMNS = (
    "id", "source", "order_ref", "customer_id", "placed_at", "currency", "channel", "amount", "lines", "fingerprint",
    "event_id", "recorded_at",
)  # fmt: skip


async def add_orders(tx: Transaction, orders: Sequence[AcceptedOrder]) -> None:
    """Insert new orders, sorted so that two writers never wait for each other crosswise.

    By COPY: an insert of `unnest` arrays costs Postgres half as much again, and is no quicker for a single order.
    """
    rows = [
        (
            order.id, order.source, content.order_ref, order.customer_id, content.placed_at, content.currency,
            content.channel, content.amount, content.lines, content.fingerprint, order.event_id, tx.at,
        )
        for order in sorted(orders, key=_key)
        for content in (order.content,)
    ]  # fmt: skip
    try:
        await tx.raw.copy_records_to_table("customer_order", records=rows, columns=COLUMNS)
    except asyncpg.UniqueViolationError as error:
        raise WriteConflict("an order_id was used by another transaction") from error


def _key(order: AcceptedOrder) -> tuple[str, str]:
    return order.source, order.content.order_ref


def read_order(row: "asyncpg.Record | dict[str, Any]") -> Order:
    """An order from its row."""
    return Order(
        id=row["id"],
        source=row["source"],
        order_ref=row["order_ref"],
        customer_id=row["customer_id"],
        placed_at=row["placed_at"],
        currency=row["currency"],
        channel=row["channel"],
        amount=row["amount"],
        lines=tuple(OrderLine(**line) for line in orjson.loads(row["lines"])),
        fingerprint=row["fingerprint"],
        event_id=row["event_id"],
        recorded_at=row["recorded_at"],
    )


async def find_order(tx: Transaction, order_id: UUID, source: str | None, *, lock: bool = False) -> Order | None:
    """An order by Patron's id; for a partner (`source`) only its own. `lock` makes its reversals come in turn."""
    row = await tx.raw.fetchrow(
        f"""select * from customer_order
            where id = $1 and ($2::text is null or source = $2) {"for update" if lock else ""}""",
        order_id, source,
    )  # fmt: skip
    return None if row is None else read_order(row)


async def find_customer_of_order(tx: Transaction, order_id: UUID) -> UUID | None:
    """Whose order it is; None where there is no such order."""
    customer_id: UUID | None = await tx.raw.fetchval("select customer_id from customer_order where id = $1", order_id)
    return customer_id


async def find_order_by_ref(tx: Transaction, source: str, order_ref: str) -> Order | None:
    """An order by its source's own id."""
    row = await tx.raw.fetchrow(
        "select * from customer_order where source = $1 and order_ref = $2",
        source, order_ref,
    )  # fmt: skip
    return None if row is None else read_order(row)


async def list_orders(
    tx: Transaction, members: Sequence[UUID], source: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Order]:
    """Orders of a customer, of all its members where it was merged, newest first; `after` is the (placed_at, id) of the
    last one of the page before."""
    placed_at, order_id = after or (None, None)
    rows = await tx.raw.fetch(
        """select o.* from unnest($1::uuid[]) as member (id) cross join lateral (
               select * from customer_order
               where customer_id = member.id and ($2::text is null or source = $2)
                 and ($3::timestamptz is null or (placed_at, id) < ($3, $4))
               order by placed_at desc, id desc limit $5) o
           order by placed_at desc, id desc limit $5""",
        list(members), source, placed_at, order_id, limit,
    )  # fmt: skip
    return [read_order(row) for row in rows]
