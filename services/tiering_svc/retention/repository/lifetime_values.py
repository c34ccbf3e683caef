"""SQL of lifetime value runs (T13): asked for, fitted, valued in chunks, finished; and what they said."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.retention.domain.buyers import Buyer, Worth
from shared.errors import not_found
from shared.messaging import Transaction

FIELDS = """run_id, as_of, known_at, horizon_months, discount_rate, status, failure, parameters, cursor, customers,
            done, revenue, requested_by, requested_at, finished_at"""


@dataclass(frozen=True, slots=True)
class ValueRun:
    run_id: UUID
    as_of: datetime
    known_at: datetime
    horizon_months: int
    discount_rate: Decimal
    status: str
    failure: str | None
    parameters: dict[str, Any] | None
    cursor: UUID | None
    customers: int
    done: int
    revenue: Decimal
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None


async def add_run(
    tx: Transaction, run_id: UUID, as_of: datetime, known_at: datetime, horizon: int, discount: Decimal, by: str
) -> None:
    await tx.raw.execute(
        """insert into lifetime_value_run (run_id, as_of, known_at, horizon_months, discount_rate, status, requested_by,
               requested_at)
           values ($1, $2, $3, $4, $5, 'fitting', $6, $7)""",
        run_id, as_of, known_at, horizon, discount, by, tx.at,
    )  # fmt: skip


async def load_run(tx: Transaction, run_id: UUID) -> ValueRun:
    row = await tx.raw.fetchrow(f"select {FIELDS} from lifetime_value_run where run_id = $1", run_id)
    if row is None:
        raise not_found("run_not_found", "There is no such run.")
    return ValueRun(**row)


async def list_runs(tx: Transaction, before: tuple[datetime, UUID] | None, limit: int) -> list[ValueRun]:
    """Newest first."""
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from lifetime_value_run
            where $1::timestamptz is null or (requested_at, run_id) < ($1, $2::uuid)
            order by requested_at desc, run_id desc limit $3""",
        *(before or (None, None)), limit,
    )  # fmt: skip
    return [ValueRun(**row) for row in rows]


async def find_last_finished(tx: Transaction) -> ValueRun | None:
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from lifetime_value_run where status = 'finished'
            order by requested_at desc, run_id desc limit 1"""
    )
    return None if row is None else ValueRun(**row)


async def find_unfinished(tx: Transaction) -> ValueRun | None:
    """The oldest."""
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from lifetime_value_run where finished_at is null order by requested_at, run_id limit 1"
    )
    return None if row is None else ValueRun(**row)


async def lock_run(tx: Transaction, seen: ValueRun) -> bool:
    """Whether it is still as it was seen, and no other replica is at it."""
    row = await tx.raw.fetchrow(
        "select status, cursor from lifetime_value_run where run_id = $1 for update skip locked", seen.run_id
    )
    return row is not None and (row["status"], row["cursor"]) == (seen.status, seen.cursor)


async def save_fitted(tx: Transaction, run_id: UUID, parameters: Mapping[str, Any], customers: int) -> None:
    await tx.raw.execute(
        "update lifetime_value_run set status = 'valuing', parameters = $2::jsonb, customers = $3 where run_id = $1",
        run_id, json.dumps(parameters), customers,
    )  # fmt: skip


async def save_failed(tx: Transaction, run_id: UUID, code: str) -> None:
    await tx.raw.execute(
        "update lifetime_value_run set status = 'failed', failure = $2, finished_at = $3 where run_id = $1",
        run_id, code, tx.at,
    )  # fmt: skip


async def save_progress(
    tx: Transaction, run_id: UUID, cursor: UUID | None, told: Sequence[Worth], *, last: bool
) -> None:
    revenue = sum((one.revenue for one in told if one.revenue is not None), Decimal(0))
    await tx.raw.execute(
        """update lifetime_value_run
           set cursor = $2, done = done + $3, revenue = revenue + $4,
               status = case when $5 then 'finished' else status end,
               finished_at = case when $5 then $6::timestamptz end
           where run_id = $1""",
        run_id, cursor, len(told), revenue, last, tx.at,
    )  # fmt: skip


async def add_values(tx: Transaction, run_id: UUID, told: Sequence[Worth]) -> None:
    rows = [
        (
            one.buyer.customer_id, one.buyer.frequency, one.buyer.recency_days, one.buyer.age_days,
            one.buyer.mean_value, one.buyer.margin_rate, one.chance_alive, one.expected_orders, one.expected_value,
            one.revenue, one.margin,
        )
        for one in told
    ]  # fmt: skip
    if rows:
        await tx.raw.execute(
            """insert into lifetime_value (run_id, customer_id, frequency, recency_days, age_days, mean_value,
                   margin_rate, chance_alive, expected_orders, expected_value, revenue, margin)
               select $1, * from unnest($2::uuid[], $3::int[], $4::int[], $5::int[], $6::numeric[], $7::numeric[],
                   $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[])""",
            run_id, *(list(column) for column in zip(*rows, strict=True)),
        )  # fmt: skip


VALUES = """customer_id, frequency, recency_days, age_days, mean_value, margin_rate, chance_alive, expected_orders,
            expected_value, revenue, margin"""


async def find_value(tx: Transaction, run_id: UUID, customer_id: UUID) -> Worth | None:
    row = await tx.raw.fetchrow(
        f"select {VALUES} from lifetime_value where run_id = $1 and customer_id = $2", run_id, customer_id
    )
    return None if row is None else _worth(row)


async def list_values(tx: Transaction, run_id: UUID, after: tuple[Decimal, UUID] | None, limit: int) -> list[Worth]:
    """The most valuable first; those whose value is not known come last."""
    rows = await tx.raw.fetch(
        f"""select {VALUES} from lifetime_value
            where run_id = $1 and ($2::numeric is null or coalesce(revenue, -1) < $2
                                   or (coalesce(revenue, -1) = $2 and customer_id > $3::uuid))
            order by coalesce(revenue, -1) desc, customer_id limit $4""",
        run_id, *(after or (None, None)), limit,
    )  # fmt: skip
    return [_worth(row) for row in rows]


def _worth(row: Any) -> Worth:
    values = list(row)
    return Worth(Buyer(*values[:6]), *values[6:])
